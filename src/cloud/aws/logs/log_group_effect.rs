//! What CloudWatch Logs does to the documents of log groups: the sandbox's half of their calls.

use serde_json::{Map, Value};

use super::log_group::{LogGroup, arn};
use super::trails;
use crate::cloud::aws::input::Input;
use crate::cloud::aws::kms::serves;
use crate::cloud::aws::tags;
use crate::cloud::aws::world::edit;
use crate::model::{Call, Place, Resource, ResourceType, Sent, Snapshot};

/// The values that a retention may have
/// (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>).
const RETENTIONS: [i64; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// Does what a call of a log group does.
pub fn on_group(place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
    let input = Input(call);
    let named = || input.text("resourceArn").and_then(|arn| trails::named(&arn));
    let name = input.text("logGroupName").or_else(|| input.text("logGroupIdentifier")).or_else(named);
    let name = name.ok_or("logGroupName is missing")?;
    let key = LogGroup.key(place, &name);
    let arn = arn(place, &name);
    if let Some(kms) = input.text("kmsKeyId") {
        let service = format!("logs.{}.amazonaws.com", place.region);
        if serves(place, world, &kms, &service) == Some(false) {
            return Err(format!(
                "InvalidParameterException: The specified KMS key does not exist or is not allowed to be used with \
                 '{arn}'"
            ));
        }
    }
    if call.operation == "CreateLogGroup" {
        if world.get(&key).is_some() {
            return Err("ResourceAlreadyExistsException: The specified log group already exists".into());
        }
        let mut properties = Map::from_iter([
            ("LogGroupName".to_owned(), name.as_str().into()),
            ("LogGroupClass".to_owned(), input.text("logGroupClass").unwrap_or("STANDARD".into()).into()),
        ]);
        for (property, member) in [("KmsKeyId", "kmsKeyId"), ("DeletionProtectionEnabled", "deletionProtectionEnabled")]
        {
            properties.extend(input.value(member).map(|value| (property.to_owned(), value.clone())));
        }
        tags::write(&mut properties, tags::Shape::Pairs, tags::map(input.value("tags")), &[]);
        world.insert(Resource::new(key, arn.clone(), properties, Map::new()));
        return Ok(Sent { id: Some(name), arn: Some(arn), request_id: None });
    }
    let missing = "ResourceNotFoundException: The specified log group does not exist.";
    edit(world, &key, missing, |properties, _| {
        match call.operation.as_str() {
            "PutRetentionPolicy" => {
                let days = input.value("retentionInDays").and_then(Value::as_i64).unwrap_or_default();
                if properties.get("LogGroupClass").and_then(Value::as_str) == Some("DELIVERY") {
                    return Err("InvalidParameterException: a DELIVERY log group has a retention of its own".into());
                }
                if !RETENTIONS.contains(&days) {
                    return Err(format!("InvalidParameterException: {days} is no valid retention"));
                }
                properties.insert("RetentionInDays".into(), days.into());
            }
            "DeleteRetentionPolicy" => drop(properties.remove("RetentionInDays")),
            "AssociateKmsKey" => {
                properties.insert("KmsKeyId".into(), input.text("kmsKeyId").ok_or("kmsKeyId is missing")?.into());
            }
            "DisassociateKmsKey" => drop(properties.remove("KmsKeyId")),
            "PutLogGroupDeletionProtection" => {
                let on = input.flag("deletionProtectionEnabled").unwrap_or(false);
                properties.insert("DeletionProtectionEnabled".into(), on.into());
            }
            "TagResource" | "UntagResource" => tags::effect(&input, tags::Shape::Pairs, properties),
            operation => return Err(format!("UnknownOperationException: {operation}")),
        }
        Ok(())
    })
}
