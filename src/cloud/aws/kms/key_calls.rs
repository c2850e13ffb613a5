//! The calls between two documents of a key.

use serde_json::{Map, Value, json};

use crate::cloud::aws::fields::only;
use crate::cloud::aws::{document, tags};
use crate::model::{Call, Impossible, Resource};

/// Days between rotations where nobody says otherwise; documents leave it out, as templates do.
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html>
pub const DEFAULT_PERIOD: i64 = 365;

/// CreateKey cannot turn rotation on or the key off: that takes calls on the key that it gives back.
pub fn create(after: &Resource) -> Result<Vec<Call>, Impossible> {
    let mut input = Map::new();
    for name in ["Description", "KeySpec", "KeyUsage", "MultiRegion", "Origin"] {
        if let Some(value) = after.property(&format!("/{name}")) {
            input.insert(name.into(), value.clone());
        }
    }
    if let Some(policy) = after.property("/KeyPolicy") {
        input.insert("Policy".into(), document::text(policy).into());
    }
    let tags = tags::of(after);
    if !tags.is_empty() {
        input.insert("Tags".into(), tags::pairs(&tags, "TagKey", "TagValue"));
    }
    let also = [("Policy", "kms:PutKeyPolicy"), ("Tags", "kms:TagResource")];
    let also: Vec<&str> = also.iter().filter(|(name, _)| input.contains_key(*name)).map(|(_, it)| *it).collect();
    let mut calls = vec![Call::new("kms", "CreateKey", Value::Object(input)).and_permissions(also)];
    if after.property("/EnableKeyRotation") == Some(&Value::Bool(true)) {
        calls.push(enable_rotation("${rectify:created.id}", after.property("/RotationPeriodInDays")));
    }
    if after.property("/Enabled") == Some(&Value::Bool(false)) {
        calls.push(on_key("DisableKey", "${rectify:created.id}", json!({})));
    }
    Ok(calls)
}

/// The order is that of the key's states: hardly anything works on a key that waits for its deletion, and rotation is
/// not changed on a disabled one. <https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html>
pub fn update(before: &Resource, after: &Resource) -> Result<Vec<Call>, Impossible> {
    only(&["Description", "Enabled", "EnableKeyRotation", "RotationPeriodInDays", "KeyPolicy", "Tags"], before, after)?;
    let id = before.id.as_str();
    let differs = |pointer: &str| before.property(pointer) != after.property(pointer);
    let was_on = before.property("/Enabled") != Some(&Value::Bool(false));
    let is_on = after.property("/Enabled") != Some(&Value::Bool(false));
    let state = |key: &Resource| key.fact("/KeyState").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut calls = Vec::new();
    // The state is a fact, and stays with a document whatever its properties become: what counts is where it is to go.
    match (was_on, is_on, state(if is_on { before } else { after }).as_str()) {
        (false, true, "PendingDeletion" | "PendingReplicaDeletion") => {
            calls.push(on_key("CancelKeyDeletion", id, json!({})));
            calls.push(on_key("EnableKey", id, json!({})));
        }
        (false, true, "" | "Disabled" | "Enabled") => calls.push(on_key("EnableKey", id, json!({}))),
        (false, true, state) => return Err(Impossible(format!("a key in the state {state} cannot be enabled"))),
        (true, false, "PendingDeletion" | "PendingReplicaDeletion") => {
            return Err(Impossible("rectify does not schedule the deletion of a key again".into()));
        }
        (false, false, "PendingDeletion" | "PendingReplicaDeletion")
            if ["/Description", "/EnableKeyRotation", "/RotationPeriodInDays", "/Tags"].into_iter().any(differs) =>
        {
            return Err(Impossible("KMS changes no key that waits for its deletion".into()));
        }
        _ => {}
    }
    if differs("/Description") {
        let text = after.property("/Description").cloned().unwrap_or_else(|| "".into());
        calls.push(on_key("UpdateKeyDescription", id, json!({"Description": text})));
    }
    if differs("/KeyPolicy") {
        let Some(policy) = after.property("/KeyPolicy") else {
            return Err(Impossible("a key always has a policy".into()));
        };
        if locks_out(policy) {
            return Err(Impossible("nobody could change the key's policy any more, which KMS refuses".into()));
        }
        calls.push(on_key("PutKeyPolicy", id, json!({"PolicyName": "default", "Policy": document::text(policy)})));
    }
    calls.extend(tags::difference(before, after)?.calls(
        |tags| on_key("TagResource", id, json!({"Tags": tags::pairs(&tags, "TagKey", "TagValue")})),
        |keys| on_key("UntagResource", id, json!({"TagKeys": keys})),
    ));
    if let Some(call) = rotation(before, after)? {
        if !was_on && !is_on {
            return Err(Impossible("KMS does not change the rotation of a disabled key".into()));
        }
        calls.push(call);
    }
    if was_on && !is_on {
        calls.push(on_key("DisableKey", id, json!({})));
    }
    Ok(calls)
}

