//! What KMS does to the documents of keys: the sandbox's half of their calls.

use serde_json::{Map, Value, json};

use super::Key;
use super::key_calls::{DEFAULT_PERIOD, locks_out};
use crate::cloud::aws::input::Input;
use crate::cloud::aws::world::{edit, made_id};
use crate::cloud::aws::{document, tags};
use crate::model::{Call, Place, Resource, ResourceType, Sent, Snapshot};

/// Does what a call of a key does.
pub fn on_key(place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
    let input = Input(call);
    if call.operation == "CreateKey" {
        return create(place, &input, world);
    }
    let id = input.text("KeyId").ok_or("KeyId is missing")?;
    let arn = arn(place, key_id(&id));
    let operation = call.operation.as_str();
    edit(world, &Key.key(place, key_id(&id)), &missing(place, &id), |properties, facts| {
        let waits = facts.get("KeyState").and_then(Value::as_str).is_some_and(|state| state.ends_with("Deletion"));
        let enabled = properties.get("Enabled") != Some(&Value::Bool(false));
        match operation {
            "CancelKeyDeletion" if !waits => {
                return Err(format!("KMSInvalidStateException: {arn} is not pending deletion."));
            }
            "CancelKeyDeletion" => {
                switch(properties, facts, false);
                facts.remove("DeletionDate");
            }
            "PutKeyPolicy" => {
                properties.insert("KeyPolicy".into(), policy(&input)?);
            }
            _ if waits => return Err(format!("KMSInvalidStateException: {arn} is pending deletion.")),
            "EnableKey" => switch(properties, facts, true),
            "DisableKey" => switch(properties, facts, false),
            "EnableKeyRotation" | "DisableKeyRotation" if !enabled => {
                return Err(format!("DisabledException: {arn} is disabled."));
            }
            "EnableKeyRotation" => {
                properties.insert("EnableKeyRotation".into(), true.into());
                match input.value("RotationPeriodInDays") {
                    Some(days) if days.as_i64() != Some(DEFAULT_PERIOD) => {
                        properties.insert("RotationPeriodInDays".into(), days.clone())
                    }
                    _ => properties.remove("RotationPeriodInDays"),
                };
            }
            "DisableKeyRotation" => {
                properties.insert("EnableKeyRotation".into(), false.into());
                properties.remove("RotationPeriodInDays");
            }
            "UpdateKeyDescription" => {
                match input.text("Description").filter(|text| !text.is_empty()) {
                    Some(text) => properties.insert("Description".into(), text.into()),
                    None => properties.remove("Description"),
                };
            }
            "TagResource" | "UntagResource" => tags::effect(&input, tags::Shape::Pairs, properties),
            _ => return Err(format!("UnsupportedOperationException: {operation}")),
        }
        Ok(())
    })
}

/// A new key as KMS makes it: what the input does not say has KMS's default.
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html>
fn create(place: &Place, input: &Input<'_>, world: &mut Snapshot) -> Result<Sent, String> {
    let count = world.of_type(Key.name()).count().to_string();
    let id = made_id(&["key", &place.account, &place.region, &count, &input.0.input.to_string()]);
    let arn = arn(place, &id);
    let default = |name: &str, value: Value| input.value(name).cloned().unwrap_or(value);
    let key_policy = match input.value("Policy") {
        Some(_) => policy(input)?,
        None => default_policy(place),
    };
    let mut properties = Map::new();
    properties.insert("Enabled".into(), true.into());
    properties.insert("KeySpec".into(), default("KeySpec", "SYMMETRIC_DEFAULT".into()));
    properties.insert("KeyUsage".into(), default("KeyUsage", "ENCRYPT_DECRYPT".into()));
    properties.insert("MultiRegion".into(), default("MultiRegion", false.into()));
    properties.insert("Origin".into(), default("Origin", "AWS_KMS".into()));
    properties.insert("KeyPolicy".into(), key_policy);
    if let Some(text) = input.text("Description").filter(|text| !text.is_empty()) {
        properties.insert("Description".into(), text.into());
    }
    if properties.get("KeySpec") == Some(&"SYMMETRIC_DEFAULT".into())
        && properties.get("Origin") == Some(&"AWS_KMS".into())
    {
        properties.insert("EnableKeyRotation".into(), false.into());
    }
    tags::write(&mut properties, tags::Shape::Pairs, tags::map(input.value("Tags")), &[]);
    let facts = Map::from_iter([
        ("KeyState".to_owned(), "Enabled".into()),
        ("KeyManager".to_owned(), "CUSTOMER".into()),
        ("Aliases".to_owned(), json!([])),
    ]);
    world.insert(Resource::new(Key.key(place, &id), arn.clone(), properties, facts));
    Ok(Sent { id: Some(id), arn: Some(arn), request_id: None })
}

fn switch(properties: &mut Map<String, Value>, facts: &mut Map<String, Value>, on: bool) {
    properties.insert("Enabled".into(), on.into());
    facts.insert("KeyState".into(), if on { "Enabled" } else { "Disabled" }.into());
}

/// The key policy of an input.
fn policy(input: &Input<'_>) -> Result<Value, String> {
    let policy = document::parse(&input.text("Policy").unwrap_or_default());
    match policy.map_err(|error| format!("MalformedPolicyDocumentException: {error}"))? {
        policy if locks_out(&policy) => {
            Err("MalformedPolicyDocumentException: The new key policy will not allow you to \
                                             update the key policy in the future."
                .into())
        }
        policy => Ok(policy),
    }
}

/// The policy of a key that is created without one.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html>
fn default_policy(place: &Place) -> Value {
    json!({"Version": "2012-10-17", "Id": "key-default-1", "Statement": [{
        "Sid": "Enable IAM User Permissions",
        "Effect": "Allow",
        "Principal": {"AWS": format!("arn:{}:iam::{}:root", place.partition, place.account)},
        "Action": "kms:*",
        "Resource": "*",
    }]})
}

/// The id of a key that is named by its id or ARN, as templates do either.
pub fn key_id(text: &str) -> &str {
    text.rsplit('/').next().unwrap_or(text)
}

fn arn(place: &Place, id: &str) -> String {
    format!("arn:{}:kms:{}:{}:key/{id}", place.partition, place.region, place.account)
}

/// KMS's message for a key that is not there.
pub fn missing(place: &Place, id: &str) -> String {
    format!("NotFoundException: Key '{}' does not exist", arn(place, key_id(id)))
}
