//! Which property of a document is which member of an API's input: one table that serves the calls and their effects.

use serde_json::{Map, Value};

use crate::model::{Impossible, Resource};

/// What a call's input says for a property that is taken away.
#[derive(Clone, Copy, Debug)]
pub enum Unset {
    /// An empty text: the service takes it as unset.
    EmptyText,
    /// This JSON text.
    Json(&'static str),
    /// The service has no way to.
    Impossible,
}

/// One property and the member of the input that writes it.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// A top-level property.
    pub property: &'static str,
    /// The top-level member of the input.
    pub member: &'static str,
    /// What the input says to take it away.
    pub unset: Unset,
}

/// A field that can be taken away so.
pub const fn field(property: &'static str, member: &'static str, unset: Unset) -> Field {
    Field { property, member, unset }
}

/// The members for the properties that differ between two documents; empty where none does.
pub fn changed(fields: &[Field], before: &Resource, after: &Resource) -> Result<Map<String, Value>, Impossible> {
    let mut input = Map::new();
    for field in fields {
        let pointer = format!("/{}", field.property);
        let (old, new) = (before.property(&pointer), after.property(&pointer));
        if old == new {
            continue;
        }
        let value = match (new, field.unset) {
            (Some(value), _) => value.clone(),
            (None, Unset::EmptyText) => Value::String(String::new()),
            (None, Unset::Json(text)) => serde_json::from_str(text).unwrap_or(Value::Null),
            (None, Unset::Impossible) => {
                return Err(Impossible(format!("the service has no call that unsets {}", field.property)));
            }
        };
        input.insert(field.member.to_owned(), value);
    }
    Ok(input)
}

/// Writes the members of an input into properties, as the service does.
pub fn write(fields: &[Field], input: &Value, properties: &mut Map<String, Value>) {
    for field in fields {
        let Some(value) = input.get(field.member) else { continue };
        let unset = match field.unset {
            Unset::EmptyText => value.as_str() == Some(""),
            Unset::Json(text) => serde_json::from_str::<Value>(text).is_ok_and(|unset| unset == *value),
            Unset::Impossible => false,
        };
        if unset {
            properties.remove(field.property);
        } else {
            properties.insert(field.property.to_owned(), value.clone());
        }
    }
}

/// Both documents of an update; nothing where there is neither. For the types whose resources rectify changes and neither
/// creates nor deletes.
pub fn both<'a>(
    before: Option<&'a Resource>,
    after: Option<&'a Resource>,
) -> Result<Option<(&'a Resource, &'a Resource)>, Impossible> {
    match (before, after) {
        (Some(before), Some(after)) => Ok(Some((before, after))),
        (None, None) => Ok(None),
        (None, Some(after)) => Err(Impossible(format!("rectify does not create an {}", after.type_name))),
        (Some(before), None) => Err(Impossible(format!("rectify does not delete an {}", before.type_name))),
    }
}

/// [`only`] for the properties of a table and those named beside it.
pub fn only_fields(fields: &[Field], others: &[&str], before: &Resource, after: &Resource) -> Result<(), Impossible> {
    let names: Vec<&str> = fields.iter().map(|field| field.property).chain(others.iter().copied()).collect();
    only(&names, before, after)
}

/// Refuses a difference in any top-level property but those named: `calls` must never leave out what was planned.
pub fn only(names: &[&str], before: &Resource, after: &Resource) -> Result<(), Impossible> {
    let empty = Map::new();
    let old = before.properties.as_object().unwrap_or(&empty);
    let new = after.properties.as_object().unwrap_or(&empty);
    let differs = |name: &&String| before.property(&format!("/{name}")) != after.property(&format!("/{name}"));
    match old.keys().chain(new.keys()).filter(differs).find(|name| !names.contains(&name.as_str())) {
        Some(name) => Err(Impossible(format!("rectify has no call that changes {name} of {}", before.type_name))),
        None => Ok(()),
    }
}
