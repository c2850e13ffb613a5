//! Whether documents are as they were, in the way that services answer: what is unset may be absent, `null`, an empty text or an
//! empty list, and the order of a list is the service's.

use std::collections::BTreeSet;

use rectify::engine::{Difference, differences};
use rectify::model::{ResourceKey, Snapshot};
use serde_json::{Value, json};

/// What differs between two documents' properties, a line each.
pub fn differ(before: &Value, after: &Value) -> Vec<String> {
    let told = differing(before, after).into_iter();
    let shown = |value: Option<Value>| value.map_or("nothing".to_owned(), |value| value.to_string());
    told.map(|d| format!("{} was {} and is {}", d.path, shown(d.before), shown(d.after))).collect()
}

/// The same, as paths and values.
pub fn differing(before: &Value, after: &Value) -> Vec<Difference> {
    differences(&set(before), &set(after))
}

/// The documents that are not as they were, but for those that may.
pub fn unlike(before: &Snapshot, after: &Snapshot, but: &BTreeSet<ResourceKey>) -> Vec<String> {
    let keys: BTreeSet<ResourceKey> =
        before.resources().chain(after.resources()).map(|document| document.key()).collect();
    let told =
        keys.into_iter().filter(|key| !but.contains(key)).flat_map(|key| match (before.get(&key), after.get(&key)) {
            (Some(old), Some(new)) => {
                differ(&old.properties, &new.properties).into_iter().map(|told| format!("{key}{told}")).collect()
            }
            (Some(_), None) => vec![format!("{key} is gone")],
            (None, _) => vec![format!("{key} has come")],
        });
    told.collect()
}

/// A document without what is unset.
fn set(value: &Value) -> Value {
    let unset = [Value::Null, json!(""), json!([]), json!({})];
    match value {
        Value::Object(members) => {
            let kept = members.iter().map(|(name, member)| (name.clone(), set(member)));
            kept.filter(|(_, member)| !unset.contains(member)).collect()
        }
        Value::Array(items) => items.iter().map(set).collect(),
        value => value.clone(),
    }
}
