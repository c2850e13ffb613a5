//! What the changes of a plan owe each other.

use std::collections::BTreeMap;

use crate::model::{Change, ChangeId, FindingId, ResourceKey, Safety};

/// Half a fix is not applied unattended: a change is safe only when one of its fixes is made of safe changes alone.
pub(super) fn no_half_fixes(changes: &mut [Change]) {
    let mut worst: BTreeMap<FindingId, Safety> = BTreeMap::new();
    for change in changes.iter() {
        for fix in &change.fixes {
            let safety = worst.entry(fix.clone()).or_insert(change.safety);
            *safety = (*safety).max(change.safety);
        }
    }
    for change in changes {
        let best = change.fixes.iter().filter_map(|fix| worst.get(fix)).min().copied();
        change.safety = change.safety.max(best.unwrap_or(change.safety));
    }
}

/// What cannot be taken back still needs what was done before it: neither can that.
pub(super) fn keep_what_is_needed(changes: &mut [Change]) {
    let mut needed: BTreeMap<ChangeId, String> = BTreeMap::new();
    // A change stands after all that it depends on.
    for change in changes.iter_mut().rev() {
        if let Some(why) = needed.get(&change.id).filter(|_| change.reversible) {
            change.reversible = false;
            change.irreversible_because = Some(why.clone());
        }
        if !change.reversible {
            for first in &change.depends_on {
                needed.entry(first.clone()).or_insert_with(|| still_needed(&change.resource));
            }
        }
    }
}

/// Why something is not taken back on which a change stands that is not taken back either.
pub fn still_needed(by: &ResourceKey) -> String {
    format!("{by} stays, and needs it")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::*;

    fn change(id: &str, depends_on: &[&str], reversible: bool, safety: &str, fixes: &[&str]) -> Change {
        let resource = json!({"type": "T", "account": "", "region": "", "id": id});
        let change: Value = json!({
            "id": id, "kind": "update", "resource": resource, "before": null, "after": null, "patch": [], "fixes": fixes,
            "playbooks": [], "safety": safety, "reversible": reversible, "depends_on": depends_on, "parts": [], "calls": [],
        });
        from_value(change).unwrap()
    }

    #[test]
    fn what_stays_keeps_what_was_done_for_it_and_nothing_else() {
        let mut changes = vec![
            change("key", &[], true, "review", &[]),
            change("policy", &["key"], true, "review", &[]),
            change("group", &["key", "policy"], false, "review", &[]),
            change("stage", &["key", "policy", "group"], true, "review", &[]),
            change("other", &[], true, "review", &[]),
        ];
        keep_what_is_needed(&mut changes);
        let told: Vec<_> = changes.iter().map(|c| (c.reversible, c.irreversible_because.as_deref())).collect();
        let why = changes.iter().find(|c| c.id.as_str() == "group").map(|c| still_needed(&c.resource)).unwrap();
        assert_eq!(
            told,
            [(false, Some(why.as_str())), (false, Some(why.as_str())), (false, None), (true, None), (true, None)]
        );
    }

    #[test]
    fn half_a_fix_is_not_safe() {
        let mut changes = vec![
            change("a", &[], true, "safe", &["f1"]),
            change("b", &[], true, "review", &["f1"]),
            change("c", &[], true, "safe", &["f1", "f2"]),
        ];
        no_half_fixes(&mut changes);
        let told: Vec<Safety> = changes.iter().map(|change| change.safety).collect();
        assert_eq!(told, [Safety::Review, Safety::Review, Safety::Safe]);
    }
}
