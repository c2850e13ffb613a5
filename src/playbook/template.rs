//! Values that hold `${…}`.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::model::Resource;

/// A value with references in it; one that is exactly one reference takes the reference's type.
#[derive(Clone, Debug, PartialEq)]
pub enum Template {
    /// No reference in it.
    Literal(Value),
    /// Exactly one reference.
    Reference(Vec<String>),
    /// Text around references.
    Text(Vec<Piece>),
    /// A list.
    List(Vec<Self>),
    /// An object.
    Object(Vec<(String, Self)>),
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// As it is.
    Literal(String),
    /// A reference.
    Reference(Vec<String>),
}

/// What `${steps.NAME…}` gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The primary identifier, or what stands for it until it is known.
    pub id: String,
    /// The ARN, likewise.
    pub arn: String,
}

impl Known {
    /// A part of an identifier that has several, `${steps.NAME.id.0}` the first.
    fn part(&self, part: usize) -> Option<String> {
        match self.id.strip_prefix("${rectify:").and_then(|rest| rest.strip_suffix(".id}")) {
            Some(change) => Some(format!("${{rectify:{change}.id.{part}}}")),
            None => self.id.split('|').nth(part).map(str::to_owned),
        }
    }
}

/// What references give.
#[derive(Clone, Debug, Default)]
pub struct Bindings<'a> {
    /// `${resource.…}`.
    pub resource: Option<&'a Resource>,
    /// `${finding.…}`: msg, path, params.
    pub finding: Value,
    /// `${parameters.…}`.
    pub parameters: BTreeMap<String, Value>,
    /// `${steps.NAME.…}`.
    pub steps: BTreeMap<String, Known>,
    /// `${account}`.
    pub account: String,
    /// `${region}`.
    pub region: String,
    /// `${partition}`.
    pub partition: String,
}

/// The roots that a reference may have.
const ROOTS: [&str; 7] = ["account", "finding", "parameters", "partition", "region", "resource", "steps"];

impl Template {
    /// Parses a value; the error says what is wrong with a reference in it.
    pub fn parse(value: &Value) -> Result<Self, String> {
        Ok(match value {
            Value::String(text) => text_template(text)?,
            Value::Array(items) => {
                let items: Vec<Self> = items.iter().map(Self::parse).collect::<Result<_, _>>()?;
                if items.iter().all(Self::is_literal) { Self::Literal(value.clone()) } else { Self::List(items) }
            }
            Value::Object(members) => {
                let member = |(name, value): (&String, &Value)| Ok((name.clone(), Self::parse(value)?));
                let members: Vec<(String, Self)> = members.iter().map(member).collect::<Result<_, String>>()?;
                let literal = members.iter().all(|(_, member)| member.is_literal());
                if literal { Self::Literal(value.clone()) } else { Self::Object(members) }
            }
            other => Self::Literal(other.clone()),
        })
    }

    /// The names of an object's members.
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::Literal(Value::Object(members)) => members.keys().cloned().collect(),
            Self::Object(members) => members.iter().map(|(name, _)| name.clone()).collect(),
            _ => Vec::new(),
        }
    }

    /// A member of an object.
    pub fn member(&self, name: &str) -> Option<Self> {
        match self {
            Self::Literal(value) => value.get(name).cloned().map(Self::Literal),
            Self::Object(members) => members.iter().find(|(other, _)| other == name).map(|(_, member)| member.clone()),
            _ => None,
        }
    }

    fn is_literal(&self) -> bool {
        matches!(self, Self::Literal(_))
    }

    /// The value, or which reference has none.
    pub fn bind(&self, bindings: &Bindings<'_>) -> Result<Value, String> {
        Ok(match self {
            Self::Literal(value) => value.clone(),
            Self::Reference(path) => lookup(path, bindings)?,
            Self::Text(pieces) => {
                let mut text = String::new();
                for piece in pieces {
                    match piece {
                        Piece::Literal(literal) => text.push_str(literal),
                        Piece::Reference(path) => match lookup(path, bindings)? {
                            Value::String(value) => text.push_str(&value),
                            value @ (Value::Number(_) | Value::Bool(_)) => text.push_str(&value.to_string()),
                            _ => return Err(format!("${{{}}} is no text, and stands inside one", path.join("."))),
                        },
                    }
                }
                Value::String(text)
            }
            Self::List(items) => Value::Array(items.iter().map(|item| item.bind(bindings)).collect::<Result<_, _>>()?),
            Self::Object(members) => {
                let member = |(name, member): &(String, Self)| Ok((name.clone(), member.bind(bindings)?));
                Value::Object(members.iter().map(member).collect::<Result<Map<_, _>, String>>()?)
            }
        })
    }

    /// Every reference in it, as its segments.
    pub fn references(&self) -> Vec<&[String]> {
        match self {
            Self::Literal(_) => Vec::new(),
            Self::Reference(path) => vec![path],
            Self::Text(pieces) => pieces
                .iter()
                .filter_map(|piece| match piece {
                    Piece::Reference(path) => Some(path.as_slice()),
                    Piece::Literal(_) => None,
                })
                .collect(),
            Self::List(items) => items.iter().flat_map(Self::references).collect(),
            Self::Object(members) => members.iter().flat_map(|(_, member)| member.references()).collect(),
        }
    }
}

