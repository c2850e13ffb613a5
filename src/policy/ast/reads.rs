//! What a module reads of its input.

use std::collections::BTreeMap;

use serde_json::Value;

use super::tree::{nodes, segments};
use crate::model::Needs;

/// What a policy, with all that it imports, reads of its input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Of the resource itself.
    pub own: Needs,
    /// Of its neighbours, by relation.
    pub related: BTreeMap<String, Needs>,
}

impl Reads {
    /// Adds all of another.
    pub fn extend(&mut self, other: &Self) {
        self.own.extend(&other.own);
        for (name, needs) in &other.related {
            self.related.entry(name.clone()).or_default().extend(needs);
        }
    }
}

/// What a module reads of `input`.
pub fn reads(module: &Value) -> Reads {
    let mut reads = Reads::default();
    nodes(module.get("rules").unwrap_or(&Value::Null), &mut |kind, node| {
        // In `with input as x` the reference is written, not read.
        if kind == "with_mods" {
            return false;
        }
        match segments(kind, node) {
            Some(path) if path.first() == Some(&Some("input".to_owned())) => {
                note(&mut reads, path.get(1..).unwrap_or_default());
                // The chain is one reference, but an index inside it may hold another.
                index_reads(node, &mut reads);
                false
            }
            _ => true,
        }
    });
    reads
}

fn index_reads(node: &Value, reads: &mut Reads) {
    if let Some(index) = node.get("index") {
        let wrapped = serde_json::json!({"rules": [index]});
        reads.extend(&self::reads(&wrapped));
    }
    if let Some(inner) = node.get("refr").and_then(Value::as_object).and_then(|inner| inner.values().next()) {
        index_reads(inner, reads);
    }
}

fn note(reads: &mut Reads, path: &[Option<String>]) {
    let member = |needs: &mut Needs, path: &[Option<String>]| match path {
        [Some(part), Some(name), ..] if part == "properties" => {
            needs.properties.insert(name.clone());
        }
        [Some(part), Some(name), ..] if part == "facts" => {
            needs.facts.insert(name.clone());
        }
        [Some(part), ..] if part == "tags" || part == "owner" => {
            needs.properties.insert("Tags".to_owned());
        }
        [Some(part), ..] if !matches!(part.as_str(), "properties" | "facts") => {}
        _ => needs.whole = true,
    };
    match path {
        [Some(related), Some(name), rest @ ..] if related == "related" => {
            let needs = reads.related.entry(name.clone()).or_default();
            // A list is indexed before its members are named.
            match rest {
                [None, rest @ ..] => member(needs, rest),
                rest => member(needs, rest),
            }
        }
        // Every relation of the policy, whole.
        [Some(related), ..] if related == "related" => reads.related.entry("*".to_owned()).or_default().whole = true,
        [] => {
            reads.own.whole = true;
            reads.related.entry("*".to_owned()).or_default().whole = true;
        }
        path => member(&mut reads.own, path),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::parsed;
    use super::*;

    fn needs(whole: bool, properties: &[&str], facts: &[&str]) -> Needs {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Needs { whole, properties: names(properties), facts: names(facts) }
    }

    #[test]
    fn it_tells_which_members_are_read() {
        let own = |rules: &str| reads(&parsed(rules)).own;
        assert_eq!(own("r := input.properties.A.B"), needs(false, &["A"], &[]));
        assert_eq!(own("r := input[\"properties\"][\"A\"]"), needs(false, &["A"], &[]));
        assert_eq!(own("r := input.facts.A[0]"), needs(false, &[], &["A"]));
        assert_eq!(own("r := object.get(input.properties, \"A\", 1)"), needs(true, &[], &[]));
        assert_eq!(own("r := object.get(input.properties.A, \"B\", 1)"), needs(false, &["A"], &[]));
        assert_eq!(own("r := input.properties[input.facts.Name]"), needs(true, &[], &["Name"]));
        assert_eq!(own("r contains x if some x in input.properties.A"), needs(false, &["A"], &[]));
        assert_eq!(own("r contains k if some k, _ in input.properties"), needs(true, &[], &[]));
        assert_eq!(own("r if input.tags.team"), needs(false, &["Tags"], &[]));
        assert_eq!(own("r if input.owner.stack"), needs(false, &["Tags"], &[]));
        assert_eq!(own("r := input.id"), Needs::default());
        assert_eq!(own("r := input"), needs(true, &[], &[]));
        assert_eq!(own("r if q with input as {\"properties\": 1}\nq if input.facts.A"), needs(false, &[], &["A"]));
    }

    #[test]
    fn it_tells_what_is_read_of_neighbours() {
        let related = |rules: &str| reads(&parsed(rules)).related;
        let one = |name: &str, needs: Needs| BTreeMap::from([(name.to_owned(), needs)]);
        assert_eq!(related("r := input.related.role.properties.A"), one("role", needs(false, &["A"], &[])));
        assert_eq!(related("r if input.related.urls[_].facts.A"), one("urls", needs(false, &[], &["A"])));
        assert_eq!(related("r contains x if some x in input.related.urls"), one("urls", needs(true, &[], &[])));
        assert_eq!(related("r := input.related"), one("*", needs(true, &[], &[])));
        assert_eq!(related("r := input.related[input.id].properties.A"), one("*", needs(true, &[], &[])));
    }
}
