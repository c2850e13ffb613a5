//! Which event is whose: the same event twice is one handling.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::swap::{Ledger, Next, later};
use crate::journal::{Key, StoreError};
use crate::model::RunId;

/// How long an event is remembered. SQS keeps a message for 14 days at the most
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>).
const KEPT: SignedDuration = SignedDuration::from_hours(14 * 24);

/// What becomes of an event's delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is the first one.
    Fresh,
    /// Another was begun and did not come to its end; it is this one's to go on with.
    Again {
        /// The run that it had begun.
        run: Option<RunId>,
    },
    /// Another is at work.
    Busy {
        /// Until when it may be.
        until: Timestamp,
    },
    /// It has been handled.
    Done {
        /// What it has come to.
        outcome: String,
    },
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claimed {
    holder: String,
    /// None: it was given back.
    until: Option<Timestamp>,
    run: Option<RunId>,
    done: Option<String>,
    /// When it may be collected as garbage.
    kept: Timestamp,
}

impl Claimed {
    fn none() -> Self {
        Self { holder: String::new(), until: None, run: None, done: None, kept: Timestamp::MIN }
    }

    fn next(self) -> Option<Next<Self>> {
        Some(Next { expires: Some(self.kept), state: self })
    }

    fn next_at(self, now: Timestamp) -> Option<Next<Self>> {
        Self { kept: self.kept.max(later(now, KEPT)), ..self }.next()
    }
}

impl Ledger {
    /// Takes an event, until the patience is over. A holder is one delivery of one event: where it asks again, or its
    /// claim has expired, the event is taken again.
    pub async fn claim(
        &self,
        event: &str,
        holder: &str,
        now: Timestamp,
        patience: SignedDuration,
    ) -> Result<Claim, StoreError> {
        self.swap(&key(event), |claimed: Option<Claimed>| {
            let fresh = claimed.is_none();
            let claimed = claimed.unwrap_or_else(Claimed::none);
            if let Some(outcome) = claimed.done {
                return (None, Claim::Done { outcome });
            }
            if let Some(until) = claimed.until.filter(|until| *until > now && claimed.holder != holder) {
                return (None, Claim::Busy { until });
            }
            let claim = if fresh { Claim::Fresh } else { Claim::Again { run: claimed.run.clone() } };
            let until = Some(later(now, patience));
            (Claimed { holder: holder.to_owned(), until, ..claimed }.next_at(now), claim)
        })
        .await
    }

    /// Notes the run that an event has led to, for whoever takes the event again.
    pub async fn note_run(&self, event: &str, run: &RunId, now: Timestamp) -> Result<(), StoreError> {
        self.swap(&key(event), |claimed: Option<Claimed>| {
            let claimed = claimed.unwrap_or_else(Claimed::none);
            (Claimed { run: Some(run.clone()), ..claimed }.next_at(now), ())
        })
        .await
    }

    /// An event has been handled, for good: every later delivery is told what it has come to first.
    pub async fn done(&self, event: &str, outcome: &str, now: Timestamp) -> Result<(), StoreError> {
        self.swap(&key(event), |claimed: Option<Claimed>| {
            let claimed = claimed.unwrap_or_else(Claimed::none);
            if claimed.done.is_some() {
                return (None, ());
            }
            (Claimed { done: Some(outcome.to_owned()), ..claimed }.next_at(now), ())
        })
        .await
    }

    /// An event has not been handled: the next delivery takes it at once.
    pub async fn give_back(&self, event: &str) -> Result<(), StoreError> {
        self.swap(&key(event), |claimed: Option<Claimed>| match claimed {
            Some(claimed) if claimed.done.is_none() => (Claimed { until: None, ..claimed }.next(), ()),
            _ => (None, ()),
        })
        .await
    }
}

fn key(event: &str) -> Key {
    Key::only(format!("event#{event}"))
}
