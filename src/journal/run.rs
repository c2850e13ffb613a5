//! The journal: the append-only events of runs, over any store.
//!
//! | partition | sort | body |
//! |---|---|---|
//! | `run#RUN` | the event's number, ten digits | `{"at", "event"}` |
//! | `runs` | the run | `{"at"}` |
//!
//! A run's first event is written before its line in `runs`. A process that ends in between leaves a run that is not
//! listed and that has done nothing: no call is sent before both stand there. What is listed has events, always.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Key, Store, StoreError};
use crate::model::{Event, IllegalEvent, Run, RunId, RunState};

/// A journal that cannot be read or written; nothing is done that it has not written down before.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Somebody else writes the run.
    #[error("journal {place}: event {number} of run {run} is written already; another process goes on with this run")]
    Taken {
        /// Where it is.
        place: String,
        /// The run.
        run: RunId,
        /// The event's number.
        number: u64,
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
    /// No such plan waits.
    #[error("no plan {0} waits for approval")]
    NoPlan(String),
    /// Several do.
    #[error("{1} plans begin with {0}; write more of its digest")]
    ManyPlans(String, usize),
}

/// An event with its time, RFC 3339.
pub type Stamped = (String, Event);

/// Where the events of runs are kept: any [`Store`].
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

const RUNS: &str = "runs";

#[derive(Serialize)]
struct Written<'a> {
    at: &'a str,
    event: &'a Event,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    at: String,
    event: Event,
}

#[async_trait]
impl<S: Store + ?Sized> Journal for S {
    async fn append(&self, run: &RunId, number: u64, at: &str, event: &Event) -> Result<(), JournalError> {
        let body = serde_json::to_string(&Written { at, event });
        let body = body.map_err(|error| StoreError { place: self.place(), message: error.to_string() })?;
        let key = Key::new(partition(run), format!("{number:010}"));
        if !self.create(&key, &body, None).await? {
            return Err(JournalError::Taken { place: self.place(), run: run.clone(), number });
        }
        // The second one too: a run that was not listed yet, and that somebody goes on with by its whole name, sends calls
        // only after it.
        if number <= 1 {
            let line = serde_json::json!({ "at": at }).to_string();
            self.create(&Key::new(RUNS, run.as_str()), &line, None).await?;
        }
        Ok(())
    }

    async fn events(&self, run: &RunId) -> Result<Vec<Stamped>, JournalError> {
        let parse = |(_, item): (String, super::Item)| {
            let read: Result<Read, _> = serde_json::from_str(&item.body);
            let read = read.map_err(|error| StoreError {
                place: self.place(),
                message: format!("run {run} has an event that cannot be read: {error}"),
            })?;
            Ok((read.at, read.event))
        };
        self.list(&partition(run)).await?.into_iter().map(parse).collect()
    }

    async fn runs(&self) -> Result<Vec<RunId>, JournalError> {
        let mut runs: Vec<RunId> = self.list(RUNS).await?.into_iter().map(|(run, _)| RunId::from(run)).collect();
        runs.reverse();
        Ok(runs)
    }
}

fn partition(run: &RunId) -> String {
    format!("run#{run}")
}

/// A run as its events tell it. A name may be shortened as long as it is one run's; a whole one is read without a look
/// at the others.
pub async fn load(journal: &dyn Journal, name: &str) -> Result<Run, JournalError> {
    let whole = RunId::from(name);
    let events = journal.events(&whole).await?;
    if !events.is_empty() {
        return tell(whole, events);
    }
    let mut runs = journal.runs().await?;
    runs.retain(|run| run.as_str().starts_with(name));
    match runs.as_slice() {
        [run] => tell(run.clone(), journal.events(run).await?),
        [] => Err(JournalError::NoRun(name.to_owned())),
        [..] => Err(JournalError::ManyRuns(name.to_owned(), runs.len())),
    }
}

fn tell(id: RunId, events: Vec<Stamped>) -> Result<Run, JournalError> {
    let written = u64::try_from(events.len()).unwrap_or(u64::MAX);
    let mut events = events.into_iter();
    let (started_at, first) = events.next().ok_or_else(|| JournalError::NoRun(id.to_string()))?;
    let mut state = RunState::begin(&id, first)?;
    let mut updated_at = started_at.clone();
    for (at, event) in events {
        state.apply(&id, event)?;
        updated_at = at;
    }
    Ok(Run { id, started_at, updated_at, state, written })
}
