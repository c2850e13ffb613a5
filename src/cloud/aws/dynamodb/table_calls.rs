//! The calls between two documents of a table, and what they do to one.

use serde_json::{Map, Value, json};

use super::rights::USE_KEY;
use crate::cloud::aws::fields::only;
use crate::cloud::aws::input::Input;
use crate::cloud::aws::tags;
use crate::model::{Call, Impossible, Resource};

/// Days that point-in-time recovery goes back where nobody says otherwise; documents leave it out, as templates do.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PointInTimeRecoverySpecification.html>
pub const DEFAULT_DAYS: i64 = 35;

const CHANGEABLE: &[&str] =
    &["DeletionProtectionEnabled", "PointInTimeRecoverySpecification", "SSESpecification", "Tags"];

/// Encryption comes last: while it is changed DynamoDB refuses other changes
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html>).
pub fn update(before: &Resource, after: &Resource) -> Result<Vec<Call>, Impossible> {
    only(CHANGEABLE, before, after)?;
    // Once it was said, a table is one or the other.
    for name in ["DeletionProtectionEnabled", "PointInTimeRecoverySpecification"] {
        let pointer = format!("/{name}");
        if before.property(&pointer).is_some() && after.property(&pointer).is_none() {
            return Err(Impossible(format!("a table always has a {name}")));
        }
    }
    let (name, arn) = (&before.id, &before.arn);
    let mut calls = tags::difference(before, after)?.calls(
        |tags| {
            let tags = tags::pairs(&tags, "Key", "Value");
            Call::new("dynamodb", "TagResource", json!({"ResourceArn": arn, "Tags": tags}))
        },
        |keys| Call::new("dynamodb", "UntagResource", json!({"ResourceArn": arn, "TagKeys": keys})),
    );
    if recovery(before) != recovery(after) {
        let (on, days) = recovery(after);
        let mut specification = json!({"PointInTimeRecoveryEnabled": on});
        if on && let Some(members) = specification.as_object_mut() {
            members.insert("RecoveryPeriodInDays".into(), days.into());
        }
        let input = json!({"TableName": name, "PointInTimeRecoverySpecification": specification});
        calls.push(Call::new("dynamodb", "UpdateContinuousBackups", input));
    }
    if protected(before) != protected(after) {
        let input = json!({"TableName": name, "DeletionProtectionEnabled": protected(after)});
        calls.push(Call::new("dynamodb", "UpdateTable", input));
    }
    if encryption(before) != encryption(after) {
        let input = json!({"TableName": name, "SSESpecification": encryption(after)});
        let takes = USE_KEY.iter().map(|right| right.action).filter(|_| encrypts(after));
        calls.push(Call::new("dynamodb", "UpdateTable", input).and_permissions(takes));
    }
    Ok(calls)
}

/// Whether a key of AWS KMS encrypts the table; otherwise it is one that DynamoDB owns.
fn encrypts(table: &Resource) -> bool {
    table.property("/SSESpecification/SSEEnabled") == Some(&Value::Bool(true))
}

/// `SSESpecification` as UpdateTable takes it.
fn encryption(table: &Resource) -> Value {
    if !encrypts(table) {
        return json!({"Enabled": false});
    }
    let key = table.property("/SSESpecification/KMSMasterKeyId");
    let key = key.map(|key| ("KMSMasterKeyId".to_owned(), key.clone()));
    let fixed = [("Enabled".to_owned(), Value::Bool(true)), ("SSEType".to_owned(), Value::from("KMS"))];
    Value::Object(Map::from_iter(fixed.into_iter().chain(key)))
}

fn protected(table: &Resource) -> bool {
    table.property("/DeletionProtectionEnabled") == Some(&Value::Bool(true))
}

fn recovery(table: &Resource) -> (bool, i64) {
    let member = |name: &str| table.property(&format!("/PointInTimeRecoverySpecification/{name}"));
    let on = member("PointInTimeRecoveryEnabled") == Some(&Value::Bool(true));
    let days = member("RecoveryPeriodInDays").and_then(Value::as_i64).filter(|_| on);
    (on, days.unwrap_or(DEFAULT_DAYS))
}

/// Point-in-time recovery as a document has it.
pub fn recovery_property(on: bool, days: Option<i64>) -> Value {
    let mut property = Map::from_iter([("PointInTimeRecoveryEnabled".to_owned(), Value::Bool(on))]);
    if let Some(days) = days.filter(|days| on && *days != DEFAULT_DAYS) {
        property.insert("RecoveryPeriodInDays".into(), days.into());
    }
    Value::Object(property)
}

/// Does what a call of a table does.
pub fn effect(input: &Input<'_>, properties: &mut Map<String, Value>) -> Result<(), String> {
    match input.0.operation.as_str() {
        "UpdateTable" => {
            if let Some(on) = input.flag("DeletionProtectionEnabled") {
                properties.insert("DeletionProtectionEnabled".into(), on.into());
            }
            match input.flag("/SSESpecification/Enabled") {
                Some(true) => {
                    let mut sse = json!({"SSEEnabled": true, "SSEType": "KMS"});
                    if let (Some(key), Some(members)) =
                        (input.value("/SSESpecification/KMSMasterKeyId"), sse.as_object_mut())
                    {
                        members.insert("KMSMasterKeyId".into(), key.clone());
                    }
                    properties.insert("SSESpecification".into(), sse);
                }
                Some(false) => drop(properties.remove("SSESpecification")),
                None => {}
            }
        }
        "UpdateContinuousBackups" => {
            let member = |name: &str| format!("/PointInTimeRecoverySpecification/{name}");
            let on = input.flag(&member("PointInTimeRecoveryEnabled"));
            let on = on.ok_or("ValidationException: PointInTimeRecoveryEnabled is missing")?;
            let days = input.integer(&member("RecoveryPeriodInDays")).map(i64::from);
            properties.insert("PointInTimeRecoverySpecification".into(), recovery_property(on, days));
        }
        "TagResource" | "UntagResource" => tags::effect(input, tags::Shape::Pairs, properties),
        operation => return Err(format!("UnknownOperationException: {operation}")),
    }
    Ok(())
}
