//! `at_most: {POINTER: NUMBER}`.

use super::{Verb, at_pointers, bound};

pub(super) const VERB: Verb = Verb {
    name: "at_most",
    does: "makes this the greatest value; one that is stricter stays",
    bind: |patch, bindings| {
        at_pointers(&patch.at_most, bindings, |place, value, document| {
            bound(place, value, document, |old, bound| old <= bound);
        })
    },
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::playbook::verb::testing::patched;

    #[test]
    fn it_never_weakens() {
        assert_eq!(patched("at_most: {/a: 50, /b: 50}", json!({"a": 100, "b": 10})), json!({"a": 50, "b": 10}));
        assert_eq!(patched("at_most: {/a: 50}", json!({})), json!({"a": 50}));
        assert_eq!(patched("at_most: {/a: 50}", json!({"a": -1})), json!({"a": 50}));
    }
}
