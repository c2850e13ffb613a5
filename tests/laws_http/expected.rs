//! How each change of a plan has to end on an emulator, by the emulator's gaps.

use std::collections::BTreeMap;

use rectify::model::{Change, ChangeId, ChangeOutcome, Plan};

use super::support::gaps::Instead;
use super::support::{Gap, Kind, WireCall};

/// How a change has to end, what of it goes over the wire, and why it does not succeed if it does not.
pub struct Expected {
    pub outcome: ChangeOutcome,
    /// How many of its calls are sent.
    pub sent: usize,
    pub reason: Option<String>,
}

/// What has to become of every change of a plan.
pub fn of(kind: Kind, plan: &Plan) -> BTreeMap<ChangeId, Expected> {
    let mut expected: BTreeMap<ChangeId, Expected> = BTreeMap::new();
    for change in &plan.changes {
        let unmet = change.depends_on.iter().filter_map(|id| expected.get(id));
        let unmet =
            unmet.filter(|first| first.outcome != ChangeOutcome::Verified).find_map(|first| first.reason.clone());
        let this = match unmet {
            Some(reason) => Expected { outcome: ChangeOutcome::Skipped, sent: 0, reason: Some(reason) },
            None => alone(kind, change),
        };
        expected.insert(change.id.clone(), this);
    }
    expected
}

fn alone(kind: Kind, change: &Change) -> Expected {
    let gaps: Vec<Option<&Gap>> = change.calls.iter().map(|call| Gap::of(kind, &WireCall::from(call))).collect();
    let why = |index: usize, gap: &Gap| format!("{} {}: {}", kind.name(), change.calls[index].operation, gap.reason);
    let find = |instead: Instead| {
        gaps.iter()
            .enumerate()
            .find_map(|(index, gap)| gap.filter(|gap| gap.instead == instead).map(|gap| (index, gap)))
    };
    if let Some((index, gap)) = find(Instead::Refuses) {
        let outcome = if index == 0 { ChangeOutcome::Failed } else { ChangeOutcome::Undone };
        return Expected { outcome, sent: index + 1, reason: Some(why(index, gap)) };
    }
    match find(Instead::Drops) {
        Some((index, gap)) => {
            Expected { outcome: ChangeOutcome::Unverified, sent: gaps.len(), reason: Some(why(index, gap)) }
        }
        None => Expected { outcome: ChangeOutcome::Verified, sent: gaps.len(), reason: None },
    }
}

/// The plan with those calls alone that have to be sent.
pub fn sent_of(plan: &Plan, expected: &BTreeMap<ChangeId, Expected>) -> Plan {
    let mut plan = plan.clone();
    for change in &mut plan.changes {
        change.calls.truncate(expected[&change.id].sent);
    }
    plan
}
