//! Tags: CloudFormation has them as a list of pairs or as a map, the services' calls set and remove them by key.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::input::Input;
use crate::model::{Call, Impossible, Resource};

/// Tags by key.
pub type Tags = BTreeMap<String, String>;

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
    pub set: Tags,
    /// Keys that are no longer there.
    pub gone: Vec<String>,
}

impl Difference {
    /// The calls: one that sets tags and one that removes some, each only where there is something to do.
    pub fn calls(self, set: impl FnOnce(Tags) -> Call, remove: impl FnOnce(Vec<String>) -> Call) -> Vec<Call> {
        let set = (!self.set.is_empty()).then(|| set(self.set));
        let remove = (!self.gone.is_empty()).then(|| remove(self.gone));
        set.into_iter().chain(remove).collect()
    }
}

/// What differs. AWS's own tags, whose keys begin with `aws:`, cannot be written
/// (<https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html>).
pub fn difference(before: &Resource, after: &Resource) -> Result<Difference, Impossible> {
    let (old, new) = (of(before), of(after));
    let gone: Vec<String> = old.keys().filter(|key| !new.contains_key(*key)).cloned().collect();
    let set: Tags = new.into_iter().filter(|(key, value)| old.get(key) != Some(value)).collect();
    match set.keys().chain(&gone).find(|key| key.starts_with("aws:")) {
        Some(key) => Err(Impossible(format!("the tag {key} is AWS's own"))),
        None => Ok(Difference { set, gone }),
    }
}

/// The tags of a document.
pub fn of(resource: &Resource) -> Tags {
    map(resource.property("/Tags"))
}

/// `Tags` as a document has it; nothing where there is no tag.
pub fn property<K: Into<String>, V: Into<String>>(
    tags: impl IntoIterator<Item = (K, V)>,
    shape: Shape,
) -> Option<Value> {
    let tags: Tags = tags.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
    if tags.is_empty() {
        return None;
    }
    Some(match shape {
        Shape::Pairs => pairs(&tags, "Key", "Value"),
        Shape::Map => json!(tags),
    })
}

/// A list of pairs whose members have these names, by key.
pub fn pairs(tags: &Tags, key_name: &str, value_name: &str) -> Value {
    tags.iter().map(|(key, value)| json!({key_name: key, value_name: value})).collect()
}

/// Does what a tagging call does. Its members are `Tags` and `TagKeys`, and some services write them small.
pub fn effect(input: &Input<'_>, shape: Shape, properties: &mut Map<String, Value>) {
    let set = map(input.value("Tags").or_else(|| input.value("tags")));
    let gone = input.texts("TagKeys").or_else(|| input.texts("tagKeys")).unwrap_or_default();
    write(properties, shape, set, &gone);
}

/// Sets and removes tags of properties, as a service does.
pub fn write(properties: &mut Map<String, Value>, shape: Shape, set: Tags, gone: &[String]) {
    let mut tags = map(properties.remove("Tags").as_ref());
    tags.retain(|key, _| !gone.contains(key));
    tags.extend(set);
    if let Some(tags) = property(tags, shape) {
        properties.insert("Tags".to_owned(), tags);
    }
}

/// The tags of an object, of `[{Key, Value}]` or, as KMS's calls have them, of `[{TagKey, TagValue}]`.
pub fn map(tags: Option<&Value>) -> Tags {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let pair = |tag: &Value| {
        let member = |name: &str, longer: &str| text(tag.get(name).or_else(|| tag.get(longer)));
        Some((member("Key", "TagKey")?, member("Value", "TagValue").unwrap_or_default()))
    };
    match tags {
        Some(Value::Array(list)) => list.iter().filter_map(pair).collect(),
        Some(Value::Object(tags)) => {
            tags.iter().filter_map(|(key, value)| Some((key.clone(), text(Some(value))?))).collect()
        }
        _ => Tags::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::testing::resource;

    fn tagged(tags: Value) -> Resource {
        resource(&crate::cloud::aws::kms::Key, "k", json!({"Tags": tags}), json!({}))
    }

    #[test]
    fn every_shape_is_the_same_tags() {
        let expected = Tags::from([("a".to_owned(), "1".to_owned()), ("b".to_owned(), String::new())]);
        for tags in [
            json!({"a": "1", "b": ""}),
            json!([{"Key": "b", "Value": ""}, {"Key": "a", "Value": "1"}]),
            json!([{"TagKey": "a", "TagValue": "1"}, {"TagKey": "b", "TagValue": ""}]),
        ] {
            assert_eq!(map(Some(&tags)), expected);
        }
    }

    #[test]
    fn aws_s_own_tags_stay_as_they_are() {
        let before =
            tagged(json!([{"Key": "aws:cloudformation:stack-name", "Value": "s"}, {"Key": "a", "Value": "1"}]));
        let kept = tagged(json!([{"Key": "aws:cloudformation:stack-name", "Value": "s"}]));
        let expected = Difference { set: Tags::new(), gone: vec!["a".into()] };
        assert_eq!(difference(&before, &kept), Ok(expected));
        let refused = Err(Impossible("the tag aws:cloudformation:stack-name is AWS's own".into()));
        assert_eq!(difference(&before, &tagged(json!([{"Key": "a", "Value": "1"}]))), refused);
        assert_eq!(
            difference(&kept, &tagged(json!([{"Key": "aws:cloudformation:stack-name", "Value": "t"}]))),
            refused
        );
    }
}
