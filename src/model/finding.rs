//! What a policy says of a resource.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{FindingId, PolicyId, ResourceKey};

/// How bad a violation is; sorts from low to critical.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Hygiene.
    Low,
    /// A weakness that needs another one to be exploited.
    Medium,
    /// A weakness that can be exploited.
    High,
    /// Open to everyone now.
    Critical,
}

impl Severity {
    /// All of them, worst first.
    pub const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// How much a fix may be trusted; sorts from the most to the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Safety {
    /// May be applied unattended.
    Safe,
    /// Needs an approval.
    Review,
    /// Instructions only.
    Manual,
}

impl Safety {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Review => "review",
            Self::Manual => "manual",
        }
    }
}

/// What becomes of a finding in a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Found, not planned for.
    Open,
    /// A safe change fixes it.
    Planned,
    /// A change fixes it that needs an approval.
    Review,
    /// A person has to fix it.
    Manual,
    /// A tag protects the resource.
    Protected,
    /// Two playbooks want different things of the resource.
    Conflict,
    /// No playbook fixes this policy.
    NoPlaybook,
}

impl Status {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Planned => "planned",
            Self::Review => "review",
            Self::Manual => "manual",
            Self::Protected => "protected",
            Self::Conflict => "conflict",
            Self::NoPlaybook => "no_playbook",
        }
    }
}

/// An element of a policy's `violation` set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Violation {
    /// One sentence.
    pub msg: String,
    /// A JSON Pointer into the properties; empty for the whole.
    #[serde(default)]
    pub path: String,
    /// What the policy hands to the playbook.
    #[serde(default)]
    pub params: Value,
}

/// One policy's violation on one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Stable while the policy finds the same at the same place.
    pub id: FindingId,
    /// The policy.
    pub policy: PolicyId,
    /// The policy's severity.
    pub severity: Severity,
    /// The resource.
    pub resource: ResourceKey,
    /// The resource's ARN.
    pub arn: String,
    /// The violation's sentence.
    pub message: String,
    /// A JSON Pointer into the properties.
    pub path: String,
    /// What the policy hands to the playbook.
    #[serde(default)]
    pub params: Value,
    /// What becomes of it.
    pub status: Status,
    /// Why it has that status, where that is not plain; for `manual`, what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
