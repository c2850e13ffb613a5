//! `subtract: {POINTER: [VALUE]}`.

use serde_json::Value;

use super::{Verb, at_pointers};
use crate::playbook::pointer::Missing;

pub(super) const VERB: Verb = Verb {
    name: "subtract",
    does: "takes these elements out of the array",
    bind: |patch, bindings| {
        at_pointers(&patch.subtract, bindings, |place, value, document| {
            let unwanted = value.as_array().cloned().unwrap_or_default();
            place.update(document, Missing::Skip, &mut |old| match old {
                Some(Value::Array(mut items)) => {
                    items.retain(|item| !unwanted.contains(item));
                    Some(Value::Array(items))
                }
                other => other,
            });
        })
    },
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::playbook::verb::testing::patched;

    #[test]
    fn it_leaves_the_others() {
        assert_eq!(patched("subtract: {/a: [1]}", json!({"a": [1, 2]})), json!({"a": [2]}));
        assert_eq!(patched("subtract: {/a: [1]}", json!({})), json!({}));
    }
}
