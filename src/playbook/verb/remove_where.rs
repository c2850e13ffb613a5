//! `remove_where: {POINTER: {equals: VALUE}}`, or `{matches: SUBSET}`.

use serde_json::{Value, json};

use super::{Operation, PatchError, Verb, contains};
use crate::playbook::pointer::Missing;
use crate::playbook::step::RemoveWhere;

pub(super) const VERB: Verb = Verb {
    name: "remove_where",
    does: "takes the elements out of the array that equal a value or match a subset",
    bind: |patch, bindings| {
        let operation = |(pointer, wanted): (&crate::playbook::Pointer, &RemoveWhere)| {
            let bind = |template: &Option<crate::playbook::Template>| {
                template.as_ref().map(|template| template.bind(bindings)).transpose().map_err(PatchError)
            };
            Ok(Operation {
                apply: |place, value, document| {
                    let gone = |item: &Value| match (&value["equals"], &value["matches"]) {
                        (Value::Array(equal), _) => equal.contains(item),
                        (_, Value::Array(subset)) => subset.iter().any(|subset| contains(item, subset)),
                        _ => false,
                    };
                    place.update(document, Missing::Skip, &mut |old| match old {
                        Some(Value::Array(mut items)) => {
                            items.retain(|item| !gone(item));
                            Some(Value::Array(items))
                        }
                        other => other,
                    });
                },
                place: pointer.bind(bindings).map_err(PatchError)?,
                // As lists, so that a wanted `null` is not taken for an absent one.
                value: json!({"equals": bind(&wanted.equals)?.map(|v| vec![v]), "matches": bind(&wanted.matches)?.map(|v| vec![v])}),
            })
        };
        patch.remove_where.iter().map(operation).collect()
    },
};

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::playbook::verb::testing::patched;

    #[test]
    fn it_leaves_what_does_not_match() {
        let document = json!({"s": [{"a": 1, "b": [1]}, {"a": 2, "b": []}]});
        let first = json!({"s": [{"a": 1, "b": [1]}]});
        assert_eq!(patched("remove_where: {/s: {equals: {a: 2, b: []}}}", document.clone()), first);
        assert_eq!(patched("remove_where: {/s: {matches: {b: []}}}", document.clone()), first);
        assert_eq!(patched("remove_where: {/s: {equals: {a: 1}}}", document.clone()), document);
    }
}
