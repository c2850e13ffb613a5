//! One cloud object as a document.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::TypeName;

/// Where a resource stands: everything that tells it from any other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceKey {
    /// The CloudFormation type.
    #[serde(rename = "type")]
    pub type_name: TypeName,
    /// Twelve digits.
    pub account: String,
    /// The Region's name; empty for a global type.
    pub region: String,
    /// CloudFormation's primary identifier; the parts of a composite one are joined by `|`.
    pub id: String,
}

impl fmt::Display for ResourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.type_name, self.id)
    }
}

/// Who manages a resource, when something does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    /// The CloudFormation stack's name.
    pub stack: String,
    /// The resource's name in the stack's template.
    pub logical_id: String,
}

/// One cloud object in the shape of its CloudFormation type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// The CloudFormation type.
    #[serde(rename = "type")]
    pub type_name: TypeName,
    /// CloudFormation's primary identifier; the parts of a composite one are joined by `|`.
    pub id: String,
    /// The Amazon Resource Name; empty where AWS gives none.
    pub arn: String,
    /// Twelve digits.
    pub account: String,
    /// The Region's name; empty for a global type.
    pub region: String,
    /// The tags of `properties`, by key.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// What can be written, under CloudFormation's names.
    pub properties: Value,
    /// What can only be read and policies need.
    #[serde(default = "empty_object")]
    pub facts: Value,
    /// Who manages it.
    #[serde(default)]
    pub owner: Option<Owner>,
}

impl Resource {
    /// A document; tags and owner are taken from `properties`.
    pub fn new(
        key: ResourceKey,
        arn: impl Into<String>,
        properties: Map<String, Value>,
        facts: Map<String, Value>,
    ) -> Self {
        let mut resource = Self {
            type_name: key.type_name,
            id: key.id,
            arn: arn.into(),
            account: key.account,
            region: key.region,
            tags: BTreeMap::new(),
            properties: Value::Object(properties),
            facts: Value::Object(facts),
            owner: None,
        };
        resource.refresh();
        resource
    }

    /// The same resource with other properties.
    pub fn with_properties(&self, properties: Value) -> Self {
        let mut resource = Self { properties, ..self.clone() };
        resource.refresh();
        resource
    }

    /// Where it stands.
    pub fn key(&self) -> ResourceKey {
        ResourceKey {
            type_name: self.type_name.clone(),
            account: self.account.clone(),
            region: self.region.clone(),
            id: self.id.clone(),
        }
    }

    /// The property at a JSON Pointer. Absent, `null` and `""` are all unset: services answer with any of them.
    pub fn property(&self, pointer: &str) -> Option<&Value> {
        set_value(self.properties.pointer(pointer))
    }

    /// The fact at a JSON Pointer; unset as for a property.
    pub fn fact(&self, pointer: &str) -> Option<&Value> {
        set_value(self.facts.pointer(pointer))
    }

    /// The text property at a JSON Pointer.
    pub fn text(&self, pointer: &str) -> Option<&str> {
        self.property(pointer).and_then(Value::as_str)
    }

    /// Derives tags and owner from the properties. CloudFormation has tags as a list of pairs, or for some types as a map.
    fn refresh(&mut self) {
        let tags = match self.properties.get("Tags") {
            Some(Value::Array(list)) => list
                .iter()
                .filter_map(|tag| Some((tag.get("Key")?.as_str()?.to_owned(), tag.get("Value")?.as_str()?.to_owned())))
                .collect(),
            Some(Value::Object(map)) => {
                map.iter().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
            }
            _ => BTreeMap::new(),
        };
        self.tags = tags;
        self.owner = self.tags.get("aws:cloudformation:stack-name").map(|stack| Owner {
            stack: stack.clone(),
            logical_id: self.tags.get("aws:cloudformation:logical-id").cloned().unwrap_or_default(),
        });
    }
}

fn set_value(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !value.is_null() && value.as_str() != Some(""))
}

fn empty_object() -> Value {
    Value::Object(Map::new())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tags_and_owner_follow_the_properties() {
        let key = ResourceKey {
            type_name: "AWS::Lambda::Function".into(),
            account: "1".into(),
            region: "r".into(),
            id: "f".into(),
        };
        let properties = json!({"Tags": [
            {"Key": "aws:cloudformation:stack-name", "Value": "shop"},
            {"Key": "aws:cloudformation:logical-id", "Value": "Pay"},
        ], "KmsKeyArn": ""});
        let Value::Object(map) = properties else { unreachable!() };
        let resource = Resource::new(key, "arn", map, Map::new());
        assert_eq!(resource.owner, Some(Owner { stack: "shop".into(), logical_id: "Pay".into() }));
        assert_eq!(resource.property("/KmsKeyArn"), None);

        let untagged = resource.with_properties(json!({"Tags": {"team": "pay"}}));
        assert_eq!(untagged.owner, None);
        assert_eq!(untagged.tags, BTreeMap::from([("team".to_owned(), "pay".to_owned())]));
    }
}
