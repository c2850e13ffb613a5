//! What may stop a plan.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::assess::Assessor;
use super::hash::{document_hash, verify_seal};
use crate::model::{Change, ChangeId, Limits, PLAN_FORMAT, Place, Plan};

/// Why a plan is not applied; each tells what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Its digest is not that of its content.
    #[error("the plan was edited: its digest is not that of its content; make a new one with `rectify plan --out`")]
    Edited,
    /// A change is not what its documents and playbooks say.
    #[error(
        "change {0} of the plan is not what rectify makes of its documents ({1}); make a new plan with `rectify plan --out`"
    )]
    Forged(ChangeId, &'static str),
    /// It was made with other policies and playbooks.
    #[error("the plan was made with other policies or playbooks than these; make a new one, or name the same bundles")]
    OtherBundle,
    /// It is of another format.
    #[error("the plan has format {0}, and this version of rectify applies format {PLAN_FORMAT}; make a new one")]
    Format(u32),
    /// It is too old.
    #[error("the plan expired at {0}; make a new one with `rectify plan --out`")]
    Expired(String),
    /// It is for another account.
    #[error(
        "the plan is for account {planned} in partition {partition}, and this is account {actual} in partition {there}; use its credentials"
    )]
    Elsewhere {
        /// The plan's account.
        planned: String,
        /// The plan's partition.
        partition: String,
        /// This account.
        actual: String,
        /// This account's partition.
        there: String,
    },
    /// The fingerprints in it cannot be compared.
    #[error(
        "the plan's fingerprints of secret values were made with another key ({0}); apply it where it was made, or set RECTIFY_FINGERPRINT_KEY to the same key in both places"
    )]
    FingerprintKey(String),
    /// Too many changes.
    #[error(
        "the plan has {planned} changes, and at most {limit} are applied in one run; select fewer, or use --limit max_changes={planned}"
    )]
    TooMany {
        /// In the plan.
        planned: usize,
        /// Allowed.
        limit: u32,
    },
    /// Too large a share of a type.
    #[error(
        "the plan changes {planned} of {total} resources of {type_name}, and at most {limit} % of a type are changed in one run; select fewer, or use --limit max_share={needed}"
    )]
    TooLargeShare {
        /// The type.
        type_name: String,
        /// How many are changed.
        planned: usize,
        /// How many there are.
        total: usize,
        /// Allowed percent.
        limit: u32,
        /// The percent that it takes.
        needed: usize,
    },
    /// It would do harm.
    #[error("the plan would raise {0} new findings; that is a fault of a playbook, and nothing is applied")]
    Introduces(usize),
}

/// Everything that stops these changes of a plan; empty is free to go.
pub fn gate(
    plan: &Plan,
    selected: &BTreeSet<ChangeId>,
    assessor: &Assessor<'_>,
    now: Timestamp,
    place: &Place,
) -> Vec<Refusal> {
    let (limits, fingerprint_key): (&Limits, _) = (&assessor.settings.limits, &assessor.settings.fingerprint_key);
    let mut refusals = Vec::new();
    if plan.format_version != PLAN_FORMAT {
        refusals.push(Refusal::Format(plan.format_version));
    }
    let sealed = verify_seal(plan);
    if !sealed {
        refusals.push(Refusal::Edited);
    }
    // A time that cannot be read is no time in the future.
    if !plan.expires_at.parse::<Timestamp>().is_ok_and(|expires| now <= expires) {
        refusals.push(Refusal::Expired(plan.expires_at.clone()));
    }
    if plan.account != place.account || plan.partition != place.partition {
        refusals.push(Refusal::Elsewhere {
            planned: plan.account.clone(),
            partition: plan.partition.clone(),
            actual: place.account.clone(),
            there: place.partition.clone(),
        });
    }
    if plan.bundle_digest != assessor.bundle.digest {
        refusals.push(Refusal::OtherBundle);
    } else if sealed {
        refusals.extend(plan.changes.iter().filter_map(|change| forged(change, assessor)));
    }
    if plan.fingerprint_key != *fingerprint_key {
        refusals.push(Refusal::FingerprintKey(plan.fingerprint_key.clone()));
    }
    if !plan.proof.introduced.is_empty() {
        refusals.push(Refusal::Introduces(plan.proof.introduced.len()));
    }
    let changes = || plan.changes.iter().filter(|change| selected.contains(&change.id));
    let planned = changes().count();
    if planned > usize::try_from(limits.max_changes).unwrap_or(usize::MAX) {
        refusals.push(Refusal::TooMany { planned, limit: limits.max_changes });
    }
    let mut by_type: BTreeMap<&str, usize> = BTreeMap::new();
    changes().for_each(|change| *by_type.entry(change.resource.type_name.as_str()).or_default() += 1);
    for (type_name, planned) in by_type {
        let total = plan.census.get(type_name).copied().unwrap_or_default();
        let counts = total > usize::try_from(limits.share_from).unwrap_or(usize::MAX);
        if counts && planned * 100 > total * usize::try_from(limits.max_share).unwrap_or_default() {
            let needed = (planned * 100).div_ceil(total);
            let type_name = type_name.to_owned();
            refusals.push(Refusal::TooLargeShare { type_name, planned, total, limit: limits.max_share, needed });
        }
    }
    refusals
}

/// A digest can be made anew by whoever edits a plan; the calls that a change's documents lead to, and the safety of its
/// playbooks, cannot.
fn forged(change: &Change, assessor: &Assessor<'_>) -> Option<Refusal> {
    let told = |what| Some(Refusal::Forged(change.id.clone(), what));
    let kind = assessor.types.find(&change.resource.type_name)?;
    if kind.calls(change.before.as_ref(), change.after.as_ref()).as_ref() != Ok(&change.calls) {
        return told("its calls");
    }
    if change.before.as_ref().map(document_hash) != change.before_hash {
        return told("its hash");
    }
    if [&change.before, &change.after].into_iter().flatten().any(|document| document.key() != change.resource) {
        return told("its resource");
    }
    let playbooks = change.playbooks.iter().map(|id| assessor.bundle.playbooks.get(id).map(|playbook| playbook.safety));
    if playbooks.into_iter().any(|safety| safety.is_none_or(|safety| safety > change.safety)) {
        return told("its safety");
    }
    None
}
