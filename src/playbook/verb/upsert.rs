//! `upsert: {POINTER: {key: [FIELD], value: {…}}}`.

use serde_json::{Value, json};

use super::{Operation, PatchError, Verb};
use crate::playbook::pointer::Missing;
use crate::playbook::step::Upsert;

pub(super) const VERB: Verb = Verb {
    name: "upsert",
    does: "puts the element into the array, in place of the one with the same key fields",
    bind: |patch, bindings| {
        let operation = |(pointer, upsert): (&crate::playbook::Pointer, &Upsert)| {
            Ok(Operation {
                apply: |place, value, document| {
                    let element = value.get("value").cloned().unwrap_or_default();
                    let keys: Vec<&str> =
                        value["key"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                    let same = |item: &Value| keys.iter().all(|key| item.get(key) == element.get(key));
                    place.update(document, Missing::Create, &mut |old| {
                        let mut items = match old {
                            Some(Value::Array(items)) => items,
                            _ => Vec::new(),
                        };
                        match items.iter_mut().find(|item| same(item)) {
                            Some(item) => *item = element.clone(),
                            None => items.push(element.clone()),
                        }
                        Some(Value::Array(items))
                    });
                },
                place: pointer.bind(bindings).map_err(PatchError)?,
                value: json!({"key": upsert.key, "value": upsert.value.bind(bindings).map_err(PatchError)?}),
            })
        };
        patch.upsert.iter().map(operation).collect()
    },
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::playbook::verb::testing::patched;

    #[test]
    fn it_replaces_by_key_or_adds() {
        let patch = "upsert: {/p: {key: [N], value: {N: a, D: 2}}}";
        assert_eq!(patched(patch, json!({"p": [{"N": "a", "D": 1}]})), json!({"p": [{"N": "a", "D": 2}]}));
        assert_eq!(patched(patch, json!({"p": [{"N": "b"}]})), json!({"p": [{"N": "b"}, {"N": "a", "D": 2}]}));
        assert_eq!(patched(patch, json!({})), json!({"p": [{"N": "a", "D": 2}]}));
    }
}
