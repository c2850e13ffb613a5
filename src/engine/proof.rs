//! Proves a plan before anything is touched: the same policies on the planned documents.

use std::collections::{BTreeMap, BTreeSet};

use super::assess::{Assessment, Assessor};
use super::graph::Graph;
use crate::model::{Change, ChangeKind, Finding, PolicyId, Proof, ResourceKey, Snapshot};

/// The snapshot as it will be.
pub(super) fn planned(snapshot: &Snapshot, changes: &[Change]) -> Snapshot {
    let mut planned = snapshot.clone();
    for change in changes {
        match (&change.after, change.kind) {
            (Some(after), _) => planned.insert(after.clone()),
            (None, ChangeKind::Delete) => {
                planned.remove(&change.resource);
            }
            (None, _) => {}
        }
    }
    planned
}

/// Evaluates the policies on every document that the changes touch, and on those that see such a one as a neighbour,
/// and compares with the findings before.
pub(super) fn prove(
    assessor: &Assessor<'_>,
    snapshot: &Snapshot,
    before: &[Finding],
    changes: &[Change],
) -> (Proof, Assessment) {
    let planned = planned(snapshot, changes);
    let changed: BTreeSet<ResourceKey> = changes.iter().map(|change| change.resource.clone()).collect();
    let affected = affected(assessor, snapshot, &planned, &changed);
    let again = assessor.assess(&planned, Some(&affected));
    let ids = |findings: &[Finding]| -> BTreeSet<_> { findings.iter().map(|finding| finding.id.clone()).collect() };
    let touched: Vec<Finding> = before.iter().filter(|finding| affected.contains(&finding.resource)).cloned().collect();
    let (old, new) = (ids(&touched), ids(&again.findings));
    // A violation that is told in other words after a fix is not a new one: new is more of a policy than before.
    let count = |findings: &[Finding]| {
        let mut counts: BTreeMap<(PolicyId, ResourceKey), usize> = BTreeMap::new();
        findings.iter().for_each(|f| *counts.entry((f.policy.clone(), f.resource.clone())).or_default() += 1);
        counts
    };
    let (old_count, new_count) = (count(&touched), count(&again.findings));
    let is_more = |finding: &&Finding| {
        let place = (finding.policy.clone(), finding.resource.clone());
        new_count.get(&place) > old_count.get(&place)
    };
    let untouched =
        before.iter().filter(|finding| !affected.contains(&finding.resource)).map(|finding| finding.id.clone());
    let fresh = || again.findings.iter().filter(|finding| !old.contains(&finding.id));
    let introduced: Vec<_> = fresh().filter(is_more).map(|finding| finding.id.clone()).collect();
    let told_otherwise = fresh().filter(|finding| !is_more(finding)).map(|finding| finding.id.clone());
    let mut remaining: Vec<_> = untouched.chain(old.intersection(&new).cloned()).chain(told_otherwise).collect();
    remaining.sort();
    let proof = Proof {
        before: before.len(),
        after: remaining.len() + introduced.len(),
        cleared: old.difference(&new).cloned().collect(),
        remaining,
        introduced,
    };
    (proof, again)
}

fn affected(
    assessor: &Assessor<'_>,
    before: &Snapshot,
    after: &Snapshot,
    changed: &BTreeSet<ResourceKey>,
) -> BTreeSet<ResourceKey> {
    let mut affected = changed.clone();
    for snapshot in [before, after] {
        let graph = Graph::new(snapshot, assessor.types);
        for resource in snapshot.resources() {
            let relations = assessor.types.find(&resource.type_name).into_iter().flat_map(|kind| kind.relations());
            if relations
                .into_iter()
                .any(|relation| graph.keys(resource, relation).iter().any(|key| changed.contains(key)))
            {
                affected.insert(resource.key());
            }
        }
    }
    affected
}
