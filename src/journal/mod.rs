//! Floor 4: the append-only events of runs.

mod sqlite;

use async_trait::async_trait;

pub use sqlite::Sqlite;

use crate::model::{Event, IllegalEvent, Run, RunId, RunState};

/// A journal that cannot be read or written; nothing is done that it has not written down before.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The store failed.
    #[error("journal {place}: {message}")]
    Store {
        /// Where it is.
        place: String,
        /// What the store said.
        message: String,
    },
    /// It holds what rectify cannot have written.
    #[error(transparent)]
    Illegal(#[from] IllegalEvent),
    /// It has no such run.
    #[error("there is no run {0}; `rectify runs` lists them")]
    NoRun(String),
    /// It has several.
    #[error("{1} runs begin with {0}; write more of its name")]
    ManyRuns(String, usize),
}

/// An event with its time, RFC 3339.
pub type Stamped = (String, Event);

/// Where the events of runs are kept.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Writes a run's next event, durable when it returns. Events of a run are numbered from 0 without gaps: a number
    /// that is taken is an error, so that two processes never write one run.
    async fn append(&self, run: &RunId, number: u64, at: &str, event: &Event) -> Result<(), JournalError>;

    /// A run's events in order; empty where there is no such run.
    async fn events(&self, run: &RunId) -> Result<Vec<Stamped>, JournalError>;

    /// Every run, the newest first.
    async fn runs(&self) -> Result<Vec<RunId>, JournalError>;
}

/// A run as its events tell it. A name may be shortened as long as it is one run's.
pub async fn load(journal: &dyn Journal, name: &str) -> Result<Run, JournalError> {
    let runs = journal.runs().await?;
    let found: Vec<&RunId> = runs.iter().filter(|run| run.as_str().starts_with(name)).collect();
    let id = match (runs.iter().find(|run| run.as_str() == name), found.as_slice()) {
        (Some(run), _) => run.clone(),
        (None, [run]) => RunId::clone(run),
        (None, []) => return Err(JournalError::NoRun(name.to_owned())),
        (None, [..]) => return Err(JournalError::ManyRuns(name.to_owned(), found.len())),
    };
    let events = journal.events(&id).await?;
    let written = u64::try_from(events.len()).unwrap_or(u64::MAX);
    let mut events = events.into_iter();
    let (started_at, first) = events.next().ok_or_else(|| JournalError::NoRun(name.to_owned()))?;
    let mut state = RunState::begin(&id, first)?;
    let mut updated_at = started_at.clone();
    for (at, event) in events {
        state.apply(&id, event)?;
        updated_at = at;
    }
    Ok(Run { id, started_at, updated_at, state, written })
}
