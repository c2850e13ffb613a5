//! A queue's attributes: texts to SQS, values to CloudFormation.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>

use serde_json::{Map, Value};

use crate::model::{Impossible, Resource};

/// What stands in the text.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    Flag,
    Json,
}

/// One attribute, which has the property's name.
struct Attribute {
    name: &'static str,
    kind: Kind,
    /// What takes it away, where something does.
    unset: Option<&'static str>,
    /// The value that documents leave out, as templates do.
    default: Option<&'static str>,
}

const fn attribute(name: &'static str, kind: Kind) -> Attribute {
    Attribute { name, kind, unset: None, default: None }
}

const ATTRIBUTES: &[Attribute] = &[
    attribute("ContentBasedDeduplication", Kind::Flag),
    attribute("DeduplicationScope", Kind::Text),
    attribute("DelaySeconds", Kind::Number),
    attribute("FifoQueue", Kind::Flag),
    attribute("FifoThroughputLimit", Kind::Text),
    Attribute { unset: Some("300"), default: Some("300"), ..attribute("KmsDataKeyReusePeriodSeconds", Kind::Number) },
    Attribute { unset: Some(""), ..attribute("KmsMasterKeyId", Kind::Text) },
    attribute("MaximumMessageSize", Kind::Number),
    attribute("MessageRetentionPeriod", Kind::Number),
    attribute("ReceiveMessageWaitTimeSeconds", Kind::Number),
    Attribute { unset: Some(""), ..attribute("RedriveAllowPolicy", Kind::Json) },
    Attribute { unset: Some(""), ..attribute("RedrivePolicy", Kind::Json) },
    attribute("SqsManagedSseEnabled", Kind::Flag),
    attribute("VisibilityTimeout", Kind::Number),
];

/// The properties that are attributes.
pub const PROPERTIES: [&str; 14] = [
    "FifoQueue",
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "DelaySeconds",
    "FifoThroughputLimit",
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
    "VisibilityTimeout",
];

/// What can be changed of a queue that exists: all but its name and its kind.
pub const CHANGEABLE: &[&str] = {
    let [_, rest @ ..] = &PROPERTIES;
    rest
};

/// The property of an attribute; none where SQS says that it is unset.
fn value(attribute: &Attribute, text: &str) -> Option<Value> {
    if text.is_empty() || attribute.default == Some(text) {
        return None;
    }
    let told = Value::from(text);
    Some(match attribute.kind {
        Kind::Text => told,
        Kind::Number => text.parse::<i64>().map_or(told, Value::from),
        Kind::Flag => text.parse::<bool>().map_or(told, Value::from),
        Kind::Json => serde_json::from_str(text).unwrap_or(told),
    })
}

/// The text of a property.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Writes attributes into properties, as SQS does.
pub fn write<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>, properties: &mut Map<String, Value>) {
    for (name, text) in texts {
        let Some(attribute) = ATTRIBUTES.iter().find(|attribute| attribute.name == name) else { continue };
        match value(attribute, text) {
            Some(value) => drop(properties.insert(name.to_owned(), value)),
            None => drop(properties.remove(name)),
        }
    }
    // A period that is left from a key says nothing.
    if !properties.contains_key("KmsMasterKeyId") {
        properties.remove("KmsDataKeyReusePeriodSeconds");
    }
}

/// The attributes of a new queue.
pub fn of(queue: &Resource) -> Map<String, Value> {
    let set = |attribute: &Attribute| {
        let value = queue.property(&format!("/{}", attribute.name))?;
        Some((attribute.name.to_owned(), Value::from(text(value))))
    };
    ATTRIBUTES.iter().filter_map(set).collect()
}

/// The attributes that differ; empty where none does.
pub fn changed(before: &Resource, after: &Resource) -> Result<Map<String, Value>, Impossible> {
    let mut changed = Map::new();
    for attribute in ATTRIBUTES {
        let pointer = format!("/{}", attribute.name);
        let (old, new) = (before.property(&pointer), after.property(&pointer));
        if old == new {
            continue;
        }
        let text = match (new, attribute.unset) {
            (Some(value), _) => text(value),
            (None, Some(unset)) => unset.to_owned(),
            (None, None) => return Err(Impossible(format!("a queue always has a {}", attribute.name))),
        };
        changed.insert(attribute.name.to_owned(), text.into());
    }
    Ok(changed)
}
