//! Places in a document: JSON Pointer with two more kinds of segment, `[Key=value]` and `[*]`.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::template::{Bindings, Template};
use crate::text::quoted as quoted_text;

/// A place in a document, or with `[*]` several. Values inside `[…]` may be templates.
#[derive(Clone, Debug, PartialEq)]
pub struct Pointer {
    /// As it was written.
    pub text: String,
    segments: Vec<Segment>,
}

/// Parts of a pointer with the empty one before it, at most: each is a level of the document that it makes.
const LONGEST: usize = 65;

#[derive(Clone, Debug, PartialEq)]
enum Segment {
    /// A member of an object, or an index of an array.
    Member(String),
    /// The element of an array whose fields are these.
    Pick(Vec<(String, Template)>),
    /// Every element of an array.
    Each,
}

/// A pointer whose templates have their values.
#[derive(Clone, Debug, PartialEq)]
pub struct Place(Vec<Step>);

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Member(String),
    Pick(Map<String, Value>),
    Each,
}

impl Pointer {
    /// Parses a pointer; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut segments = Vec::new();
        if !text.is_empty() && !text.starts_with('/') {
            return Err(format!("`{}` is no JSON Pointer: it starts with `/`", quoted_text(text)));
        }
        let parts = split(text, '/')?;
        if parts.len() > LONGEST {
            return Err(format!(
                "a pointer with {} segments, and at most {} lead anywhere",
                parts.len() - 1,
                LONGEST - 1
            ));
        }
        for part in parts.into_iter().skip(1) {
            segments.push(match part.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                Some("*") => Segment::Each,
                Some(fields) => Segment::Pick(pick(fields)?),
                None => Segment::Member(part.replace("~1", "/").replace("~0", "~")),
            });
        }
        Ok(Self { text: text.to_owned(), segments })
    }

    /// The first segment where it is a member: the property that the pointer leads into.
    pub fn property(&self) -> Option<&str> {
        match self.segments.first() {
            Some(Segment::Member(name)) => Some(name),
            _ => None,
        }
    }

    /// The templates inside.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        self.segments.iter().flat_map(|segment| match segment {
            Segment::Pick(fields) => fields.iter().map(|(_, template)| template).collect(),
            _ => Vec::new(),
        })
    }

    /// The place, with the templates' values.
    pub fn bind(&self, bindings: &Bindings<'_>) -> Result<Place, String> {
        let step = |segment: &Segment| {
            Ok(match segment {
                Segment::Member(name) => Step::Member(name.clone()),
                Segment::Each => Step::Each,
                Segment::Pick(fields) => {
                    let bound = fields.iter().map(|(key, template)| Ok((key.clone(), template.bind(bindings)?)));
                    Step::Pick(bound.collect::<Result<_, String>>()?)
                }
            })
        };
        Ok(Place(self.segments.iter().map(step).collect::<Result<_, String>>()?))
    }
}

/// Splits outside of brackets, quotes and references.
fn split(text: &str, separator: char) -> Result<Vec<&str>, String> {
    let (mut parts, mut start, mut depth, mut quoted) = (Vec::new(), 0, 0_i32, false);
    for (index, c) in text.char_indices() {
        match c {
            '"' if depth > 0 || separator == ',' => quoted = !quoted,
            '[' | '{' if !quoted => depth += 1,
            ']' | '}' if !quoted && depth == 0 => {
                return Err(format!("`{}` has a bracket that is not opened", quoted_text(text)));
            }
            ']' | '}' if !quoted => depth -= 1,
            c if c == separator && depth == 0 && !quoted => {
                parts.push(text.get(start..index).unwrap_or_default());
                start = index + c.len_utf8();
            }
            _ => {}
        }
    }
    if depth != 0 || quoted {
        return Err(format!("`{}` has a bracket or quote that is not closed", quoted_text(text)));
    }
    parts.push(text.get(start..).unwrap_or_default());
    Ok(parts)
}

fn pick(fields: &str) -> Result<Vec<(String, Template)>, String> {
    let field = |text: &str| {
        let (key, value) =
            text.split_once('=').ok_or_else(|| format!("`[{}]` is not [Key=value]", quoted_text(fields)))?;
        let value = value.trim();
        let value = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
        Ok((key.trim().to_owned(), Template::parse(&Value::from(value))?))
    };
    split(fields, ',')?.into_iter().map(field).collect()
}

/// Whether missing values on the way are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Objects, and picked elements with their fields.
    Create,
    /// Nothing: what is not there is not visited.
    Skip,
}