fn text_template(text: &str) -> Result<Template, String> {
    let (mut pieces, mut literal, mut rest) = (Vec::new(), String::new(), text);
    while let Some(start) = rest.find("${") {
        let (before, after) = rest.split_at(start);
        let after = after.get(2..).unwrap_or_default();
        if let Some(before) = before.strip_suffix('$') {
            literal.push_str(before);
            literal.push_str("${");
            rest = after;
            continue;
        }
        literal.push_str(before);
        let Some((reference, tail)) = after.split_once('}') else {
            return Err(format!("`{text}` has a `${{` without its `}}`"));
        };
        let path: Vec<String> = reference.split('.').map(|segment| segment.trim().to_owned()).collect();
        if !path.first().is_some_and(|root| ROOTS.contains(&root.as_str())) {
            return Err(format!("${{{reference}}} is not known; a reference starts with one of {}", ROOTS.join(", ")));
        }
        if !literal.is_empty() {
            pieces.push(Piece::Literal(std::mem::take(&mut literal)));
        }
        pieces.push(Piece::Reference(path));
        rest = tail;
    }
    literal.push_str(rest);
    if !literal.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    Ok(match pieces.as_slice() {
        [Piece::Literal(literal)] => Template::Literal(Value::String(literal.clone())),
        [Piece::Reference(path)] => Template::Reference(path.clone()),
        _ => Template::Text(pieces),
    })
}

fn lookup(path: &[String], bindings: &Bindings<'_>) -> Result<Value, String> {
    let missing = || format!("${{{}}} has no value", path.join("."));
    let text = |text: &str| Value::String(text.to_owned());
    let (root, rest) = path.split_first().ok_or_else(missing)?;
    let found = match (root.as_str(), rest) {
        ("account", []) => Some(text(&bindings.account)),
        ("region", []) => Some(text(&bindings.region)),
        ("partition", []) => Some(text(&bindings.partition)),
        ("parameters", [name, rest @ ..]) => bindings.parameters.get(name).and_then(|value| inside(value, rest)),
        ("finding", rest) => inside(&bindings.finding, rest),
        ("steps", [name, member, part @ ..]) => {
            bindings.steps.get(name).and_then(|known| match (member.as_str(), part) {
                ("id", []) => Some(text(&known.id)),
                ("id", [part]) => known.part(part.parse().ok()?).map(Value::String),
                ("arn", []) => Some(text(&known.arn)),
                _ => None,
            })
        }
        ("resource", [member, rest @ ..]) => bindings.resource.and_then(|resource| match member.as_str() {
            "id" => Some(text(&resource.id)),
            "arn" => Some(text(&resource.arn)),
            "account" => Some(text(&resource.account)),
            "region" => Some(text(&resource.region)),
            "properties" => inside(&resource.properties, rest),
            "facts" => inside(&resource.facts, rest),
            _ => None,
        }),
        _ => None,
    };
    found.ok_or_else(missing)
}

fn inside(value: &Value, path: &[String]) -> Option<Value> {
    path.iter().try_fold(value, |value, name| value.get(name)).cloned()
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn bind(value: Value) -> Result<Value, String> {
        let bindings = Bindings {
            account: "1".into(),
            finding: json!({"params": {"keep": [1, 2], "name": "x"}}),
            steps: BTreeMap::from([
                ("key".to_owned(), Known { id: "i".into(), arn: "a".into() }),
                ("stage".to_owned(), Known { id: "a1|prod".into(), arn: String::new() }),
                ("late".to_owned(), Known { id: "${rectify:c1.id}".into(), arn: String::new() }),
            ]),
            ..Bindings::default()
        };
        Template::parse(&value)?.bind(&bindings)
    }

    #[test]
    fn a_value_that_is_one_reference_keeps_its_type() {
        assert_eq!(bind(json!("${finding.params.keep}")), Ok(json!([1, 2])));
        assert_eq!(bind(json!({"a": ["arn:${account}:${steps.key.id}"]})), Ok(json!({"a": ["arn:1:i"]})));
        assert_eq!(bind(json!("${steps.stage.id.1} of ${steps.late.id.0}")), Ok(json!("prod of ${rectify:c1.id.0}")));
        assert!(bind(json!("${steps.stage.id.2}")).is_err());
        assert_eq!(bind(json!("$${aws:username} ${account}")), Ok(json!("${aws:username} 1")));
    }

    #[test]
    fn a_reference_that_leads_nowhere_is_told() {
        assert!(bind(json!("${finding.params.none}")).is_err());
        assert!(bind(json!("${nothing}")).unwrap_err().contains("is not known"));
        assert!(bind(json!("${account")).is_err());
        assert!(bind(json!("x${finding.params.keep}")).is_err());
    }
}
