//! Values that are known only when a plan is applied: `${rectify:…}`.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::{Call, Change, Resource, ResourceKey, Sent};

/// The start of such a value.
const OPEN: &str = "${rectify:";

/// What they are.
#[derive(Clone, Debug, Default)]
pub(super) struct Late(BTreeMap<String, String>);

impl Late {
    /// Sets `${rectify:NAME}`.
    pub fn set(&mut self, name: String, value: String) {
        self.0.insert(name, value);
    }

    /// Sets `${rectify:NAME.id}`, the parts of an id that has several, and `${rectify:NAME.arn}`, as far as the service
    /// gave them.
    pub fn created(&mut self, name: &str, sent: &Sent) {
        if let Some(id) = &sent.id {
            let parts = id.split('|').enumerate();
            parts.for_each(|(part, text)| self.set(format!("{name}.id.{part}"), text.to_owned()));
            self.set(format!("{name}.id"), id.clone());
        }
        if let Some(arn) = &sent.arn {
            self.set(format!("{name}.arn"), arn.clone());
        }
    }

    /// A text with the values that are known.
    pub fn text(&self, text: &str) -> String {
        if !text.contains(OPEN) {
            return text.to_owned();
        }
        self.0.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{OPEN}{name}}}"), value))
    }

    /// A value with the values that are known.
    pub fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) => items.iter().map(|item| self.value(item)).collect(),
            Value::Object(members) => {
                Value::Object(members.iter().map(|(name, member)| (name.clone(), self.value(member))).collect())
            }
            other => other.clone(),
        }
    }

    /// A document with the values that are known.
    pub fn document(&self, resource: &Resource) -> Resource {
        let mut resource = resource.with_properties(self.value(&resource.properties));
        resource.id = self.text(&resource.id);
        resource.arn = self.text(&resource.arn);
        resource
    }

    /// Where a change's resource stands, as far as it is known.
    pub fn place(&self, change: &Change) -> ResourceKey {
        ResourceKey { id: self.text(&change.resource.id), ..change.resource.clone() }
    }

    /// Where the resource stands that a change creates; none as long as its id is not known.
    pub fn known(&self, change: &Change) -> Option<ResourceKey> {
        Some(self.place(change)).filter(|key| !key.id.contains(OPEN))
    }

    /// Whether nothing in a document has still to be filled in.
    pub fn all_known(&self, document: &Resource) -> bool {
        !document.properties.to_string().contains(OPEN)
    }

    /// What a change makes of its resource; none where it deletes it.
    pub fn planned(&self, change: &Change) -> Option<Resource> {
        change.after.as_ref().map(|after| self.document(after))
    }

    /// A call with the values that are known, and the current document's facts. A member that is a fact which the service
    /// does not give is left out; any other value that is still unknown is the error.
    pub fn call(&self, call: &Call, current: Option<&Resource>) -> Result<Call, String> {
        let mut late = self.clone();
        let facts = current.and_then(|resource| resource.facts.as_object());
        for (name, fact) in facts.into_iter().flatten() {
            if let Some(text) = fact.as_str() {
                late.set(format!("current.{name}"), text.to_owned());
            }
        }
        let mut input = late.value(&call.input);
        if let Some(members) = input.as_object_mut() {
            members.retain(|_, value| !value.as_str().is_some_and(|text| text.starts_with("${rectify:current.")));
        }
        let text = input.to_string();
        match text.split_once(OPEN) {
            Some((_, rest)) => Err(format!("{} is not known", rest.split('}').next().unwrap_or(rest))),
            None => Ok(Call { input, ..call.clone() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_created_is_known_by_its_id_the_parts_of_it_and_its_arn() {
        let mut late = Late::default();
        late.created("c1", &Sent { id: Some("d1|a1".into()), arn: Some("arn:d1".into()), request_id: None });
        let text = "${rectify:c1.id} ${rectify:c1.id.0} ${rectify:c1.id.1} ${rectify:c1.arn}";
        assert_eq!(late.text(text), "d1|a1 d1 a1 arn:d1");
    }

    #[test]
    fn values_are_filled_in_and_missing_facts_left_out() {
        let mut late = Late::default();
        late.set("c1.arn".into(), "arn:key".into());
        let input = json!({"K": "${rectify:c1.arn}", "P": "{\"r\":\"${rectify:c1.arn}\"}", "RevisionId": "${rectify:current.RevisionId}"});
        let call = Call::new("lambda", "Update", input);
        let sent = late.call(&call, None).unwrap();
        assert_eq!(sent.input, json!({"K": "arn:key", "P": "{\"r\":\"arn:key\"}"}));

        let key = ResourceKey { type_name: "T".into(), account: String::new(), region: String::new(), id: "i".into() };
        let facts = json!({"RevisionId": "r1"}).as_object().cloned().unwrap();
        let current = Resource::new(key, "", serde_json::Map::new(), facts);
        assert_eq!(late.call(&call, Some(&current)).unwrap().input["RevisionId"], "r1");

        let unknown = Call::new("s", "O", json!({"K": "${rectify:c2.arn}"}));
        assert_eq!(late.call(&unknown, None).unwrap_err(), "c2.arn is not known");
    }
}
