//! What is let be for a while: which findings are waived, which waivers have run out, and which fit nothing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;

use super::assess::Assessor;
use super::hash::short;
use super::settings::Settings;
use crate::model::{
    ChangeId, Finding, FindingId, Plan, PolicyError, PolicyId, ResourceKey, Severity, Snapshot, Status, Waived, Waiver,
};

/// The policy of what is found where a waiver has run out. It is rectify's own: no file of a bundle has it.
pub const EXPIRED: &str = "rectify-waiver-expired";

/// The type of what that is found on: the waiver. No such thing stands in an account.
const TYPE: &str = "Rectify::Waiver";

/// How long before its end a waiver is spoken of.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Marks the findings that a waiver lets be. Of several it is the one that lasts longest.
pub(super) fn waive(findings: &mut [Finding], snapshot: &Snapshot, settings: &Settings) {
    let mut by_policy: BTreeMap<&PolicyId, Vec<&Waiver>> = BTreeMap::new();
    for waiver in in_force(settings) {
        waiver.policies.iter().for_each(|policy| by_policy.entry(policy).or_default().push(waiver));
    }
    if by_policy.is_empty() {
        return;
    }
    for finding in findings {
        let Some(resource) = snapshot.get(&finding.resource) else { continue };
        let waivers = by_policy.get(&finding.policy).into_iter().flatten();
        let fitting = waivers.filter(|waiver| waiver.covers(finding, &resource.tags));
        // The last of equals is the greatest: turned around, the first one in the file.
        if let Some(waiver) = fitting.rev().max_by_key(|waiver| waiver.expires.until()) {
            finding.status = Status::Waived;
            finding.reason = Some(format!(
                "waived by {} until {} ({}): {}",
                waiver.owner,
                waiver.expires.as_str(),
                waiver.place,
                waiver.reason
            ));
            finding.waived = Some(Waived {
                owner: waiver.owner.clone(),
                reason: waiver.reason.clone(),
                expires: waiver.expires.as_str().to_owned(),
                waiver: waiver.place.clone(),
            });
        }
    }
}

/// The waivers that have run out, each a finding of its own: those that `wanted` wants told, and those that were about a finding
/// that it wants.
pub fn expired(
    assessor: &Assessor<'_>,
    snapshot: &Snapshot,
    findings: &[Finding],
    wanted: impl Fn(&Finding) -> bool,
) -> Vec<Finding> {
    let (settings, header) = (assessor.settings, &snapshot.header);
    let over = settings.waivers.list.iter().filter(|waiver| waiver.expires.is_over(settings.now));
    let here = over.filter(|waiver| waiver.is_about(&header.account, &header.regions));
    let told = here.filter_map(|waiver| {
        let finding = ran_out(assessor, waiver, &header.account);
        let asked = || findings.iter().filter(|finding| wanted(finding)).any(|finding| fits(waiver, finding, snapshot));
        (wanted(&finding) || asked()).then_some(finding)
    });
    // Two that say the same are one.
    let mut seen = BTreeSet::new();
    told.filter(|finding| seen.insert(finding.id.clone())).collect()
}

fn ran_out(assessor: &Assessor<'_>, waiver: &Waiver, account: &str) -> Finding {
    let policies = waiver.policies.iter().map(PolicyId::as_str).collect::<Vec<_>>().join(", ");
    let judged = waiver.policies.iter().filter_map(|id| assessor.bundle.policies.find(id.as_str()));
    let worst = judged.map(|policy| policy.metadata.custom.severity).max();
    let owner = &waiver.owner;
    Finding {
        id: FindingId::from(format!("{EXPIRED}:{}", short(&(account, waiver)))),
        policy: EXPIRED.into(),
        severity: worst.unwrap_or(Severity::Medium).max(Severity::Medium),
        resource: ResourceKey {
            type_name: TYPE.into(),
            account: account.to_owned(),
            region: String::new(),
            id: waiver.place.clone(),
        },
        arn: String::new(),
        message: format!("The waiver of {policies} expired: it held until {}.", waiver.expires.as_str()),
        path: String::new(),
        params: Value::Null,
        status: Status::Manual,
        reason: Some(format!(
            "{owner} answers for it ({}); what it was about counts again: put that right and take the waiver out, or have {owner} agree to a new `expires`",
            waiver.reason
        )),
        waived: None,
    }
}

/// A waiver that somebody should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WaiverNote {
    /// Where it is written.
    pub waiver: String,
    /// Its policies.
    pub policies: BTreeSet<PolicyId>,
    /// Who answers for it.
    pub owner: String,
    /// Until when.
    pub expires: String,
}

/// The waivers that somebody should look at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WaiverNotes {
    /// They end within two weeks.
    pub expiring: Vec<WaiverNote>,
    /// They are about nothing that was found.
    pub unmatched: Vec<WaiverNote>,
}