/// Whether a key policy surely lets nobody change it again. KMS refuses such a policy, even from one who may write it
/// (<https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html>).
pub fn locks_out(policy: &Value) -> bool {
    let grants = |action: &Value| {
        let action = action.as_str().unwrap_or("*").to_ascii_lowercase();
        match action.split_once(['*', '?']) {
            Some((start, _)) => "kms:putkeypolicy".starts_with(start),
            None => action == "kms:putkeypolicy",
        }
    };
    let allows = |statement: &Value| {
        statement.get("Effect") == Some(&"Allow".into())
            && match statement.get("Action") {
                Some(Value::Array(actions)) => actions.iter().any(grants),
                Some(action) => grants(action),
                None => true,
            }
    };
    let statements = policy.get("Statement").and_then(Value::as_array);
    !statements.is_some_and(|statements| statements.iter().any(allows))
}

fn rotation(before: &Resource, after: &Resource) -> Result<Option<Call>, Impossible> {
    let on = |key: &Resource| key.property("/EnableKeyRotation").and_then(Value::as_bool);
    let period =
        |key: &Resource| key.property("/RotationPeriodInDays").and_then(Value::as_i64).unwrap_or(DEFAULT_PERIOD);
    let is = |pointer: &str, value: &str| before.text(pointer).is_none_or(|text| text == value);
    if on(before).is_none()
        && on(after) == Some(true)
        && !(is("/KeySpec", "SYMMETRIC_DEFAULT") && is("/Origin", "AWS_KMS"))
    {
        return Err(Impossible("KMS rotates symmetric keys only, and only those whose material it made".into()));
    }
    Ok(match (on(before), on(after)) {
        (Some(true), Some(true)) if period(before) != period(after) => {
            Some(enable_rotation(&before.id, Some(&period(after).into())))
        }
        (old, Some(true)) if old != Some(true) => {
            Some(enable_rotation(&before.id, after.property("/RotationPeriodInDays")))
        }
        (Some(true), Some(false)) => Some(on_key("DisableKeyRotation", &before.id, json!({}))),
        (Some(_), None) => return Err(Impossible("a key that can rotate either rotates or does not".into())),
        _ => None,
    })
}

fn enable_rotation(id: &str, period: Option<&Value>) -> Call {
    let input = period.map_or_else(|| json!({}), |days| json!({"RotationPeriodInDays": days}));
    on_key("EnableKeyRotation", id, input)
}

fn on_key(operation: &str, id: &str, mut input: Value) -> Call {
    if let Some(members) = input.as_object_mut() {
        members.insert("KeyId".into(), id.into());
    }
    Call::new("kms", operation, input)
}

#[cfg(test)]
mod tests {
    use super::super::Key;
    use super::*;
    use crate::cloud::aws::testing::{document, leads, run, world};
    use crate::model::ResourceType;

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
    fn a_policy_that_locks_everyone_out_is_refused() {
        let policy = |effect: &str, action: Value| json!({"Statement": [{"Effect": effect, "Principal": "*", "Action": action, "Resource": "*"}]});
        for action in [json!("*"), json!("kms:*"), json!(["kms:Decrypt", "kms:Put*"]), json!("KMS:PutKeyPolicy")] {
            assert!(!locks_out(&policy("Allow", action.clone())), "{action}");
            assert!(locks_out(&policy("Deny", action.clone())), "{action}");
        }
        for action in [json!("kms:Decrypt"), json!(["kms:Get*", "kms:Create*"]), json!([])] {
            assert!(locks_out(&policy("Allow", action.clone())), "{action}");
        }
        let before = before(json!({"KeyState": "Enabled"}), true);
        let mut properties = before.properties.clone();
        properties["KeyPolicy"] = policy("Allow", json!("kms:Decrypt"));
        let refused = Key.calls(Some(&before), Some(&before.with_properties(properties))).unwrap_err();
        assert_eq!(refused.0, "nobody could change the key's policy any more, which KMS refuses");
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
    fn a_key_that_cannot_rotate_is_left_alone() {
        let properties = json!({"Enabled": true, "KeySpec": "RSA_2048", "Origin": "AWS_KMS"});
        let before = document(&Key, "k1", "", properties, json!({"KeyState": "Enabled"}));
        let mut properties = before.properties.clone();
        properties["EnableKeyRotation"] = true.into();
        assert!(Key.calls(Some(&before), Some(&before.with_properties(properties))).is_err());
    }

    #[test]
    fn a_new_key_has_what_was_asked_for_and_is_not_deleted() {
        let asked = json!({"Description": "for functions", "EnableKeyRotation": true, "Enabled": false,
            "Tags": [{"Key": "team", "Value": "pay"}]});
        let new = document(&Key, "chg1", "", asked.clone(), json!({}));
        let calls = Key.calls(None, Some(&new)).unwrap();
        assert_eq!(operations(&calls), ["CreateKey", "EnableKeyRotation", "DisableKey"]);
        assert_eq!(calls[0].permissions, ["kms:CreateKey", "kms:TagResource"]);
        let policed = document(&Key, "chg1", "", json!({"KeyPolicy": {"Statement": []}}), json!({}));
        let calls_policed = Key.calls(None, Some(&policed)).unwrap();
        assert_eq!(calls_policed[0].permissions, ["kms:CreateKey", "kms:PutKeyPolicy"]);
        let made = run(&Key, &calls, None, &mut world([])).unwrap().unwrap();
        let again = run(&Key, &calls, None, &mut world([])).unwrap().unwrap();
        assert_eq!(made, again);
        for (name, value) in asked.as_object().unwrap() {
            assert_eq!(made.properties.get(name), Some(value));
        }
        assert!(Key.calls(Some(&made), None).is_err());
    }
}
