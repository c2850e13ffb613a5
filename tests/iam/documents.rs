//! The policies that are compared: those that AWS manages, those at hand, and generated ones.

use std::collections::{BTreeMap, BTreeSet};

use rectify::engine::BundleFiles;
use rectify::text::Source;
use serde_json::Value;

use super::check::Kind;
use super::made;
use super::theirs::Known;

/// A policy to compare.
pub struct Named {
    pub name: String,
    pub kind: Kind,
    pub document: Value,
}

/// All of them.
pub fn all(known: &Known) -> Vec<Named> {
    let managed = known.managed.iter().map(|(name, document)| Named {
        name: format!("AWS's {name}"),
        kind: Kind::Managed,
        document: document.clone(),
    });
    managed.chain(at_hand()).chain(made::all()).collect()
}

/// Those of the demo's account and of the playbooks' cases.
fn at_hand() -> Vec<Named> {
    let mut found = BTreeMap::new();
    for line in rectify::cloud::DEMO.lines() {
        collect(&serde_json::from_str(line).unwrap(), "the demo", &mut found);
    }
    for Source { name, text, .. } in BundleFiles::embedded().playbooks {
        collect(&serde_yaml::from_str(&text).unwrap(), &name, &mut found);
    }
    found.into_values().collect()
}

/// The policy documents in a value, each once.
fn collect(value: &Value, from: &str, found: &mut BTreeMap<String, Named>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, from, found)),
        Value::Object(members) => {
            if let Some(kind) = members.get("Statement").and_then(kind_of) {
                let named = Named { name: format!("a policy of {from}"), kind, document: value.clone() };
                found.entry(value.to_string()).or_insert(named);
            } else {
                members.values().for_each(|member| collect(member, from, found));
            }
        }
        _ => {}
    }
}

/// What a playbook's step computes is known when it runs.
const COMPUTED: [&str; 6] = ["${steps.", "${resource.", "${finding.", "${parameters.", "${account}", "${region}"];

/// What a document with these statements is; none where a statement is malformed, or a playbook's expression.
fn kind_of(statements: &Value) -> Option<Kind> {
    let text = statements.to_string();
    if COMPUTED.iter().any(|computed| text.contains(computed)) {
        return None;
    }
    let statements = match statements {
        Value::Array(statements) => statements.iter().collect(),
        one => vec![one],
    };
    let kinds: BTreeSet<&str> = statements
        .iter()
        .map(|statement| {
            let has = |name: &str| {
                statement.get(name).is_some_and(|value| value.is_string() || value.is_array() || value.is_object())
            };
            let said = has("Effect") && (has("Action") || has("NotAction"));
            match (said, has("Principal") || has("NotPrincipal"), has("Resource") || has("NotResource")) {
                (true, false, true) => "identity",
                (true, true, true) => "resource",
                (true, true, false) => "trust",
                _ => "malformed",
            }
        })
        .collect();
    match kinds.into_iter().collect::<Vec<_>>()[..] {
        ["identity"] => Some(Kind::Identity),
        ["resource"] => Some(Kind::Resource),
        ["trust"] => Some(Kind::Trust),
        _ => None,
    }
}
