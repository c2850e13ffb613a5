//! Floor 4: where documents come from and where calls go.

pub mod aws;
mod depth;
mod gather;
mod neighbourhood;
mod sandbox;
mod secret;
pub mod snapshot_file;
mod within;

use std::sync::Arc;

use async_trait::async_trait;

pub use gather::gather;
pub use neighbourhood::{Group, Neighbourhood};
pub use sandbox::{DEMO, Sandbox, SharedFile};
pub use secret::{FingerprintKey, holds_secret, without_secrets};
pub use within::Within;

use crate::model::{Call, Parts, Place, Resource, ResourceKey, Sent, Unread};

/// Documents of one type in one Region, and what could not be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listing {
    /// The documents.
    pub resources: Vec<Resource>,
    /// What could not be read, and why.
    pub unread: Vec<Unread>,
    /// The caller's credentials are not valid any more.
    pub expired: Option<CallError>,
}

/// Why a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallErrorKind {
    /// The caller may not do it.
    Denied,
    /// The caller's credentials are not valid any more; nothing is done.
    Expired,
    /// There is no such thing.
    NotFound,
    /// Something else has changed it meanwhile, or is changing it.
    Conflict,
    /// The service refused the input.
    Invalid,
    /// Too many requests, after all retries.
    Throttled,
    /// It is not known whether the service acted: no answer, or none that can be read.
    Unknown,
}

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{service}:{operation}: {message}{}", .request_id.as_ref().map(|id| format!(" (request {id})")).unwrap_or_default())]
pub struct CallError {
    /// Why.
    pub kind: CallErrorKind,
    /// The service as IAM spells it.
    pub service: String,
    /// The operation.
    pub operation: String,
    /// The service's code and message.
    pub message: String,
    /// AWS's id of the request.
    pub request_id: Option<String>,
}

impl CallError {
    /// Whether it may go well a moment later.
    pub fn is_passing(&self) -> bool {
        matches!(self.kind, CallErrorKind::Throttled | CallErrorKind::Unknown | CallErrorKind::Expired)
    }
}

/// An account: real, or a file of documents.
#[async_trait]
pub trait Cloud: Send + Sync {
    /// The account and partition; the Region is empty.
    fn place(&self) -> &Place;

    /// The ARN of who calls; empty where nobody does.
    fn caller(&self) -> &str {
        ""
    }

    /// The Regions to read.
    fn regions(&self) -> &[String];

    /// Whether calls can be sent at all.
    fn writable(&self) -> bool {
        true
    }

    /// The documents of a type in a Region (empty for a global type), with those parts; only the children of one
    /// parent where `within` names it.
    async fn list(&self, type_name: &str, region: &str, within: Option<&str>, parts: &Parts) -> Listing;

    /// One document; none where there is no such resource.
    async fn read(&self, key: &ResourceKey, parts: &Parts) -> Result<Option<Resource>, CallError>;

    /// A planned document as it would be read: without the secrets in it.
    fn as_read(&self, planned: Resource) -> Resource {
        planned
    }

    /// Sends one call of a type's resource. What fingerprints in its input stand for is filled in here.
    async fn send(&self, type_name: &str, region: &str, call: &Call) -> Result<Sent, CallError>;
}

/// The accounts that events and messages may be about.
#[async_trait]
pub trait Clouds: Send + Sync {
    /// The account of the credentials.
    fn home(&self) -> &dyn Cloud;

    /// An account by its id; none where it is not one of them.
    async fn cloud(&self, account: &str) -> Result<Option<Arc<dyn Cloud>>, String>;
}

/// One account is a fleet of one.
pub struct OneAccount(pub Arc<dyn Cloud>);

#[async_trait]
impl Clouds for OneAccount {
    fn home(&self) -> &dyn Cloud {
        self.0.as_ref()
    }

    async fn cloud(&self, account: &str) -> Result<Option<Arc<dyn Cloud>>, String> {
        Ok((account == self.0.place().account).then(|| self.0.clone()))
    }
}