impl WaiverNotes {
    /// What there is to say of the waivers that hold, after an assessment in which every finding of the policies in `whole` was
    /// looked for. What could not be read or judged may be what a waiver is about: then nothing is said of it.
    pub fn of(
        assessor: &Assessor<'_>,
        snapshot: &Snapshot,
        findings: &[Finding],
        errors: &[PolicyError],
        whole: impl Fn(&PolicyId) -> bool,
    ) -> Self {
        let (settings, header) = (assessor.settings, &snapshot.header);
        let here = || in_force(settings).filter(|waiver| waiver.is_about(&header.account, &header.regions));
        let unknown = |id: &PolicyId| {
            let policy = assessor.bundle.policies.find(id.as_str());
            let unread = policy.is_none_or(|policy| {
                let types = &policy.metadata.custom.resource_types;
                header.unread.iter().any(|unread| types.contains(&unread.resource.type_name))
            });
            unread || errors.iter().any(|error| error.policy == *id)
        };
        let unmatched = |waiver: &&Waiver| {
            waiver.policies.iter().all(|id| whole(id) && !unknown(id))
                && !findings.iter().any(|finding| fits(waiver, finding, snapshot))
        };
        Self {
            expiring: here().filter(|waiver| ends_soon(waiver, settings)).map(note).collect(),
            unmatched: here().filter(unmatched).map(note).collect(),
        }
    }
}

/// The waivers that end within two weeks, in whichever account they hold.
pub fn expiring(settings: &Settings) -> Vec<WaiverNote> {
    in_force(settings).filter(|waiver| ends_soon(waiver, settings)).map(note).collect()
}

fn ends_soon(waiver: &Waiver, settings: &Settings) -> bool {
    waiver.expires.is_over(settings.now.checked_add(SOON).unwrap_or(Timestamp::MAX))
}

fn note(waiver: &Waiver) -> WaiverNote {
    WaiverNote {
        waiver: waiver.place.clone(),
        policies: waiver.policies.clone(),
        owner: waiver.owner.clone(),
        expires: waiver.expires.as_str().to_owned(),
    }
}

/// A change of a plan that fixes what a waiver lets be by now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaivedSince {
    /// The change.
    pub change: ChangeId,
    /// The finding's policy.
    pub policy: PolicyId,
    /// The finding's resource.
    pub resource: ResourceKey,
    /// Where the waiver is written.
    pub waiver: String,
    /// Who answers for it.
    pub owner: String,
    /// Until when.
    pub expires: String,
    /// Whether that is known, in words.
    pub how: &'static str,
}

impl std::fmt::Display for WaivedSince {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { change, policy, resource, waiver, owner, expires, how } = self;
        write!(
            f,
            "change {change} fixes {policy} on {resource}, which {waiver} {how} by now ({owner}, until {expires})"
        )
    }
}

/// The selected changes of a plan that fix what is waived by now, by the waivers and the clock of these settings. A plan has the
/// documents of what it changes: where a finding stands on another resource whose tags a waiver asks for, they count as fitting.
pub fn waived_since(plan: &Plan, selected: &BTreeSet<ChangeId>, settings: &Settings) -> Vec<WaivedSince> {
    // A waiver only ends as time goes by: what these waivers did not hold up when it was made, they do not later.
    let made = plan.created_at.parse::<Timestamp>().is_ok_and(|made| made <= settings.now);
    if made && plan.waivers_digest == settings.waivers.digest {
        return Vec::new();
    }
    let mut found = Vec::new();
    for change in plan.changes.iter().filter(|change| selected.contains(&change.id)) {
        for finding in plan.findings.iter().filter(|finding| change.fixes.contains(&finding.id)) {
            let documents = plan.changes.iter().filter_map(|change| change.before.as_ref());
            let tags = documents.filter(|before| before.key() == finding.resource).map(|before| &before.tags).next();
            if let Some(waiver) = in_force(settings).find(|waiver| waiver.may_cover(finding, tags)) {
                found.push(WaivedSince {
                    change: change.id.clone(),
                    policy: finding.policy.clone(),
                    resource: finding.resource.clone(),
                    waiver: waiver.place.clone(),
                    owner: waiver.owner.clone(),
                    expires: waiver.expires.as_str().to_owned(),
                    how: if tags.is_some() || waiver.tags.is_empty() { "waives" } else { "may waive" },
                });
            }
        }
    }
    found
}

fn in_force(settings: &Settings) -> impl DoubleEndedIterator<Item = &Waiver> {
    settings.waivers.list.iter().filter(|waiver| !waiver.expires.is_over(settings.now))
}

/// Whether a waiver is about a finding on a resource of a snapshot.
fn fits(waiver: &Waiver, finding: &Finding, snapshot: &Snapshot) -> bool {
    snapshot.get(&finding.resource).is_some_and(|resource| waiver.covers(finding, &resource.tags))
}

#[cfg(test)]
mod tests;
