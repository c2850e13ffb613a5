//! What KMS does to the documents of keys: the sandbox's half of their calls.

use serde_json::{Map, Value, json};

use super::Key;
use super::key::DEFAULT_PERIOD;
use crate::cloud::aws::input::Input;
use crate::cloud::aws::made::made_id;
use crate::cloud::aws::tags::write_tags;
use crate::model::{Call, Place, Resource, ResourceKey, ResourceType, Sent, Snapshot};

/// Does what a call of a key does.
pub fn on_key(place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
    let input = Input(call);
    if call.operation == "CreateKey" {
        return create(place, &input, world);
    }
    let id = input.text("KeyId").ok_or("KeyId is missing")?;
    let key = key(place, &id);
    let found = world.get(&key).ok_or_else(|| missing(place, &id))?;
    let mut properties = found.properties.as_object().cloned().unwrap_or_default();
    let mut facts = found.facts.as_object().cloned().unwrap_or_default();
    let arn = found.arn.clone();
    let waits = facts.get("KeyState").and_then(Value::as_str).is_some_and(|state| state.ends_with("Deletion"));
    let enabled = properties.get("Enabled") != Some(&Value::Bool(false));
    let operation = call.operation.as_str();
    match operation {
        "CancelKeyDeletion" if !waits => {
            return Err(format!("KMSInvalidStateException: {arn} is not pending deletion."));
        }
        "CancelKeyDeletion" => {
            switch(&mut properties, &mut facts, false);
            facts.remove("DeletionDate");
        }
        "PutKeyPolicy" => {
            let text = input.text("Policy").unwrap_or_default();
            properties.insert("KeyPolicy".into(), policy(&text)?);
        }
        _ if waits => return Err(format!("KMSInvalidStateException: {arn} is pending deletion.")),
        "EnableKey" => switch(&mut properties, &mut facts, true),
        "DisableKey" => switch(&mut properties, &mut facts, false),
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
        "TagResource" => write_tags(&mut properties, &tags(&input), &[]),
        "UntagResource" => write_tags(&mut properties, &[], &input.texts("TagKeys").unwrap_or_default()),
        _ => return Err(format!("UnsupportedOperationException: {operation}")),
    }
    world.insert(Resource::new(key, arn, properties, facts));
    Ok(Sent::default())
}

/// A new key as KMS makes it: what the input does not say has KMS's default.
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html>
fn create(place: &Place, input: &Input<'_>, world: &mut Snapshot) -> Result<Sent, String> {
    let count = world.of_type(Key.name()).count().to_string();
    let id = made_id(&["key", &place.account, &place.region, &count, &input.0.input.to_string()]);
    let arn = arn(place, &id);
    let default = |name: &str, value: Value| input.value(name).cloned().unwrap_or(value);
    let key_policy = match input.text("Policy") {
        Some(text) => policy(&text)?,
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
    write_tags(&mut properties, &tags(input), &[]);
    let facts = Map::from_iter([
        ("KeyState".to_owned(), "Enabled".into()),
        ("KeyManager".to_owned(), "CUSTOMER".into()),
        ("Aliases".to_owned(), json!([])),
    ]);
    world.insert(Resource::new(key(place, &id), arn.clone(), properties, facts));
    Ok(Sent { id: Some(id), arn: Some(arn), request_id: None })
}

fn switch(properties: &mut Map<String, Value>, facts: &mut Map<String, Value>, on: bool) {
    properties.insert("Enabled".into(), on.into());
    facts.insert("KeyState".into(), if on { "Enabled" } else { "Disabled" }.into());
}

fn tags(input: &Input<'_>) -> Vec<(String, String)> {
    let text = |tag: &Value, name: &str| tag.get(name).and_then(Value::as_str).map(str::to_owned);
    let list = input.value("Tags").and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|tag| Some((text(tag, "TagKey")?, text(tag, "TagValue")?))).collect()
}

