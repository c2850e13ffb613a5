//! JSON documents.

use serde_json::{Value, json};

use super::Scan;
use crate::apply::{Standing, standing};
use crate::model::{Finding, Plan, Run, RunOutcome, Severity, Status};

/// A scan: findings, what could not be read or evaluated, and counts.
pub fn scan(scan: &Scan) -> Value {
    let findings = &scan.assessment.findings;
    let waived = |finding: &&Finding| finding.status == Status::Waived;
    let counted = || findings.iter().filter(|finding| !waived(finding));
    let count = |severity: Severity| counted().filter(|finding| finding.severity == severity).count();
    let by_severity: Value = Severity::ALL
        .iter()
        .map(|severity| (severity.as_str().to_owned(), count(*severity).into()))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let mut document = json!({
        "account": scan.header.account,
        "partition": scan.header.partition,
        "regions": scan.header.regions,
        "taken_at": scan.header.taken_at,
        "findings": findings,
        "unread": scan.header.unread,
        "errors": scan.assessment.errors,
        "summary": {
            "read": scan.read,
            "judged": scan.assessment.judged,
            "unread": scan.header.unread.len(),
            "errors": scan.assessment.errors.len(),
            "findings": by_severity,
            "waived": findings.iter().filter(waived).count(),
        },
    });
    if let Some(members) = document.as_object_mut() {
        members.extend(scan.waivers.as_ref().map(|notes| ("waivers".to_owned(), json!(notes))));
        members.extend(scan.scorecard.as_ref().map(|card| ("framework".to_owned(), json!(card))));
    }
    document
}

/// A plan, as it is saved.
pub fn plan(plan: &Plan) -> Value {
    json!(plan)
}

/// A run: its outcome and how each change ended, in order.
pub fn run(run: &Run) -> Value {
    let state = &run.state;
    let change = |change: &crate::model::Change| {
        let progress = state.changes.get(&change.id);
        let key =
            progress.and_then(|progress| progress.after.as_ref()).map_or(change.resource.clone(), |after| after.key());
        let standing = standing(state, change);
        json!({
            "id": change.id,
            "resource": key,
            "kind": change.kind,
            "status": progress.and_then(|progress| progress.outcome),
            "reason": progress.and_then(|progress| progress.reason.clone()),
            "stands": standing.as_str(),
            "differs": match &standing {
                Standing::Between(places) => places.clone(),
                _ => Vec::new(),
            },
            "fixes": change.fixes,
        })
    };
    json!({
        "run": run.id,
        "kind": state.kind,
        "of": state.of,
        "started_at": run.started_at,
        "updated_at": run.updated_at,
        "outcome": state.outcome.map_or_else(|| json!("interrupted"), |outcome: RunOutcome| json!(outcome)),
        "halted": state.halted,
        "approvals": state.approvals,
        "during_freeze": state.during_freeze,
        "changes": state.plan.changes.iter().map(change).collect::<Vec<_>>(),
    })
}
