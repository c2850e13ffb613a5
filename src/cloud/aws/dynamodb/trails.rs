//! What CloudTrail tells of DynamoDB's tables
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/logging-using-cloudtrail.html>).
//!
//! Not here: items, backups, time to live and streams to Kinesis, which no document has.

use serde_json::Value;

use crate::cloud::aws::trail::{TAGGING, here, one, request, tagged, trail};
use crate::model::{Arn, Place, Told, Trail};

const DYNAMODB: &str = "dynamodb.amazonaws.com";

/// Of tables.
pub const TABLE: &[Trail] = &[
    trail(DYNAMODB, "CreateTable", table),
    trail(DYNAMODB, "DeleteTable", table),
    trail(DYNAMODB, "ImportTable", table),
    trail(DYNAMODB, "RestoreTableFromBackup", table),
    trail(DYNAMODB, "RestoreTableToPointInTime", table),
    trail(DYNAMODB, "TagResource", table),
    trail(DYNAMODB, "UntagResource", table),
    trail(DYNAMODB, "UpdateContinuousBackups", table),
    trail(DYNAMODB, "UpdateTable", table),
    trail(TAGGING, "TagResources", |record| tagged(record, named)),
    trail(TAGGING, "UntagResources", |record| tagged(record, named)),
];

/// The ARN of a table.
pub fn arn(place: &Place, name: &str) -> String {
    format!("arn:{}:dynamodb:{}:{}:table/{name}", place.partition, place.region, place.account)
}

/// The name of the table that an ARN names: those of indexes, streams and backups go on after it.
pub fn named(arn: &str) -> Option<String> {
    let arn = Arn::parse(arn).filter(|arn| arn.service == "dynamodb")?;
    let name = arn.resource.strip_prefix("table/")?;
    (!name.is_empty() && !name.contains('/')).then(|| name.to_owned())
}

/// A table is given by its name or its ARN
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html>); one that is restored or imported
/// is the target.
fn table(record: &Value) -> Vec<Told> {
    let imported = || record.pointer("/requestParameters/tableCreationParameters/tableName").and_then(Value::as_str);
    let told = request(record, "targetTableName").or_else(|| request(record, "tableName"));
    let told = told.or_else(|| request(record, "resourceArn")).or_else(imported);
    one(told.and_then(|told| match told.starts_with("arn:") {
        true => here(record, told).then(|| named(told)).flatten(),
        false => Some(told.to_owned()),
    }))
}
