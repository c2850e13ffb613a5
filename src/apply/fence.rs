//! A journal and a cloud that nobody writes to who does not hold what he works on any more.

use async_trait::async_trait;

use super::Hold;
use crate::cloud::{CallError, CallErrorKind, Cloud, Listing};
use crate::journal::{Chain, Journal, JournalError};
use crate::model::{Call, Event, Head, Parts, Place, Resource, ResourceKey, RunId, Sent};

/// A journal behind a hold.
pub struct FencedJournal<'a> {
    /// The journal.
    pub journal: &'a dyn Journal,
    /// What has to be held.
    pub hold: &'a Hold,
}

impl FencedJournal<'_> {
    fn fence(&self) -> Result<(), JournalError> {
        self.hold.fence().map_err(JournalError::Lost)
    }
}

#[async_trait]
impl Journal for FencedJournal<'_> {
    async fn append(&self, run: &RunId, head: &mut Head, at: &str, event: &Event) -> Result<(), JournalError> {
        self.fence()?;
        self.journal.append(run, head, at, event).await
    }

    async fn take_up(&self, run: &RunId, head: &mut Head) -> Result<(), JournalError> {
        self.fence()?;
        self.journal.take_up(run, head).await
    }

    async fn chain(&self, run: &RunId) -> Result<Chain, JournalError> {
        self.journal.chain(run).await
    }

    async fn runs(&self) -> Result<Vec<RunId>, JournalError> {
        self.journal.runs().await
    }
}

/// A cloud behind a hold: everything can be read, and a call is sent only while everything is held.
pub struct FencedCloud<'a> {
    /// The cloud.
    pub cloud: &'a dyn Cloud,
    /// What has to be held.
    pub hold: &'a Hold,
}

#[async_trait]
impl Cloud for FencedCloud<'_> {
    fn place(&self) -> &Place {
        self.cloud.place()
    }

    fn caller(&self) -> &str {
        self.cloud.caller()
    }

    fn regions(&self) -> &[String] {
        self.cloud.regions()
    }

    fn writable(&self) -> bool {
        self.cloud.writable()
    }

    async fn list(&self, type_name: &str, region: &str, within: Option<&str>, parts: &Parts) -> Listing {
        self.cloud.list(type_name, region, within, parts).await
    }

    async fn read(&self, key: &ResourceKey, parts: &Parts) -> Result<Option<Resource>, CallError> {
        self.cloud.read(key, parts).await
    }

    fn as_read(&self, planned: Resource) -> Resource {
        self.cloud.as_read(planned)
    }

    async fn send(&self, type_name: &str, region: &str, call: &Call) -> Result<Sent, CallError> {
        self.hold.fence().map_err(|lost| CallError {
            kind: CallErrorKind::Denied,
            service: call.service.clone(),
            operation: call.operation.clone(),
            message: format!("not sent: {lost}"),
            request_id: None,
        })?;
        self.cloud.send(type_name, region, call).await
    }
}
