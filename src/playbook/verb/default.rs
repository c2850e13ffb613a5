//! `default: {POINTER: VALUE}`.

use serde_json::Value;

use super::{Verb, at_pointers};
use crate::playbook::pointer::Missing;

pub(super) const VERB: Verb = Verb {
    name: "default",
    does: "gives the place this value where it has none",
    bind: |patch, bindings| {
        at_pointers(&patch.default, bindings, |place, value, document| {
            place.update(document, Missing::Create, &mut |old| {
                old.filter(|old| !old.is_null() && *old != Value::String(String::new())).or_else(|| Some(value.clone()))
            });
        })
    },
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::playbook::verb::testing::patched;

    #[test]
    fn it_leaves_what_is_there() {
        assert_eq!(patched("default: {/a: 2, /b: 2}", json!({"a": 1, "b": ""})), json!({"a": 1, "b": 2}));
    }
}
