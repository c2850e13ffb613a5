//! Which changes of a plan are applied: whole fixes only, each with what it depends on.

use std::collections::BTreeSet;

use crate::model::{Change, ChangeId, Finding, FindingId, Plan, Status};

/// The changes that are agreed to, as far as what they depend on is applied too, and as far as they are a whole fix of
/// something: half a fix is not applied.
pub fn select(plan: &Plan, agreed: impl Fn(&Change) -> bool) -> BTreeSet<ChangeId> {
    let mut selected: BTreeSet<ChangeId> =
        plan.changes.iter().filter(|change| agreed(change)).map(|change| change.id.clone()).collect();
    loop {
        let whole = |fix: &FindingId| {
            let mut parts = plan.changes.iter().filter(|change| change.fixes.contains(fix));
            parts.all(|change| selected.contains(&change.id))
        };
        let fits = |change: &&Change| {
            change.depends_on.iter().all(|id| selected.contains(id)) && change.fixes.iter().any(whole)
        };
        let unfit = plan.changes.iter().filter(|change| selected.contains(&change.id)).find(|change| !fits(change));
        let Some(unfit) = unfit.map(|change| change.id.clone()) else { return selected };
        selected.remove(&unfit);
    }
}

/// What a change cannot be applied without: those that it depends on, and the other parts of its fixes.
pub fn company<'a>(plan: &'a Plan, change: &'a Change) -> impl Iterator<Item = &'a Change> {
    plan.changes.iter().filter(move |other| {
        let together = other.fixes.iter().any(|fix| change.fixes.contains(fix));
        other.id != change.id && (together || change.depends_on.contains(&other.id))
    })
}

/// The selected changes of a plan alone, under the digest of the plan that they come from. A finding that needs another
/// change too stays open.
pub fn only(plan: Plan, selected: &BTreeSet<ChangeId>) -> Plan {
    let (mut changes, others): (Vec<Change>, Vec<Change>) =
        plan.changes.into_iter().partition(|change| selected.contains(&change.id));
    let waits = |finding: &FindingId| others.iter().any(|other| other.fixes.contains(finding));
    changes.iter_mut().for_each(|change| change.fixes.retain(|fix| !waits(fix)));
    let mut findings: Vec<Finding> = plan.findings;
    findings.iter_mut().filter(|finding| waits(&finding.id)).for_each(|finding| finding.status = Status::Open);
    Plan { changes, findings, ..plan }
}
