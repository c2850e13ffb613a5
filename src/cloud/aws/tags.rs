//! Tags: CloudFormation's list of pairs, and the two calls that take one list to the other.

use serde_json::{Map, Value, json};

use crate::model::Resource;

/// The list of pairs, sorted by key; none where there are no tags.
pub fn tag_list<'a>(tags: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<Value> {
    let sorted: std::collections::BTreeMap<_, _> = tags.into_iter().collect();
    let list: Vec<Value> = sorted.into_iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    (!list.is_empty()).then_some(Value::Array(list))
}

/// What differs between the tags of two documents.
pub struct TagChange {
    /// The tags to write.
    pub set: Map<String, Value>,
    /// The keys to take away.
    pub removed: Vec<String>,
}

/// The tags to write and to take away.
pub fn tag_change(before: &Resource, after: &Resource) -> TagChange {
    let set = after.tags.iter().filter(|(key, value)| before.tags.get(*key) != Some(*value));
    let removed = before.tags.keys().filter(|key| !after.tags.contains_key(*key));
    TagChange {
        set: set.map(|(key, value)| (key.clone(), value.clone().into())).collect(),
        removed: removed.cloned().collect(),
    }
}

/// Writes tags into the properties of a document and takes some away, as a service does.
pub fn write_tags(properties: &mut Map<String, Value>, set: &[(String, String)], removed: &[String]) {
    let mut tags: std::collections::BTreeMap<String, String> = properties
        .get("Tags")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|tag| Some((tag.get("Key")?.as_str()?.to_owned(), tag.get("Value")?.as_str()?.to_owned())))
        .collect();
    tags.extend(set.iter().cloned());
    tags.retain(|key, _| !removed.contains(key));
    match tag_list(tags.iter().map(|(key, value)| (key.as_str(), value.as_str()))) {
        Some(list) => properties.insert("Tags".to_owned(), list),
        None => properties.remove("Tags"),
    };
}
