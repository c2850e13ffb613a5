//! `at_most: {POINTER: NUMBER}`.

use serde_json::Value;

use super::{Verb, at_pointers};
use crate::playbook::pointer::Missing;

pub(super) const VERB: Verb = Verb {
    name: "at_most",
    does: "makes this the greatest value; one that is stricter stays",
    bind: |patch, bindings| {
        at_pointers(&patch.at_most, bindings, |place, value, document| {
            place.update(document, Missing::Create, &mut |old| {
                let stricter = |old: &Value| match (old.as_f64(), value.as_f64()) {
                    // A negative number is how services write "no limit".
                    (Some(old), Some(bound)) => old >= 0.0 && old <= bound,
                    _ => false,
                };
                old.filter(stricter).or_else(|| Some(value.clone()))
            });
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
