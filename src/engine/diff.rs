//! The difference of two documents, as a list of paths that renderers draw.

use serde_json::Value;

/// One path with its value before and after; none where there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// A JSON Pointer.
    pub path: String,
    /// Before.
    pub before: Option<Value>,
    /// After.
    pub after: Option<Value>,
}

/// The deepest paths at which two values differ. Elements of an array that changed in their place are compared; otherwise the
/// elements that went and came are told, and a mere change of order is none.
pub fn differences(before: &Value, after: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    walk("", Some(before), Some(after), &mut found);
    found
}

fn walk(path: &str, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<Difference>) {
    if before == after {
        return;
    }
    match (before, after) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let mut names: Vec<&String> =
                old.keys().chain(new.keys().filter(|name| !old.contains_key(*name))).collect();
            names.sort();
            for name in names {
                let name_path = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
                walk(&name_path, old.get(name), new.get(name), found);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => {
            let gone: Vec<(usize, &Value)> = old.iter().enumerate().filter(|(_, item)| !new.contains(item)).collect();
            let come: Vec<(usize, &Value)> = new.iter().enumerate().filter(|(_, item)| !old.contains(item)).collect();
            let in_place =
                old.len() == new.len() && gone.iter().map(|(index, _)| index).eq(come.iter().map(|(index, _)| index));
            if in_place && !gone.is_empty() {
                for ((index, old), (_, new)) in gone.into_iter().zip(come) {
                    walk(&format!("{path}/{index}"), Some(old), Some(new), found);
                }
                return;
            }
            let (gone, come) = (gone.into_iter(), come.into_iter());
            found.extend(gone.map(|(index, item)| element(path, index, Some(item), None)));
            found.extend(come.map(|(index, item)| element(path, index, None, Some(item))));
        }
        _ => found.push(Difference { path: path.to_owned(), before: before.cloned(), after: after.cloned() }),
    }
}

fn element(path: &str, index: usize, before: Option<&Value>, after: Option<&Value>) -> Difference {
    Difference { path: format!("{path}/{index}"), before: before.cloned(), after: after.cloned() }
}

/// Whether a document is what was planned: every planned member is there and equal. A service may add members of its own
/// to an object (API Gateway fills a method setting with defaults), and may order a list otherwise.
pub fn inside(planned: &Value, actual: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    check("", planned, Some(actual), &mut found);
    found
}

fn check(path: &str, planned: &Value, actual: Option<&Value>, found: &mut Vec<Difference>) {
    match (planned, actual) {
        (Value::Object(planned), Some(Value::Object(actual))) => {
            for (name, planned) in planned {
                let name_path = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
                check(&name_path, planned, actual.get(name), found);
            }
        }
        (Value::Array(planned), Some(Value::Array(actual))) if planned.len() == actual.len() => {
            let mut left: Vec<&Value> = actual.iter().collect();
            for (index, item) in planned.iter().enumerate() {
                match left.iter().position(|actual| inside(item, actual).is_empty()) {
                    Some(position) => {
                        left.remove(position);
                    }
                    None => found.push(Difference {
                        path: format!("{path}/{index}"),
                        before: Some(item.clone()),
                        after: actual.get(index).cloned(),
                    }),
                }
            }
        }
        // Unset comes back as absent or empty.
        (Value::String(text), None) if text.is_empty() => {}
        (Value::Null, None) => {}
        (Value::Array(items), None) if items.is_empty() => {}
        (Value::Number(planned), Some(Value::Number(actual))) if planned.as_f64() == actual.as_f64() => {}
        (planned, actual) if Some(planned) == actual => {}
        (planned, actual) => {
            found.push(Difference { path: path.to_owned(), before: Some(planned.clone()), after: actual.cloned() })
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_tells_the_deepest_paths() {
        let told = differences(&json!({"a": {"b": 1, "c": [1, 2]}}), &json!({"a": {"b": 2, "c": [2]}, "d/e": 1}));
        let told: Vec<_> = told.into_iter().map(|d| (d.path, d.before, d.after)).collect();
        assert_eq!(
            told,
            [
                ("/a/b".to_owned(), Some(json!(1)), Some(json!(2))),
                ("/a/c/0".to_owned(), Some(json!(1)), None),
                ("/d~1e".to_owned(), None, Some(json!(1))),
            ]
        );
    }

    #[test]
    fn of_a_list_it_tells_what_went_and_came() {
        let told =
            |before, after| -> Vec<String> { differences(&before, &after).into_iter().map(|d| d.path).collect() };
        assert_eq!(told(json!([{"a": 1}, 2]), json!([{"a": 3}, 2])), ["/0/a"]);
        assert_eq!(told(json!([1, 2]), json!([2, 3])), ["/0", "/1"]);
        assert!(told(json!([1, 2]), json!([2, 1])).is_empty());
    }

    #[test]
    fn a_service_may_add_and_reorder_but_not_drop() {
        assert_eq!(inside(&json!({"s": [{"r": 1}]}), &json!({"s": [{"r": 1.0, "extra": 0}], "t": 1})), []);
        assert_eq!(inside(&json!([1, 2]), &json!([2, 1])), []);
        assert_eq!(inside(&json!({"k": ""}), &json!({})), []);
        assert_eq!(inside(&json!({"k": "x"}), &json!({})).len(), 1);
        assert_eq!(inside(&json!([1]), &json!([1, 2])).len(), 1);
    }
}
