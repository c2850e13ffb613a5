//! What CloudTrail tells of its own trails
//! (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-using-cloudtrail.html>).

use serde_json::Value;

use crate::cloud::aws::trail::{TAGGING, here, one, request, tagged, trail};
use crate::model::{Arn, Told, Trail};

const CLOUDTRAIL: &str = "cloudtrail.amazonaws.com";

/// Of trails.
pub const TRAIL: &[Trail] = &[
    trail(CLOUDTRAIL, "AddTags", |record| by(record, "resourceId")),
    trail(CLOUDTRAIL, "CreateTrail", |record| by(record, "name")),
    trail(CLOUDTRAIL, "DeleteTrail", |record| by(record, "name")),
    trail(CLOUDTRAIL, "PutEventSelectors", |record| by(record, "trailName")),
    trail(CLOUDTRAIL, "RemoveTags", |record| by(record, "resourceId")),
    trail(CLOUDTRAIL, "StartLogging", |record| by(record, "name")),
    trail(CLOUDTRAIL, "StopLogging", |record| by(record, "name")),
    trail(CLOUDTRAIL, "UpdateTrail", |record| by(record, "name")),
    trail(TAGGING, "TagResources", |record| tagged(record, named)),
    trail(TAGGING, "UntagResources", |record| tagged(record, named)),
];

/// The name of the trail that an ARN names.
pub fn named(arn: &str) -> Option<String> {
    let arn = Arn::parse(arn).filter(|arn| arn.service == "cloudtrail")?;
    arn.resource.strip_prefix("trail/").filter(|name| !name.is_empty()).map(str::to_owned)
}

/// A trail is given by its name or its ARN.
fn by(record: &Value, member: &str) -> Vec<Told> {
    one(request(record, member).and_then(|text| match text.starts_with("arn:") {
        true => named(text).filter(|_| here(record, text)),
        false => Some(text.to_owned()),
    }))
}