/// A key policy from KMS's text, with its statements as a list.
pub fn policy(text: &str) -> Result<Value, String> {
    let mut policy: Value = serde_json::from_str(text)
        .map_err(|error| format!("MalformedPolicyDocumentException: the key policy is not JSON: {error}"))?;
    if let Some(statement) = policy.get_mut("Statement").filter(|statement| statement.is_object()) {
        *statement = Value::Array(vec![statement.take()]);
    }
    Ok(policy)
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

/// The key of a key's document, by its id or ARN.
pub fn key(place: &Place, id: &str) -> ResourceKey {
    ResourceKey {
        type_name: Key.name().into(),
        account: place.account.clone(),
        region: place.region.clone(),
        id: id.rsplit('/').next().unwrap_or(id).to_owned(),
    }
}

fn arn(place: &Place, id: &str) -> String {
    format!("arn:{}:kms:{}:{}:key/{id}", place.partition, place.region, place.account)
}

/// KMS's message for a key that is not there.
pub fn missing(place: &Place, id: &str) -> String {
    format!("NotFoundException: Key '{}' does not exist", arn(place, id.rsplit('/').next().unwrap_or(id)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::testing::{document, leads, run, world};
    use crate::model::Impossible;

    fn before(facts: Value, enabled: bool) -> Resource {
        let properties = json!({"Description": "payments", "Enabled": enabled, "KeySpec": "SYMMETRIC_DEFAULT",
            "EnableKeyRotation": false, "KeyPolicy": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
            "Principal": "*", "Action": "kms:*", "Resource": "*"}]}, "Tags": [{"Key": "team", "Value": "pay"}]});
        document(&Key, "k1", "arn:aws:kms:eu-west-1:111122223333:key/k1", properties, facts)
    }

    fn operations(calls: &[Call]) -> Vec<&str> {
        calls.iter().map(|call| call.operation.as_str()).collect()
    }

    #[test]
    fn every_difference_leads_there_and_back() {
        let before = before(json!({"KeyState": "Enabled"}), true);
        let mut properties = before.properties.clone();
        properties["EnableKeyRotation"] = true.into();
        properties["RotationPeriodInDays"] = 180.into();
        properties["KeyPolicy"]["Statement"][0]["Principal"] = json!({"AWS": "arn:aws:iam::111122223333:root"});
        properties["Tags"] = json!([{"Key": "owner", "Value": "b"}, {"Key": "team", "Value": "shop"}]);
        properties.as_object_mut().unwrap().remove("Description");
        let after = before.with_properties(properties.clone());
        let calls = leads(&Key, &before, &after).unwrap();
        assert_eq!(operations(&calls), ["UpdateKeyDescription", "PutKeyPolicy", "TagResource", "EnableKeyRotation"]);
        let policy = r#"{"Statement":[{"Action":"kms:*","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Resource":"*"}],"Version":"2012-10-17"}"#;
        assert_eq!(calls[1].input, json!({"KeyId": "k1", "PolicyName": "default", "Policy": policy}));
        assert_eq!(calls[3].input, json!({"KeyId": "k1", "RotationPeriodInDays": 180}));
        let back = leads(&Key, &after, &before).unwrap();
        assert_eq!(
            operations(&back),
            ["UpdateKeyDescription", "PutKeyPolicy", "TagResource", "UntagResource", "DisableKeyRotation"]
        );
        properties.as_object_mut().unwrap().remove("RotationPeriodInDays");
        let yearly = leads(&Key, &after, &after.with_properties(properties)).unwrap();
        assert_eq!(yearly[0].input, json!({"KeyId": "k1", "RotationPeriodInDays": 365}));
    }

    #[test]
    fn a_pending_deletion_is_cancelled_and_not_brought_back() {
        let before = before(json!({"KeyState": "PendingDeletion", "DeletionDate": "2026-12-01T00:00:00Z"}), false);
        let mut properties = before.properties.clone();
        properties["Enabled"] = true.into();
        let after = before.with_properties(properties);
        let calls = leads(&Key, &before, &after).unwrap();
        assert_eq!(operations(&calls), ["CancelKeyDeletion", "EnableKey"]);
        let why = Impossible("rectify does not schedule the deletion of a key again".into());
        assert_eq!(Key.calls(Some(&after), Some(&before)), Err(why));
        let mut world = world([before.clone()]);
        let error = run(&Key, &calls[1..], Some(&before.key()), &mut world).unwrap_err();
        assert!(error.starts_with("KMSInvalidStateException"), "{error}");
    }

    #[test]
    fn a_key_is_switched_on_before_and_off_after_its_rotation_changes() {
        let off = before(json!({"KeyState": "Disabled"}), false);
        let mut properties = off.properties.clone();
        properties["Enabled"] = true.into();
        properties["EnableKeyRotation"] = true.into();
        let on = off.with_properties(properties.clone());
        assert_eq!(operations(&leads(&Key, &off, &on).unwrap()), ["EnableKey", "EnableKeyRotation"]);
        assert_eq!(operations(&leads(&Key, &on, &off).unwrap()), ["DisableKeyRotation", "DisableKey"]);
        properties["Enabled"] = false.into();
        assert!(Key.calls(Some(&off), Some(&off.with_properties(properties))).is_err());
    }

    #[test]
    fn a_new_key_has_what_was_asked_for_and_is_not_deleted() {
        let asked = json!({"Description": "for functions", "EnableKeyRotation": true, "Enabled": false,
            "Tags": [{"Key": "team", "Value": "pay"}]});
        let new = document(&Key, "chg1", "", asked.clone(), json!({}));
        let calls = Key.calls(None, Some(&new)).unwrap();
        assert_eq!(operations(&calls), ["CreateKey", "EnableKeyRotation", "DisableKey"]);
        let made = run(&Key, &calls, None, &mut world([])).unwrap().unwrap();
        let again = run(&Key, &calls, None, &mut world([])).unwrap().unwrap();
        assert_eq!(made, again);
        for (name, value) in asked.as_object().unwrap() {
            assert_eq!(made.properties.get(name), Some(value));
        }
        assert!(Key.calls(Some(&made), None).is_err());
    }
}
