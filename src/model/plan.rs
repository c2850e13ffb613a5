//! A plan: everything needed to apply it, and what it leaves and why.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Change, Finding, FindingId, Hash, PolicyId, ResourceKey, Unread};

/// The format that a plan names.
pub const PLAN_FORMAT: u32 = 1;

/// How much one run may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Changes in one run.
    pub max_changes: u32,
    /// Percent of a type's resources that one run may change; counted only for types with more than
    /// `share_from` resources.
    pub max_share: u32,
    /// From how many resources of a type on the share counts.
    pub share_from: u32,
    /// Changes of one run that need a review: `--approve all` is soon said.
    pub max_review: u32,
    /// Changes of one run that cannot be taken back.
    pub max_irreversible: u32,
    /// Resources that one run may delete.
    pub max_deletes: u32,
    /// Changes of one account within 24 hours, over all runs and handlers that share a journal. What is taken back neither counts
    /// nor is held up.
    pub max_changes_per_day: u32,
    /// After so many failures a run begins no further change; 1 at the least.
    pub max_failures: u32,
    /// Changes that a run begins within any minute; 1 at the least.
    pub max_per_minute: u32,
    /// Hours from a plan's making to its end.
    pub max_age_hours: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_changes: 50,
            max_share: 25,
            share_from: 40,
            max_review: 40,
            max_irreversible: 10,
            max_deletes: 10,
            max_changes_per_day: 500,
            max_failures: 3,
            max_per_minute: 60,
            max_age_hours: 24,
        }
    }
}

/// The findings before, after and new, by evaluating the same policies on the planned documents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// Findings on the documents as they are.
    pub before: usize,
    /// Findings on the documents as they will be.
    pub after: usize,
    /// Gone.
    pub cleared: Vec<FindingId>,
    /// Still there.
    pub remaining: Vec<FindingId>,
    /// New: never a plan that rectify offers to apply.
    pub introduced: Vec<FindingId>,
}

/// A policy that could not be evaluated on a resource: neither clean nor violated.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyError {
    /// The policy.
    pub policy: PolicyId,
    /// The resource.
    pub resource: ResourceKey,
    /// What the evaluator said.
    pub message: String,
}

/// Changes in the order in which they are applied, with everything needed to do so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// [`PLAN_FORMAT`].
    pub format_version: u32,
    /// Over everything else in the plan; an edited plan is refused.
    pub digest: Hash,
    /// RFC 3339, the assessment's clock.
    pub created_at: String,
    /// RFC 3339; not applied after.
    pub expires_at: String,
    /// Twelve digits; applied in no other account.
    pub account: String,
    /// Applied in no other partition.
    pub partition: String,
    /// The Regions that were read.
    pub regions: Vec<String>,
    /// Of the policies and playbooks; applied with no others.
    pub bundle_digest: Hash,
    /// Of the waivers that it was made with; none where there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waivers_digest: Option<Hash>,
    /// Which key made the fingerprints of secret values: they can be compared only under the same one.
    pub fingerprint_key: String,
    /// rectify's version.
    pub version: String,
    /// The limits it was made under.
    pub limits: Limits,
    /// The values that policies and playbooks were given, by their id.
    pub parameters: BTreeMap<String, BTreeMap<String, Value>>,
    /// How many resources of each type there are: the base of the share limit.
    pub census: BTreeMap<String, usize>,
    /// Everything found, with what becomes of it.
    pub findings: Vec<Finding>,
    /// In order: a change comes after those that it depends on.
    pub changes: Vec<Change>,
    /// What could not be read.
    pub unread: Vec<Unread>,
    /// What could not be evaluated.
    pub errors: Vec<PolicyError>,
    /// What the plan achieves.
    pub proof: Proof,
}
