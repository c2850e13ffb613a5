//! Policy documents with one thing taken away, or said in the way that both sides read.

use serde_json::{Map, Value, json};

pub type Statement = Map<String, Value>;

/// The document with its statements changed, each that `change` says it has changed; none where it has changed none.
pub fn changed(document: &Value, change: impl Fn(&mut Statement) -> bool) -> Option<Value> {
    let mut document = document.clone();
    let statements = match document.get_mut("Statement")? {
        Value::Array(statements) => statements.iter_mut().collect(),
        one => vec![one],
    };
    let count =
        statements.into_iter().filter_map(Value::as_object_mut).map(change).filter(|has_changed| *has_changed).count();
    (count > 0).then_some(document)
}

/// The document without the statements that are picked; none where none is.
pub fn dropped(document: &Value, picks: impl Fn(&Statement) -> bool) -> Option<Value> {
    let mut document = document.clone();
    let statement = document.get_mut("Statement")?;
    if !statement.is_array() {
        *statement = json!([statement.take()]);
    }
    let statements = statement.as_array_mut()?;
    let before = statements.len();
    statements.retain(|one| !one.as_object().is_some_and(&picks));
    (statements.len() < before).then_some(document)
}

/// The document with an Allow of these actions more; none where there are none.
pub fn added<'a>(document: &Value, actions: impl Iterator<Item = &'a String>) -> Option<Value> {
    let actions: Vec<&String> = actions.collect();
    let mut document = document.clone();
    let statement = document.get_mut("Statement")?;
    if !statement.is_array() {
        *statement = json!([statement.take()]);
    }
    let allow = json!({"Effect": "Allow", "Action": actions, "Resource": "*"});
    statement.as_array_mut()?.push(allow);
    (!actions.is_empty()).then_some(document)
}

pub fn allows(statement: &Statement) -> bool {
    statement.get("Effect") == Some(&json!("Allow"))
}

pub fn denies(statement: &Statement) -> bool {
    statement.get("Effect") == Some(&json!("Deny"))
}

/// Whether there are conditions, and not only the member for them.
pub fn conditional(statement: &Statement) -> bool {
    statement.get("Condition").and_then(Value::as_object).is_some_and(|condition| !condition.is_empty())
}

/// A value that is a text or a list, as a list.
pub fn listed(value: &Value) -> Vec<String> {
    match value {
        Value::String(one) => vec![one.clone()],
        Value::Array(many) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// A member that is a text or a list, as a list.
pub fn texts(statement: &Statement, name: &str) -> Vec<String> {
    statement.get(name).map(listed).unwrap_or_default()
}

/// Whether it names `*`, and so every resource.
pub fn on_star(statement: &Statement) -> bool {
    texts(statement, "Resource").iter().any(|resource| resource == "*")
}

/// Takes off the conditions.
pub fn unconditional(statement: &mut Statement) -> bool {
    conditional(statement) && statement.remove("Condition").is_some()
}

/// Takes off those conditions, by operator, key and values, that are picked.
pub fn without_conditions(statement: &mut Statement, picks: impl Fn(&str, &str, &[String]) -> bool) -> bool {
    let Some(condition) = statement.get_mut("Condition").and_then(Value::as_object_mut) else { return false };
    let mut count = 0;
    for (operator, keys) in condition.iter_mut() {
        let Some(keys) = keys.as_object_mut() else { continue };
        let before = keys.len();
        keys.retain(|key, values| !picks(operator, &key.to_lowercase(), &listed(values)));
        count += before - keys.len();
    }
    condition.retain(|_, keys| *keys != json!({}));
    count > 0
}

/// One member becomes another with this value, where it is there.
pub fn becomes(statement: &mut Statement, name: &str, other: &str, value: Value) -> bool {
    let there = statement.remove(name).is_some();
    if there {
        statement.insert(other.to_owned(), value);
    }
    there
}

/// Each of a member's texts becomes others; says whether that made a difference.
pub fn replaced(statement: &mut Statement, name: &str, by: impl Fn(&str) -> Vec<String>) -> bool {
    let before = texts(statement, name);
    let after: Vec<String> = before.iter().flat_map(|text| by(text)).collect();
    let differs = before != after;
    if differs {
        statement.insert(name.to_owned(), json!(after));
    }
    differs
}
