//! Whether a plan is what rectify makes: a digest can be made anew by whoever edits a plan, what follows from its documents
//! and from the bundle cannot.

use super::assess::Assessor;
use super::gate::Refusal;
use super::hash::{document_hash, short};
use super::plan::{kind_of, patch};
use crate::model::{Arn, Change, ChangeId, ChangeKind, Plan, PlaybookId};
use crate::playbook::StepKind;
use crate::text::quoted;

/// What is forged of a plan's changes, of each the first that is seen.
pub(super) fn forged(plan: &Plan, assessor: &Assessor<'_>) -> Vec<Refusal> {
    let each = plan.changes.iter().enumerate().filter_map(|(index, change)| {
        let twice = plan.changes.iter().take(index).any(|other| other.id == change.id);
        let told = if twice { Some("its id") } else { what_is_forged(change, assessor) };
        told.map(|what| Refusal::Forged(change.id.clone(), what)).or_else(|| foreign(change, plan))
    });
    each.collect()
}

fn what_is_forged(change: &Change, assessor: &Assessor<'_>) -> Option<&'static str> {
    let Some(kind) = assessor.types.find(&change.resource.type_name) else { return Some("its type") };
    let (before, after) = (change.before.as_ref(), change.after.as_ref());
    if kind.calls(before, after).as_ref() != Ok(&change.calls) {
        return Some("its calls");
    }
    if before.map(document_hash) != change.before_hash {
        return Some("its hash");
    }
    if [before, after].into_iter().flatten().any(|document| document.key() != change.resource) {
        return Some("its resource");
    }
    if kind_of(before, after) != change.kind || patch(before, after) != change.patch {
        return Some("its difference");
    }
    // An approval of an id approves what is done to what. Others speak of what is created by its name.
    let id = || ChangeId::from(short(&(change.kind, &change.resource, &change.patch)));
    if change.kind != ChangeKind::Create && change.id != id() {
        return Some("its id");
    }
    if change.playbooks.is_empty() || !change.playbooks.iter().all(|id| may_change(id, change, assessor)) {
        return Some("its playbooks");
    }
    if !looks_for_what_it_makes(change, assessor) {
        return Some("what it looks for");
    }
    let playbooks = change.playbooks.iter().map(|id| assessor.bundle.playbooks.get(id).map(|playbook| playbook.safety));
    if playbooks.into_iter().any(|safety| safety.is_none_or(|safety| safety > change.safety)) {
        return Some("its safety");
    }
    if !change.on_failure.is_superset(&assessor.bundle.on_failure(&change.playbooks)) {
        return Some("what its failure leads to");
    }
    if change.reversible && kind.calls(after, before).is_err() {
        return Some("whether it can be undone");
    }
    None
}

/// Whether a playbook of the bundle has a step that changes resources of the change's type.
fn may_change(id: &PlaybookId, change: &Change, assessor: &Assessor<'_>) -> bool {
    let Some(playbook) = assessor.bundle.playbooks.get(id) else { return false };
    let of = |type_name| {
        let changed = |step: &crate::playbook::Step| playbook.changed(&step.kind, type_name, assessor.types);
        playbook.steps.iter().filter_map(changed).any(|changed| changed == change.resource.type_name)
    };
    playbook.resource_types.iter().any(of)
}

/// Whether what would do in place of what a change creates is what the change has its name of; and is there, where each step
/// that may have made the change has one.
fn looks_for_what_it_makes(change: &Change, assessor: &Assessor<'_>) -> bool {
    let Change { resource, .. } = change;
    let late = change.kind == ChangeKind::Create && resource.id.contains("${rectify:");
    if let Some(find) = &change.find {
        let name = ("create", &resource.type_name, &resource.account, &resource.region, find);
        return late && change.id == ChangeId::from(short(&name));
    }
    let steps = change.playbooks.iter().filter_map(|id| assessor.bundle.playbooks.get(id)).flat_map(|book| &book.steps);
    let mut ensured = steps.filter_map(|step| match &step.kind {
        StepKind::Ensure(ensure) if ensure.type_name == resource.type_name => Some(ensure),
        _ => None,
    });
    !late || ensured.any(|ensure| ensure.find.is_none())
}

/// What a change does elsewhere than in the plan's account and partition: a call goes to what the ARN or the address in an id
/// names, whatever account the document says.
fn foreign(change: &Change, plan: &Plan) -> Option<Refusal> {
    let documents = || [&change.before, &change.after].into_iter().flatten();
    let told = |what: &str| {
        let (account, partition) = (plan.account.clone(), plan.partition.clone());
        Some(Refusal::Foreign { change: change.id.clone(), what: quoted(what).into_owned(), account, partition })
    };
    if change.resource.account != plan.account {
        return told(&change.resource.account);
    }
    let names = change.resource.id.split('|').chain(documents().map(|document| document.arn.as_str()));
    let elsewhere = |name: &&str| match Arn::parse(name) {
        Some(arn) => arn.partition != plan.partition || !(arn.account.is_empty() || arn.account == plan.account),
        None => account_of_queue(name).is_some_and(|account| account != plan.account),
    };
    names.into_iter().find(elsewhere).and_then(told)
}

/// The account of a queue's address, `https://sqs.REGION.amazonaws.com/ACCOUNT/NAME`
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html>).
fn account_of_queue(name: &str) -> Option<&str> {
    let address = name.strip_prefix("https://").or_else(|| name.strip_prefix("http://"))?;
    let account = address.split('/').nth(1)?;
    (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then_some(account)
}
