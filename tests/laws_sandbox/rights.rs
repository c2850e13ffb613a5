//! Who may do what by a policy document: a second reading of IAM's rules, written for the tests alone and as plainly as can be.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

use std::collections::BTreeSet;

use serde_json::Value;

/// A request: who asks for which action on which resource, and which conditions hold for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Request {
    pub principal: String,
    pub action: String,
    pub resource: String,
    /// Conditions by their text: they are not understood here, only told apart.
    pub holds: BTreeSet<String>,
}

/// Whether the documents together allow a request.
pub fn allowed(documents: &[Value], request: &Request) -> bool {
    let says = |effect: &str| {
        documents
            .iter()
            .flat_map(statements)
            .any(|statement| statement["Effect"] == effect && is_for(statement, request))
    };
    says("Allow") && !says("Deny")
}

/// The statements of a document.
pub fn statements(document: &Value) -> Vec<&Value> {
    match &document["Statement"] {
        Value::Array(statements) => statements.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

/// Every condition of a statement by its text: operator, key and values.
pub fn conditions(statement: &Value) -> BTreeSet<String> {
    let operators = statement["Condition"].as_object().into_iter().flatten();
    let keys = operators.flat_map(|(operator, keys)| {
        keys.as_object().into_iter().flatten().map(move |(key, values)| format!("{operator} {key} {values}"))
    });
    keys.collect()
}

/// What a statement says under a name: nothing, a text or a list.
pub fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        Value::String(text) => vec![text],
        _ => Vec::new(),
    }
}

/// The principals of a statement: `*`, ARNs, accounts, services.
pub fn principals(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(kinds) => kinds.values().flat_map(texts).collect(),
        value => texts(value),
    }
}

fn is_for(statement: &Value, request: &Request) -> bool {
    let among = |patterns: Vec<&str>, text: &str| patterns.iter().any(|pattern| fits(pattern, text));
    let element = |name: &str, text: &str| match (&statement[name], &statement[format!("Not{name}").as_str()]) {
        (Value::Null, Value::Null) => true,
        (Value::Null, not) => !among(texts(not), text),
        (is, _) => among(texts(is), text),
    };
    let who = match (&statement["Principal"], &statement["NotPrincipal"]) {
        (Value::Null, Value::Null) => true,
        (Value::Null, not) => !among(principals(not), &request.principal),
        (is, _) => among(principals(is), &request.principal),
    };
    who && element("Action", &request.action)
        && element("Resource", &request.resource)
        && conditions(statement).is_subset(&request.holds)
}

/// Whether a text fits a pattern, without regard to case: `*` is anything, `?` one character.
pub fn fits(pattern: &str, text: &str) -> bool {
    fn walk(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), _) => {
                walk(rest, text) || text.split_first().is_some_and(|(_, text)| walk(pattern, text))
            }
            (Some((b'?', pattern)), Some((_, text))) => walk(pattern, text),
            (Some((a, pattern)), Some((b, text))) => a.eq_ignore_ascii_case(b) && walk(pattern, text),
            _ => false,
        }
    }
    walk(pattern.as_bytes(), text.as_bytes())
}
