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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};
    use std::time::Duration;

    use jiff::{SignedDuration, Timestamp};
    use serde_json::json;

    use super::*;
    use crate::cloud::Sandbox;
    use crate::journal::{Ledger, Sqlite, Store};
    use crate::model::{Header, ResourceTypes, RunOutcome, Snapshot};

    /// What time it is in these tests, in seconds; each test has its own stretch of it.
    static NOW: AtomicI64 = AtomicI64::new(0);

    fn clock() -> Timestamp {
        Timestamp::from_second(NOW.load(Ordering::SeqCst)).unwrap()
    }

    fn hold(store: &Arc<dyn Store>, name: &str) -> Hold {
        let patience = SignedDuration::from_secs(30);
        Hold::new(Ledger::new(store.clone()), name.into(), patience, clock, Arc::default())
    }

    /// An account without resources.
    fn nothing() -> Snapshot {
        let (account, partition, taken_at) = ("1".to_owned(), "aws".to_owned(), String::new());
        let header =
            Header { rectify_snapshot: 1, account, partition, regions: Vec::new(), taken_at, unread: Vec::new() };
        Snapshot::new(header)
    }

    fn key(id: &str) -> ResourceKey {
        ResourceKey { type_name: "T".into(), account: String::new(), region: String::new(), id: id.into() }
    }

    /// Appends a record and sends a call; the errors of both.
    async fn both(store: &Arc<dyn Store>, hold: &Hold, head: &mut Head) -> [Option<String>; 2] {
        let sandbox = Sandbox::memory(nothing(), ResourceTypes::new([]));
        let (journal, cloud) = (FencedJournal { journal: store, hold }, FencedCloud { cloud: &sandbox, hold });
        let event = Event::RunFinished { outcome: RunOutcome::Verified };
        let appended = journal.append(&RunId::from("r"), head, "t", &event).await;
        let sent = cloud.send("T", "", &Call::new("s", "O", json!({}))).await;
        [appended.err().map(|told| told.to_string()), sent.err().map(|told| told.message)]
    }

    #[tokio::test]
    async fn nothing_gets_through_when_something_is_lost_or_its_time_is_over() {
        let store: Arc<dyn Store> = Arc::new(Sqlite::memory().unwrap());
        let (one, other, mut head) = (hold(&store, "one"), hold(&store, "other"), Head::default());
        let passes = [None, Some("no resource type T".to_owned())];
        assert_eq!(both(&store, &one, &mut head).await, passes, "nothing is held, and nothing can be lost");
        for id in ["a", "b"] {
            one.take(&key(id)).await.unwrap().unwrap();
        }
        assert_eq!(other.take(&key("a")).await.unwrap().unwrap_err().name, "one");
        assert_eq!(both(&store, &one, &mut head).await, passes);

        // It has slept for as long as its leases are.
        NOW.fetch_add(30, Ordering::SeqCst);
        let late = "what one held was not extended in time, and is somebody else's to take";
        let stopped =
            |why: &str| [Some(format!("{why}: nothing more is written or sent")), Some(format!("not sent: {why}"))];
        assert_eq!(both(&store, &one, &mut head).await, stopped(late));
        assert!(!one.stop.load(Ordering::SeqCst));
        // Nobody has taken anything: it is extended, and goes on.
        let beat = one.while_doing(tokio::time::sleep(Duration::ZERO));
        beat.await;
        one.extend().await.unwrap();
        assert_eq!(both(&store, &one, &mut head).await, passes);

        NOW.fetch_add(30, Ordering::SeqCst);
        other.take(&key("b")).await.unwrap().unwrap();
        let lost = one.extend().await.unwrap_err();
        assert_eq!(lost, "T b was lost to somebody else");
        assert_eq!(both(&store, &one, &mut head).await, stopped(&lost));
        one.let_go().await;
        assert_eq!(one.take(&key("b")).await.unwrap().unwrap_err().name, "other", "what it has lost it does not free");
        assert_eq!(other.holder(&key("a")).await.unwrap(), None, "what it held is free");
        assert_eq!(both(&store, &one, &mut head).await, stopped(&lost), "and stays lost");
        assert_eq!(store.chain(&RunId::from("r")).await.unwrap().records.len(), 3);
    }
}
