//! What may stop a plan.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::assess::Assessor;
use super::forged::forged;
use super::hash::verify_seal;
use super::radius::{Risk, beyond};
use super::waive::{WaivedSince, waived_since};
use crate::model::{ChangeId, Limits, PLAN_FORMAT, Place, Plan};

/// How far the clocks of two machines may be apart.
pub const SKEW: SignedDuration = SignedDuration::from_mins(10);

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
    /// A change is of something elsewhere.
    #[error(
        "change {change} of the plan is of {what}, and the plan is for account {account} in partition {partition}; make a new plan with `rectify plan --out`"
    )]
    Foreign {
        /// The change.
        change: ChangeId,
        /// The account, ARN or address that it names.
        what: String,
        /// The plan's account.
        account: String,
        /// The plan's partition.
        partition: String,
    },
    /// It was made with other policies and playbooks.
    #[error("the plan was made with other policies or playbooks than these; make a new one, or name the same bundles")]
    OtherBundle,
    /// It is of another format.
    #[error("the plan has format {0}, and this version of rectify applies format {PLAN_FORMAT}; make a new one")]
    Format(u32),
    /// It is too old.
    #[error("the plan expired at {0}; make a new one with `rectify plan --out`")]
    Expired(String),
    /// It is from a time that has not come.
    #[error("the plan was made at {0}, which is not yet; make a new one without --now, or set the clocks right")]
    NotYet(String),
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
    /// Too many changes of a kind that is risky.
    #[error(
        "the plan has {planned} {risk}, and at most {limit} of them are applied in one run; select fewer, or use --limit {}={planned}",
        risk.limit()
    )]
    TooRisky {
        /// What is risky.
        risk: Risk,
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
    /// A change would fix what is waived by now.
    #[error("{0}; make a new plan with `rectify plan --out`")]
    Waived(WaivedSince),
    /// It would do harm.
    #[error("the plan would raise {0} new findings; that is a fault of a playbook, and nothing is applied")]
    Introduces(usize),
}

/// Why the changes that a run has not begun may not be begun any more, where somebody goes on with it: what has allowed them
/// is not so by now. The plan's age is counted to `now`; what is waived is so at the settings' own time.
pub fn lapsed(plan: &Plan, ahead: &BTreeSet<ChangeId>, assessor: &Assessor<'_>, now: Timestamp) -> Option<String> {
    if ahead.is_empty() {
        None
    } else if !plan.expires_at.parse::<Timestamp>().is_ok_and(|expires| now <= expires) {
        Some(format!("its plan expired at {}", plan.expires_at))
    } else if plan.bundle_digest != assessor.bundle.digest {
        Some("its plan was made with other policies or playbooks".to_owned())
    } else {
        waived_since(plan, ahead, assessor.settings).first().map(ToString::to_string)
    }
}

/// Everything that stops these changes of a plan; empty is free to go. The plan's age is counted to `now`; what is waived is so
/// at the settings' own time.
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
    // One that is made with a clock that is ahead would never grow old.
    if plan.created_at.parse::<Timestamp>().is_ok_and(|made| made > now.checked_add(SKEW).unwrap_or(now)) {
        refusals.push(Refusal::NotYet(plan.created_at.clone()));
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
        refusals.extend(forged(plan, assessor));
    }
    if plan.fingerprint_key != *fingerprint_key {
        refusals.push(Refusal::FingerprintKey(plan.fingerprint_key.clone()));
    }
    if !plan.proof.introduced.is_empty() {
        refusals.push(Refusal::Introduces(plan.proof.introduced.len()));
    }
    refusals.extend(waived_since(plan, selected, assessor.settings).into_iter().map(Refusal::Waived));
    let changes = || plan.changes.iter().filter(|change| selected.contains(&change.id));
    let planned = changes().count();
    if planned > usize::try_from(limits.max_changes).unwrap_or(usize::MAX) {
        refusals.push(Refusal::TooMany { planned, limit: limits.max_changes });
    }
    let risky = |(risk, planned): (Risk, usize)| Refusal::TooRisky { risk, planned, limit: risk.most(limits) };
    refusals.extend(beyond(changes(), limits).map(risky));
    let mut by_type: BTreeMap<&str, usize> = BTreeMap::new();
    changes().for_each(|change| *by_type.entry(change.resource.type_name.as_str()).or_default() += 1);
    for (type_name, planned) in by_type {
        let total = plan.census.get(type_name).copied().unwrap_or_default();
        let counts = total > usize::try_from(limits.share_from).unwrap_or(usize::MAX);
        // Whoever writes a plan may claim any census.
        if counts && planned * 100 > total.saturating_mul(usize::try_from(limits.max_share).unwrap_or_default()) {
            let needed = (planned * 100).div_ceil(total);
            let type_name = type_name.to_owned();
            refusals.push(Refusal::TooLargeShare { type_name, planned, total, limit: limits.max_share, needed });
        }
    }
    refusals
}
