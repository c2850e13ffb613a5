//! Fixes that want different things of one document.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fix::{Edit, Fix, NoFix};
use super::plan::{by_resource, edited};
use crate::model::{FindingId, Resource, Snapshot, Status};

/// Fixes that want different things of one document: two agree when their order does not matter.
pub(super) fn conflicts(snapshot: &Snapshot, fixes: &BTreeMap<FindingId, Fix>) -> BTreeMap<FindingId, NoFix> {
    let mut out = BTreeMap::new();
    for (key, edits) in by_resource(fixes) {
        let before = snapshot.get(&key);
        if before.is_none() && !edits.iter().any(|(_, edit)| edit.creates().is_some()) {
            continue;
        }
        let mut whole: BTreeMap<&FindingId, Vec<(&FindingId, &Edit)>> = BTreeMap::new();
        edits.iter().for_each(|(id, edit)| whole.entry(id).or_default().push((id, edit)));
        let whole: Vec<_> = whole.into_iter().collect();
        for (index, (id, first)) in whole.iter().enumerate() {
            for (other_id, second) in whole.iter().skip(index + 1) {
                let order =
                    |first: &[_], second: &[_]| edited(&key, before.map(AsRef::as_ref), &[first, second].concat());
                if unordered(order(first, second)) == unordered(order(second, first)) {
                    continue;
                }
                let name = |id: &FindingId| fixes.get(id).map(|fix| fix.playbook.to_string()).unwrap_or_default();
                let reason = format!(
                    "playbooks {} and {} want different values in {key}; choose one with --policies, and plan again after it",
                    name(id),
                    name(other_id)
                );
                for id in [*id, *other_id] {
                    out.insert(id.clone(), NoFix { status: Status::Conflict, reason: reason.clone() });
                }
            }
        }
    }
    out
}

/// A document's properties with every list sorted: in which order two fixes add to a list does not matter.
fn unordered(document: Option<Resource>) -> Option<Value> {
    fn sort(value: Value) -> Value {
        match value {
            Value::Array(items) => {
                let mut items: Vec<Value> = items.into_iter().map(sort).collect();
                items.sort_by_cached_key(Value::to_string);
                Value::Array(items)
            }
            Value::Object(members) => members.into_iter().map(|(name, member)| (name, sort(member))).collect(),
            other => other,
        }
    }
    document.map(|document| sort(document.properties))
}
