//! Whether a change took: the document is what was planned, and the policies say so too.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::late::Late;
use crate::cloud::{Cloud, Neighbourhood};
use crate::engine::{Assessor, Purpose, Reading, inside};
use crate::model::{Change, ChangeKind, Finding, PolicyId, Resource, ResourceKey};

/// What differs from the plan; empty where the document is what was planned. What the change took away has to be gone,
/// and what it did not touch is compared too.
pub(super) fn differs(before: Option<&Resource>, planned: Option<&Resource>, actual: Option<&Resource>) -> Vec<String> {
    let shown = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
    match (planned, actual) {
        (None, None) => Vec::new(),
        (None, Some(_)) => vec!["it is still there".into()],
        (Some(_), None) => vec!["it is not there".into()],
        (Some(planned), Some(actual)) => {
            let mut told: Vec<String> = inside(&planned.properties, &actual.properties)
                .into_iter()
                .map(|d| format!("{} is {}, planned was {}", d.path, shown(d.after.as_ref()), shown(d.before.as_ref())))
                .collect();
            let empty = Value::Object(serde_json::Map::new());
            let old = before.map_or(&empty, |before| &before.properties);
            let left = left_over("", old, &planned.properties, &actual.properties);
            told.extend(left.into_iter().map(|(path, value)| format!("{path} is {value}, and should be gone")));
            told
        }
    }
}

/// What the change took away and is still there. An element of a list is known by what was planned of it, since a service may
/// order a list as it likes; that a list is as long as planned is told elsewhere.
fn left_over(path: &str, old: &Value, planned: &Value, actual: &Value) -> Vec<(String, Value)> {
    match (old, planned, actual) {
        (Value::Object(old), Value::Object(planned), Value::Object(actual)) => {
            let mut found = Vec::new();
            for (name, old) in old {
                let path = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
                match (planned.get(name), actual.get(name)) {
                    (Some(planned), Some(actual)) => found.extend(left_over(&path, old, planned, actual)),
                    (None, Some(actual)) if !is_unset(actual) => found.push((path, actual.clone())),
                    _ => {}
                }
            }
            found
        }
        (Value::Array(old), Value::Array(planned), Value::Array(actual)) if old.len() == planned.len() => {
            let elements = old.iter().zip(planned).enumerate();
            let found = elements.flat_map(|(index, (old, planned))| {
                let same = actual.iter().filter(|actual| inside(planned, actual).is_empty());
                let left = same.map(|actual| left_over(&format!("{path}/{index}"), old, planned, actual));
                left.min_by_key(Vec::len).unwrap_or_default()
            });
            found.collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a service may leave the value out as well.
pub(super) fn is_unset(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

/// What of the plan's findings is to be gone, and what may be there at the most.
pub(super) struct Expected<'a> {
    /// The plan's findings.
    pub findings: &'a [Finding],
    /// Those that the change is the last to fix.
    pub fixed: Vec<&'a Finding>,
}

impl Expected<'_> {
    /// How many findings a policy had on a resource before, less those that are fixed by now.
    fn most(&self, policy: &PolicyId, resource: &ResourceKey) -> usize {
        let here = |finding: &&Finding| finding.policy == *policy && finding.resource == *resource;
        let before = self.findings.iter().filter(here).count();
        let fixed = self.fixed.iter().filter(|finding| here(finding)).count();
        before.saturating_sub(fixed)
    }
}

/// Reads the changed resources and those of the findings again with their neighbours, has every policy of the bundle judge
/// them, and tells which findings are still there and which are new.
pub(super) async fn ask_again(
    cloud: &dyn Cloud,
    assessor: &Assessor<'_>,
    changed: &BTreeSet<ResourceKey>,
    expected: &Expected<'_>,
    late: &Late,
) -> Result<Vec<String>, String> {
    let reading = Reading::of(assessor.bundle, assessor.types, Purpose::Scan);
    let mut around = Neighbourhood::new(cloud, assessor.types, assessor.bundle, &reading, Purpose::Scan, String::new());
    let mut told = Vec::new();
    let fixed = expected
        .fixed
        .iter()
        .map(|finding| ResourceKey { id: late.text(&finding.resource.id), ..finding.resource.clone() });
    let keys: BTreeSet<ResourceKey> = fixed.chain(changed.iter().cloned()).collect();
    around.with_neighbours(&keys).await;
    let snapshot = around.into_snapshot();
    if let Some(unread) = snapshot.header.unread.first() {
        return Err(format!("{} could not be read: {}", unread.resource, unread.reason));
    }
    for key in keys {
        if snapshot.get(&key).is_none() {
            // What the change deletes is gone, and its findings with it.
            if !changed.contains(&key) {
                told.push(format!("{key} is not there any more"));
            }
            continue;
        }
        let again = assessor.assess(&snapshot, Some(&BTreeSet::from([key.clone()])));
        let fixed_here = |policy: &PolicyId| {
            expected
                .fixed
                .iter()
                .any(|finding| finding.policy == *policy && finding.resource.type_name == key.type_name)
        };
        let errors = again.errors.iter().filter(|error| fixed_here(&error.policy));
        told.extend(errors.map(|error| format!("policy {} could not be asked again: {}", error.policy, error.message)));
        let mut by_policy: BTreeMap<&PolicyId, Vec<&Finding>> = BTreeMap::new();
        again.findings.iter().for_each(|finding| by_policy.entry(&finding.policy).or_default().push(finding));
        for (policy, found) in by_policy {
            if found.len() > expected.most(policy, &key) {
                let verb = if fixed_here(policy) { "still finds" } else { "now finds" };
                told.extend(found.iter().map(|found| format!("policy {policy} {verb}: {}", found.message)));
            }
        }
    }
    told.sort();
    told.dedup();
    Ok(told)
}

/// The findings of a plan that a change is the last to fix, given which changes are already verified.
pub(super) fn last_of<'a>(
    findings: &'a [Finding],
    change: &Change,
    changes: &[Change],
    verified: impl Fn(&Change) -> bool,
) -> Vec<&'a Finding> {
    let done = |finding: &&Finding| {
        let mut others = changes.iter().filter(|other| other.id != change.id && other.fixes.contains(&finding.id));
        change.fixes.contains(&finding.id) && others.all(&verified)
    };
    findings.iter().filter(done).collect()
}

