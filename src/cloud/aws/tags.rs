//! Tags: CloudFormation has them as a list of pairs or as a map, the services' calls set and remove them by key.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::model::{Impossible, Resource};

/// How a type's `Tags` look.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// `[{Key, Value}]`.
    Pairs,
    /// `{key: value}`.
    Map,
}

/// What differs between the tags of two documents.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// New ones, and those with another value.
    pub set: BTreeMap<String, String>,
    /// Keys that are no longer there.
    pub gone: Vec<String>,
}

/// What differs. AWS's own tags, whose keys begin with `aws:`, cannot be written
/// (<https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html>).
pub fn difference(before: &Resource, after: &Resource) -> Result<Difference, Impossible> {
    let (old, new) = (of(&before.properties), of(&after.properties));
    let gone: Vec<String> = old.keys().filter(|key| !new.contains_key(*key)).cloned().collect();
    let set: BTreeMap<String, String> = new.into_iter().filter(|(key, value)| old.get(key) != Some(value)).collect();
    match set.keys().chain(&gone).find(|key| key.starts_with("aws:")) {
        Some(key) => Err(Impossible(format!("the tag {key} is AWS's own"))),
        None => Ok(Difference { set, gone }),
    }
}

/// `Tags` as a document has it; nothing where there is no tag.
pub fn property(tags: BTreeMap<String, String>, shape: Shape) -> Option<Value> {
    if tags.is_empty() {
        return None;
    }
    Some(match shape {
        Shape::Pairs => pairs(&tags),
        Shape::Map => json!(tags),
    })
}

/// `[{Key, Value}]`, by key.
pub fn pairs(tags: &BTreeMap<String, String>) -> Value {
    tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

/// Sets and removes tags of properties, as a service does.
pub fn write(properties: &mut Map<String, Value>, shape: Shape, set: BTreeMap<String, String>, gone: &[String]) {
    let mut tags = properties.remove("Tags").map(|tags| of(&json!({ "Tags": tags }))).unwrap_or_default();
    tags.retain(|key, _| !gone.contains(key));
    tags.extend(set);
    if let Some(tags) = property(tags, shape) {
        properties.insert("Tags".to_owned(), tags);
    }
}

/// A map of texts, from an object or from `[{Key, Value}]`.
pub fn map(value: Option<&Value>) -> BTreeMap<String, String> {
    value.map(|tags| of(&json!({ "Tags": tags }))).unwrap_or_default()
}

fn of(properties: &Value) -> BTreeMap<String, String> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    match properties.get("Tags") {
        Some(Value::Array(list)) => {
            list.iter().filter_map(|tag| Some((text(tag.get("Key"))?, text(tag.get("Value"))?))).collect()
        }
        Some(Value::Object(tags)) => {
            tags.iter().filter_map(|(key, value)| Some((key.clone(), text(Some(value))?))).collect()
        }
        _ => BTreeMap::new(),
    }
}

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
