//! `append: {POINTER: [VALUE]}`.

use serde_json::Value;

use super::{Verb, at_pointers};
use crate::playbook::pointer::Missing;

pub(super) const VERB: Verb = Verb {
    name: "append",
    does: "adds the elements that the array does not have yet",
    bind: |patch, bindings| {
        at_pointers(&patch.append, bindings, |place, value, document| {
            let wanted = value.as_array().cloned().unwrap_or_default();
            // With nothing to add, an array that is missing stays so.
            let missing = if wanted.is_empty() { Missing::Skip } else { Missing::Create };
            place.update(document, missing, &mut |old| {
                if wanted.is_empty() {
                    return old;
                }
                let mut items = match old {
                    Some(Value::Array(items)) => items,
                    None | Some(Value::Null) => Vec::new(),
                    Some(single) => vec![single],
                };
                for item in &wanted {
                    if !items.contains(item) {
                        items.push(item.clone());
                    }
                }
                Some(Value::Array(items))
            });
        })
    },
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::playbook::verb::testing::patched;

    #[test]
    fn it_is_a_union() {
        assert_eq!(patched("append: {/a: [1, 2]}", json!({"a": [2, 3]})), json!({"a": [2, 3, 1]}));
        assert_eq!(patched("append: {/a: [1]}", json!({})), json!({"a": [1]}));
        assert_eq!(patched("append: {/a: []}", json!({})), json!({}));
        assert_eq!(patched("append: {/a: [1]}", json!({"a": "x"})), json!({"a": ["x", 1]}));
    }
}
