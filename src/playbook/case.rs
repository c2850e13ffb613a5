//! A playbook's cases: documents before and after.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::model::TypeName;

/// One case of a playbook: a document before and after.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it shows.
    pub name: String,
    /// The type, where the playbook has several.
    #[serde(rename = "type")]
    pub type_name: Option<TypeName>,
    /// Where the resource stands.
    #[serde(default)]
    pub resource: CaseResource,
    /// Values of parameters.
    #[serde(default)]
    pub parameters: BTreeMap<String, Value>,
    /// The properties.
    pub before: Value,
    /// The facts.
    #[serde(default)]
    pub facts: Value,
    /// Neighbours, by relation.
    #[serde(default)]
    pub related: BTreeMap<String, OneOrMany<CaseDocument>>,
    /// What stands in the account besides.
    #[serde(default)]
    pub others: Vec<CaseOther>,
    /// The properties afterwards.
    #[serde(default)]
    pub after: Option<Value>,
    /// Whether it is deleted.
    #[serde(default)]
    pub deleted: bool,
    /// Neighbours' properties afterwards.
    #[serde(default)]
    pub related_after: BTreeMap<String, OneOrMany<Value>>,
    /// What is created.
    #[serde(default)]
    pub creates: Vec<CaseCreate>,
    /// Whether the finding stays for a person.
    #[serde(default)]
    pub manual: bool,
}

/// Where a case's resource stands.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CaseResource {
    /// Its id.
    pub id: Option<String>,
    /// Its ARN.
    pub arn: Option<String>,
    /// Its account.
    pub account: Option<String>,
    /// Its Region.
    pub region: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// A neighbour in a case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseDocument {
    /// Its id.
    pub id: Option<String>,
    /// Its ARN.
    pub arn: Option<String>,
    /// Its properties.
    #[serde(default)]
    pub properties: Value,
    /// Its facts.
    #[serde(default)]
    pub facts: Value,
}

/// Something that stands in a case's account besides.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseOther {
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: TypeName,
    /// Its id.
    pub id: String,
    /// Its ARN.
    #[serde(default)]
    pub arn: String,
    /// Its properties.
    #[serde(default)]
    pub properties: Value,
    /// Its facts.
    #[serde(default)]
    pub facts: Value,
    /// Its properties afterwards, where they are others.
    #[serde(default)]
    pub after: Option<Value>,
}

/// What a case expects to be created.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseCreate {
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: TypeName,
    /// Its properties.
    pub properties: Value,
}

/// A value or a list of them, as a relation gives one or many.
#[derive(Clone, Debug)]
pub enum OneOrMany<T> {
    /// One.
    One(T),
    /// A list.
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    /// Them, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        match self {
            Self::One(item) => std::slice::from_ref(item).iter(),
            Self::Many(items) => items.iter(),
        }
    }
}

impl<'de, T: serde::de::DeserializeOwned> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parse = |value| serde_json::from_value(value).map_err(serde::de::Error::custom);
        Ok(match Value::deserialize(deserializer)? {
            Value::Array(items) => Self::Many(items.into_iter().map(parse).collect::<Result<_, _>>()?),
            value => Self::One(parse(value)?),
        })
    }
}
