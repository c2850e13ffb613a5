//! An account with a few keys that are not rotated: the smallest that has something to fix.

use serde_json::{Value, json};

use super::support::{Field, On, Told};

/// The call that fixes one.
pub const ENABLE: &str = "EnableKeyRotation";

/// Makes so many keys; their ids, sorted.
pub fn make(field: &Field, count: usize) -> Vec<String> {
    let make = |n: usize| {
        let made = field.ask("kms", "TrentService.CreateKey", &json!({"Description": format!("key {n}")}));
        made["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned()
    };
    let mut ids: Vec<String> = (0..count).map(make).collect();
    ids.sort();
    ids
}

/// Whether a key is rotated.
pub fn is_rotated(field: &Field, id: &str) -> bool {
    field.ask("kms", "TrentService.GetKeyRotationStatus", &json!({"KeyId": id}))["KeyRotationEnabled"] == true
}

/// Which of them are.
pub fn rotated(field: &Field, ids: &[String]) -> Vec<bool> {
    ids.iter().map(|id| is_rotated(field, id)).collect()
}

/// How often the service has been asked to rotate a key, whatever came of the answer.
pub fn done(field: &Field) -> usize {
    field.proxy.requests().iter().filter(|request| request.passed && request.call.operation == ENABLE).count()
}

/// Applies what there is to do.
pub fn apply(field: &Field) -> Told {
    field.rectify(&["apply", "--policies", "kms-rotation", "--yes", "--format", "json"])
}

/// The requests of an operation about one key.
pub fn of(operation: &'static str, id: &str) -> On {
    let id = id.to_owned();
    On::matching(move |request| request.call.operation == operation && request.call.input["KeyId"] == *id)
}

/// Each change's key, status and reason, sorted.
pub fn changes(run: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut changes: Vec<_> = run["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| (text(&change["resource"]["id"]), text(&change["status"]), text(&change["reason"])))
        .collect();
    changes.sort();
    changes
}
