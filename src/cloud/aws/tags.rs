//! Tags: CloudFormation's list of pairs, and the two calls that take one list to the other.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::model::Resource;

/// The list of pairs, sorted by key; none where there are no tags.
pub fn tag_list<'a>(tags: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<Value> {
    let sorted: BTreeMap<_, _> = tags.into_iter().collect();
    let list: Vec<Value> = sorted.into_iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    (!list.is_empty()).then_some(Value::Array(list))
}

/// The tags of properties, by key.
pub fn tags_of(properties: &Value) -> BTreeMap<String, String> {
    let text = |tag: &Value, name: &str| tag.get(name).and_then(Value::as_str).map(str::to_owned);
    let list = properties.get("Tags").and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|tag| Some((text(tag, "Key")?, text(tag, "Value").unwrap_or_default()))).collect()
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
    let (old, new) = (tags_of(&before.properties), tags_of(&after.properties));
    let removed = old.keys().filter(|key| !new.contains_key(*key)).cloned().collect();
    let set = new.into_iter().filter(|(key, value)| old.get(key) != Some(value));
    TagChange { set: set.map(|(key, value)| (key, value.into())).collect(), removed }
}

/// Writes tags into the properties of a document and takes some away, as a service does.
pub fn write_tags(properties: &mut Map<String, Value>, set: &[(String, String)], removed: &[String]) {
    let mut tags = properties.get("Tags").map(|list| tags_of(&json!({"Tags": list}))).unwrap_or_default();
    tags.extend(set.iter().cloned());
    tags.retain(|key, _| !removed.contains(key));
    match tag_list(tags.iter().map(|(key, value)| (key.as_str(), value.as_str()))) {
        Some(list) => properties.insert("Tags".to_owned(), list),
        None => properties.remove("Tags"),
    };
}
