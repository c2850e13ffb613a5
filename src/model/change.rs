//! The one idea: a fix is a change of a document.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ChangeId, FindingId, OnFailure, Parts, PlaybookId, Resource, ResourceKey, Safety};

/// A SHA-256 as `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hash(pub String);

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What a change does to its resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// Makes it.
    Create,
    /// Changes its properties.
    Update,
    /// Deletes it.
    Delete,
}

/// One AWS API call, with its input under the API's own member names.
///
/// A text of the input may hold `${rectify:…}`, a value that is known only when the plan is applied:
/// `${rectify:CHANGE.arn}` and `${rectify:CHANGE.id}` of a resource that an earlier change creates, and
/// `${rectify:current.FACT}`, a fact of the resource as it is read again just before the call. A member that is
/// such a fact and nothing else is left out where the service gives no such fact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The service, by the name of its API in the AWS CLI: `lambda`, `iam`, `apigateway`, `apigatewayv2`, `kms`.
    pub service: String,
    /// The operation's name.
    pub operation: String,
    /// The input, whole.
    pub input: Value,
    /// The IAM actions that it takes, all of them.
    pub permissions: Vec<String>,
}

impl Call {
    /// A call that takes `service:operation`.
    pub fn new(service: &str, operation: &str, input: Value) -> Self {
        Self::with_permission(service, operation, input, &format!("{service}:{operation}"))
    }

    /// A call that IAM names otherwise (API Gateway's are HTTP verbs, `apigateway:PATCH`).
    pub fn with_permission(service: &str, operation: &str, input: Value, permission: &str) -> Self {
        Self { service: service.into(), operation: operation.into(), input, permissions: vec![permission.into()] }
    }

    /// The same call, which takes these besides.
    pub fn and_permissions<'a>(mut self, more: impl IntoIterator<Item = &'a str>) -> Self {
        for permission in more {
            if !self.permissions.iter().any(|known| known == permission) {
                self.permissions.push(permission.to_owned());
            }
        }
        self
    }
}

/// One resource's before and after, the calls between them, and the findings that it fixes.
///
/// The dry run shows it, apply sends its calls, verify re-reads its resource, undo is the same with `before` and
/// `after` swapped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Names the change.
    pub id: ChangeId,
    /// What it does.
    pub kind: ChangeKind,
    /// The resource. The id of what is created is known only after apply, and is then the change's own name, unless its
    /// properties are its id.
    pub resource: ResourceKey,
    /// What else would do, of a create whose id the service makes up: the properties and facts by which the plan found none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub find: Option<Value>,
    /// The document as it was read; none for a create.
    pub before: Option<Resource>,
    /// The document as it will be; none for a delete.
    pub after: Option<Resource>,
    /// From `before`'s properties to `after`'s, as RFC 6902.
    pub patch: Value,
    /// The findings that it fixes, alone or with others.
    pub fixes: Vec<FindingId>,
    /// The playbooks that it comes from.
    pub playbooks: Vec<PlaybookId>,
    /// The least trusted of its playbooks.
    pub safety: Safety,
    /// What its playbooks want of its failure, besides that other resources go on.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub on_failure: BTreeSet<OnFailure>,
    /// Whether undo brings back `before`.
    pub reversible: bool,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub irreversible_because: Option<String>,
    /// Changes that have to be verified first.
    #[serde(default)]
    pub depends_on: Vec<ChangeId>,
    /// What a person should know before it is applied.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// The parts of the document that were read, and will be read again.
    pub parts: Parts,
    /// Over `before`'s properties: apply skips a resource that has changed since.
    pub before_hash: Option<Hash>,
    /// What apply sends, in order; it sends nothing else.
    pub calls: Vec<Call>,
}
