//! What a policy says of a resource.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{FindingId, PolicyId, ResourceKey, TypeName, Waived};

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
    /// A waiver lets it be.
    Waived,
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
            Self::Waived => "waived",
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

/// One policy's violation on one resource. In JSON the ARN stands in `resource`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
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
    pub params: Value,
    /// What becomes of it.
    pub status: Status,
    /// Why it has that status, where that is not plain; for `manual`, what to do.
    pub reason: Option<String>,
    /// The waiver that lets it be.
    pub waived: Option<Waived>,
}

/// A finding as it is written.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: FindingId,
    policy: PolicyId,
    severity: Severity,
    resource: Located,
    message: String,
    path: String,
    #[serde(default)]
    params: Value,
    status: Status,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    waived: Option<Waived>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Located {
    #[serde(rename = "type")]
    type_name: TypeName,
    id: String,
    arn: String,
    account: String,
    region: String,
}

impl From<Written> for Finding {
    fn from(written: Written) -> Self {
        let Written { id, policy, severity, resource, message, path, params, status, reason, waived } = written;
        let Located { type_name, id: resource_id, arn, account, region } = resource;
        let resource = ResourceKey { type_name, account, region, id: resource_id };
        Self { id, policy, severity, resource, arn, message, path, params, status, reason, waived }
    }
}

impl From<Finding> for Written {
    fn from(finding: Finding) -> Self {
        let Finding { id, policy, severity, resource, arn, message, path, params, status, reason, waived } = finding;
        let ResourceKey { type_name, account, region, id: resource_id } = resource;
        let resource = Located { type_name, id: resource_id, arn, account, region };
        Self { id, policy, severity, resource, message, path, params, status, reason, waived }
    }
}