impl Place {
    /// Visits the containers that hold the place's last segment: `visit` gets the slot's value, `None` where the slot is
    /// empty, and returns what it should hold, `None` to have it removed.
    pub fn update(
        &self,
        document: &mut Value,
        missing: Missing,
        visit: &mut dyn FnMut(Option<Value>) -> Option<Value>,
    ) {
        update(document, &self.0, missing, visit);
    }
}

fn update(node: &mut Value, steps: &[Step], missing: Missing, visit: &mut dyn FnMut(Option<Value>) -> Option<Value>) {
    let Some((step, rest)) = steps.split_first() else {
        if let Some(value) = visit(Some(node.take())) {
            *node = value;
        }
        return;
    };
    match step {
        Step::Member(name) => {
            if let Value::Array(items) = node {
                let index = name.parse::<usize>().ok();
                if let Some(item) = index.and_then(|index| items.get_mut(index)) {
                    update(item, rest, missing, visit);
                }
                return;
            }
            if node.is_null() && missing == Missing::Create {
                *node = Value::Object(Map::new());
            }
            let Some(members) = node.as_object_mut() else { return };
            if rest.is_empty() {
                let old = members.remove(name);
                if let Some(value) = visit(old) {
                    members.insert(name.clone(), value);
                }
            } else if missing == Missing::Create || members.contains_key(name) {
                update(members.entry(name.clone()).or_insert(Value::Null), rest, missing, visit);
            }
        }
        Step::Each => {
            for item in node.as_array_mut().into_iter().flatten() {
                update(item, rest, Missing::Skip.max(missing), visit);
            }
        }
        Step::Pick(fields) => {
            if node.is_null() && missing == Missing::Create {
                *node = Value::Array(Vec::new());
            }
            let Some(items) = node.as_array_mut() else { return };
            let matches = |item: &Value| fields.iter().all(|(key, value)| item.get(key) == Some(value));
            if !items.iter().any(matches) && missing == Missing::Create {
                items.push(Value::Object(fields.clone()));
            }
            for item in items.iter_mut().filter(|item| matches(item)) {
                update(item, rest, missing, visit);
            }
        }
    }
}

impl Missing {
    fn max(self, other: Self) -> Self {
        if other == Self::Create { other } else { self }
    }
}

impl<'de> Deserialize<'de> for Pointer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl Serialize for Pointer {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl Eq for Pointer {}

impl PartialOrd for Pointer {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pointer {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.text.cmp(&other.text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(text: &str, document: Value, missing: Missing) -> Value {
        let mut document = document;
        let place = Pointer::parse(text).unwrap().bind(&Bindings::default()).unwrap();
        place.update(&mut document, missing, &mut |_| Some(json!(1)));
        document
    }

    #[test]
    fn it_makes_what_is_missing_on_the_way() {
        assert_eq!(set("/a/b", json!({}), Missing::Create), json!({"a": {"b": 1}}));
        assert_eq!(set("/a/b", json!({}), Missing::Skip), json!({}));
        assert_eq!(set("/a~1b", json!({}), Missing::Create), json!({"a/b": 1}));
    }

    #[test]
    fn it_picks_elements_by_their_fields() {
        let text = r#"/s/[P="/*",M=*]/rate"#;
        let made = json!({"s": [{"P": "/*", "M": "*", "rate": 1}]});
        assert_eq!(set(text, json!({}), Missing::Create), made);
        assert_eq!(set(text, json!({"s": [{"P": "/*", "M": "*"}]}), Missing::Skip), made);
        let other = json!({"s": [{"P": "/a", "M": "*"}]});
        assert_eq!(set(text, other.clone(), Missing::Skip), other);
        assert_eq!(
            set("/s/[*]/rate", json!({"s": [{}, {}]}), Missing::Create),
            json!({"s": [{"rate": 1}, {"rate": 1}]})
        );
    }

    #[test]
    fn what_is_no_pointer_is_told() {
        assert!(Pointer::parse("a").is_err());
        assert!(Pointer::parse("/a/[b").is_err());
        assert!(Pointer::parse("/a/[b]").is_err());
        assert!(Pointer::parse("/]a/b[").unwrap_err().contains("not opened"));
        assert!(Pointer::parse(&"/a".repeat(64)).is_ok());
        let told = Pointer::parse(&"/a".repeat(1_000_000)).unwrap_err();
        assert_eq!(told, "a pointer with 1000000 segments, and at most 64 lead anywhere");
    }
}
