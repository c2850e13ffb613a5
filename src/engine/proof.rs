//! Proves a plan before anything is touched: the same policies on the planned documents.

use std::collections::{BTreeMap, BTreeSet};

use super::assess::{Assessment, Assessor};
use super::graph::{Graph, Neighbours};
use crate::model::{Change, ChangeKind, Finding, FindingId, PolicyId, Proof, ResourceKey, Snapshot};

/// What is judged: one policy on one resource.
pub type Judged = (PolicyId, ResourceKey);

/// What the findings after say of the findings before, for the resources that are asked again.
#[derive(Clone, Debug, Default)]
pub(super) struct Comparison {
    /// Findings before that are gone.
    pub cleared: BTreeSet<FindingId>,
    /// Findings before that stay, perhaps in other words.
    pub remaining: BTreeSet<FindingId>,
    /// Findings after that come on top.
    pub introduced: Vec<Finding>,
    /// Policies that could judge a resource before and cannot after, with why.
    pub blind: BTreeMap<Judged, String>,
}

/// The snapshot as it will be.
fn planned(snapshot: &Snapshot, changes: &[&Change]) -> Snapshot {
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

/// Evaluates the policies on every document that the changes touch, and on those that see such a one as a neighbour, and
/// compares with what they said before.
///
/// A finding counts as cleared only when its policy has less to say of its resource than before: one that is told in
/// other words, a policy that fails on the planned document, and one that no longer sees a neighbour clear nothing.
pub(super) fn compare(
    assessor: &Assessor<'_>,
    snapshot: &Snapshot,
    before: &Assessment,
    changes: &[&Change],
) -> Comparison {
    let planned = planned(snapshot, changes);
    let (old_graph, new_graph) = (Graph::new(snapshot, assessor.types), Graph::new(&planned, assessor.types));
    let changed: BTreeSet<ResourceKey> = changes.iter().map(|change| change.resource.clone()).collect();
    let affected = affected(&[&old_graph, &new_graph], &changed);
    let again = assessor.assess(&planned, Some(&affected));
    let blind = blind(assessor, &old_graph, &new_graph, before, &again, &affected);
    let mut comparison = Comparison { blind, ..Comparison::default() };
    let mut places: BTreeMap<Judged, (Vec<&Finding>, Vec<&Finding>)> = BTreeMap::new();
    let judged = |finding: &Finding| (finding.policy.clone(), finding.resource.clone());
    for finding in before.findings.iter().filter(|finding| affected.contains(&finding.resource)) {
        places.entry(judged(finding)).or_default().0.push(finding);
    }
    for finding in &again.findings {
        places.entry(judged(finding)).or_default().1.push(finding);
    }
    for (place, (old, new)) in places {
        let same = |finding: &&&Finding, others: &[&Finding]| others.iter().any(|other| other.id == finding.id);
        let mut gone: Vec<&Finding> = old.iter().filter(|finding| !same(finding, &new)).copied().collect();
        let mut fresh: Vec<&Finding> = new.iter().filter(|finding| !same(finding, &old)).copied().collect();
        comparison.remaining.extend(old.iter().filter(|finding| same(finding, &new)).map(|finding| finding.id.clone()));
        if comparison.blind.contains_key(&place) {
            comparison.remaining.extend(gone.drain(..).map(|finding| finding.id.clone()));
        }
        // What is told in other words is the same finding: at the same path first, anywhere on the resource then.
        for at_path in [true, false] {
            fresh.retain(|told| {
                let was = gone.iter().position(|old| !at_path || old.path == told.path);
                match was {
                    Some(was) => {
                        comparison.remaining.insert(gone.remove(was).id.clone());
                        false
                    }
                    None => true,
                }
            });
        }
        comparison.cleared.extend(gone.iter().map(|finding| finding.id.clone()));
        comparison.introduced.extend(fresh.into_iter().cloned());
    }
    comparison
}

/// A comparison as a plan tells it, over the findings that are `wanted`.
pub(super) fn proof(before: &[Finding], comparison: &Comparison, wanted: impl Fn(&Finding) -> bool) -> Proof {
    let counted: Vec<&Finding> = before.iter().filter(|finding| wanted(finding)).collect();
    let (cleared, remaining): (Vec<&Finding>, Vec<&Finding>) =
        counted.iter().copied().partition(|finding| comparison.cleared.contains(&finding.id));
    let ids = |findings: Vec<&Finding>| -> Vec<FindingId> {
        let mut ids: Vec<FindingId> = findings.into_iter().map(|finding| finding.id.clone()).collect();
        ids.sort();
        ids
    };
    let introduced: Vec<FindingId> = comparison.introduced.iter().map(|finding| finding.id.clone()).collect();
    Proof {
        before: counted.len(),
        after: remaining.len() + introduced.len(),
        cleared: ids(cleared),
        remaining: ids(remaining),
        introduced,
    }
}

/// The changed resources and all that see one of them as a neighbour, before or after.
fn affected(graphs: &[&Graph<'_>], changed: &BTreeSet<ResourceKey>) -> BTreeSet<ResourceKey> {
    let mut affected = changed.clone();
    for graph in graphs {
        for resource in graph.snapshot().resources() {
            if graph.all_keys(resource).iter().any(|key| changed.contains(key)) {
                affected.insert(resource.key());
            }
        }
    }
    affected
}

/// Policies that judged a resource before, and after fail or no longer see a neighbour that they ask for.
fn blind(
    assessor: &Assessor<'_>,
    old: &Graph<'_>,
    new: &Graph<'_>,
    before: &Assessment,
    again: &Assessment,
    affected: &BTreeSet<ResourceKey>,
) -> BTreeMap<Judged, String> {
    let failed_before: BTreeSet<Judged> =
        before.errors.iter().map(|error| (error.policy.clone(), error.resource.clone())).collect();
    let mut blind: BTreeMap<Judged, String> = again
        .errors
        .iter()
        .map(|error| ((error.policy.clone(), error.resource.clone()), error.message.clone()))
        .filter(|(judged, _)| !failed_before.contains(judged))
        .collect();
    for key in affected {
        let (Some(was), Some(will)) = (old.snapshot().get(key), new.snapshot().get(key)) else { continue };
        let Some(kind) = assessor.types.find(&key.type_name) else { continue };
        for policy in assessor.bundle.policies.all() {
            let custom = &policy.metadata.custom;
            if !custom.resource_types.contains(&key.type_name) {
                continue;
            }
            for relation in custom.related.iter().filter_map(|name| kind.relation(name)) {
                let unknown = |graph: &Graph<'_>, resource| graph.neighbours(resource, relation) == Neighbours::Unknown;
                if unknown(new, will) && !unknown(old, was) {
                    let why = format!("its {} would be one that was not read", relation.name);
                    blind.insert((custom.id.clone(), key.clone()), why);
                }
            }
        }
    }
    blind
}
