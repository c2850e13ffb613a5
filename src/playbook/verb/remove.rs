//! `remove: [POINTER]`.

use serde_json::Value;

use super::{Operation, PatchError, Verb};
use crate::playbook::pointer::Missing;

pub(super) const VERB: Verb = Verb {
    name: "remove",
    does: "takes the value away; nothing where there is none",
    bind: |patch, bindings| {
        let operation = |pointer: &crate::playbook::Pointer| {
            Ok(Operation {
                apply: |place, _, document| place.update(document, Missing::Skip, &mut |_| None),
                place: pointer.bind(bindings).map_err(PatchError)?,
                value: Value::Null,
            })
        };
        patch.remove.iter().map(operation).collect()
    },
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::playbook::verb::testing::patched;

    #[test]
    fn it_takes_away_what_is_there() {
        assert_eq!(patched("remove: [/a/b, /x/y]", json!({"a": {"b": 1, "c": 2}})), json!({"a": {"c": 2}}));
    }
}