/// What can be judged once a change is done, given which changes are already verified: its resource, and what was created for
/// it. What is created for other changes is not what it will be before the last of them: a bucket has no policy yet.
pub(super) fn finished_by<'a>(
    change: &'a Change,
    changes: &'a [Change],
    verified: impl Fn(&Change) -> bool,
) -> Vec<&'a Change> {
    let done = |other: &Change| other.id == change.id || verified(other);
    let awaited = |created: &Change| {
        created.kind == ChangeKind::Create
            && changes.iter().any(|other| other.depends_on.contains(&created.id) && !done(other))
    };
    let created = changes
        .iter()
        .filter(|other| other.kind == ChangeKind::Create && change.depends_on.contains(&other.id) && verified(other));
    created.chain([change]).filter(|change| !awaited(change)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;

    fn told(old: Value, planned: Value, actual: Value) -> Vec<String> {
        let key = ResourceKey { type_name: "T".into(), account: String::new(), region: String::new(), id: "i".into() };
        let document = |properties| Resource::new(key.clone(), "", Map::new(), Map::new()).with_properties(properties);
        differs(Some(&document(old)), Some(&document(planned)), Some(&document(actual)))
    }

    #[test]
    fn what_was_taken_away_has_to_be_gone_in_whatever_order_a_list_comes() {
        let old = json!({"A": 1, "B": "x", "L": [{"p": "a", "q": 1}, {"p": "b", "q": 2}]});
        let planned = json!({"L": [{"p": "a"}, {"p": "b", "q": 2}]});
        let nothing: [&str; 0] = [];
        assert_eq!(
            told(old.clone(), planned.clone(), json!({"B": "", "L": [{"p": "b", "q": 2}, {"p": "a"}]})),
            nothing
        );
        assert_eq!(
            told(old, planned, json!({"A": 1, "L": [{"p": "b", "q": 2}, {"p": "a", "q": 1}]})),
            ["/A is 1, and should be gone", "/L/0/q is 1, and should be gone"]
        );
        assert_eq!(told(json!({"L": [1]}), json!({}), json!({"L": []})), nothing);
    }
}
