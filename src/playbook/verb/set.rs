//! `set: {POINTER: VALUE}`.

use super::{Verb, at_pointers};
use crate::playbook::pointer::Missing;

pub(super) const VERB: Verb = Verb {
    name: "set",
    does: "gives the place this value; missing parents are made",
    bind: |patch, bindings| {
        at_pointers(&patch.set, bindings, |place, value, document| {
            place.update(document, Missing::Create, &mut |_| Some(value.clone()));
        })
    },
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::playbook::verb::testing::patched;

    #[test]
    fn it_replaces_and_makes() {
        assert_eq!(patched("set: {/a/b: 2}", json!({"a": {"b": 1, "c": 3}})), json!({"a": {"b": 2, "c": 3}}));
        assert_eq!(patched("set: {/a/b: 2}", json!({})), json!({"a": {"b": 2}}));
    }
}
