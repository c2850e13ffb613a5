//! What became of an event.

use std::time::Duration;

use super::NotAnEvent;
use crate::apply::ApplyError;
use crate::journal::{JournalError, StoreError};
use crate::model::{Plan, ResourceKey, Run, Unread};

/// What became of an event.
#[derive(Clone, Debug)]
pub struct Handled {
    /// Its id.
    pub event: Option<String>,
    /// What it told of: the API call, or what else had it sent.
    pub what: String,
    /// Why nothing was looked at.
    pub ignored: Option<String>,
    /// What was looked at.
    pub looked: Vec<Looked>,
}

impl Handled {
    /// An event that nothing was looked at for.
    pub(super) fn ignored(event: Option<String>, what: &str, why: String) -> Self {
        Self { event, what: what.to_owned(), ignored: Some(why), looked: Vec::new() }
    }
}

/// What became of one place that an event told of.
#[derive(Clone, Debug)]
pub struct Looked {
    /// The resource, or the resources within it; none for a scan.
    pub place: Option<ResourceKey>,
    /// In a word.
    pub fate: Fate,
    /// In a sentence, where the word is not enough.
    pub told: Option<String>,
    /// What is wrong there, and what would be or was done.
    pub plan: Option<Box<Plan>>,
    /// What was done.
    pub run: Option<Box<Run>>,
}

/// What became of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It was read after the event, and judged.
    Known,
    /// Nothing is wrong.
    Clean,
    /// Nothing is wrong but what a waiver lets be.
    Waived,
    /// Nothing that is known is wrong, and not all of it could be read or judged.
    Unjudged,
    /// Something is wrong, and is only told.
    Observed,
    /// Something is wrong, and its plan waits for an approval.
    Waits,
    /// A limit or a gate has stopped the fix.
    Refused,
    /// It is fixed, and verified.
    Fixed,
    /// The run did not come to a verified end.
    Unfixed,
}

impl Fate {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Known,
        Self::Clean,
        Self::Waived,
        Self::Unjudged,
        Self::Observed,
        Self::Waits,
        Self::Refused,
        Self::Fixed,
        Self::Unfixed,
    ];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Clean => "clean",
            Self::Waived => "waived",
            Self::Unjudged => "unjudged",
            Self::Observed => "observed",
            Self::Waits => "waits",
            Self::Refused => "refused",
            Self::Fixed => "fixed",
            Self::Unfixed => "unfixed",
        }
    }
}

/// An event that was not handled to its end. It has to be delivered again.
#[derive(Debug, thiserror::Error)]
pub enum Unhandled {
    /// It is none that rectify knows; it will not become one.
    #[error(transparent)]
    NotAnEvent(#[from] NotAnEvent),
    /// Not now.
    #[error("{0}")]
    Later(String),
    /// What handlers remember cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal cannot be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl Unhandled {
    /// How long a message of a queue waits that was received so often (1 is the first time) and not handled. What is no event comes
    /// again at once the first time: the queue soon has enough of it. A queue that gives a message up after five times does so after
    /// five minutes.
    pub fn pause(&self, received: u32) -> Duration {
        match self {
            // A queue may have no dead letters for it.
            Self::NotAnEvent(_) => Duration::from_secs(u64::from(received.saturating_sub(1).min(24)) * 5),
            _ => Duration::from_secs(u64::from(received.clamp(1, 9)).pow(2) * 10),
        }
    }

    pub(super) fn unread(unread: &Unread) -> Self {
        Self::Later(format!("{} could not be read: {}", unread.resource, unread.reason))
    }
}

impl From<ApplyError> for Unhandled {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Journal(error) | ApplyError::NotBegun(error) => Self::Journal(error),
            ApplyError::Expired { .. } => Self::Later(error.to_string()),
        }
    }
}
