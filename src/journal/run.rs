//! The journal: the append-only events of runs, over any store.
//!
//! | partition | sort | body |
//! |---|---|---|
//! | `run#RUN` | the record's number, ten digits | `{"at", "event", "hash"}` |
//! | `runs` | the run | `{"at", "number", "hash"}`: when it was started, and its last record |
//!
//! A run's records are a chain (`chain.rs` says how). A record is written before the run's line tells of it, and the line
//! before the next record. A process that ends before the first line leaves a run that is not listed and that has done
//! nothing: no call is sent before both stand there. What is listed has records, always.

use async_trait::async_trait;

use super::chain::{Broken, Chain, Found, Line, check, encode, sort_of};
use super::{Key, Store, StoreError};
use crate::model::{Event, Head, IllegalEvent, RunId};

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
    /// What whoever writes has to hold is not held any more.
    #[error("{0}: nothing more is written or sent")]
    Lost(String),
    /// It holds what rectify cannot have written.
    #[error(transparent)]
    Illegal(#[from] IllegalEvent),
    /// A run is not as it was written.
    #[error("run {run} is not as it was written: {broken}; nothing is done on its word")]
    Broken {
        /// The run.
        run: RunId,
        /// What is wrong with it.
        broken: Broken,
    },
    /// Of a run there is only a first record that is torn.
    #[error("run {0} has only a first record that is torn: it has done nothing, and there is nothing to go on with")]
    Nothing(RunId),
    /// It has no such run.
    #[error("there is no run {0}; `rectify runs` lists them")]
    NoRun(String),
    /// Every run begins with an empty name, so it names none.
    #[error("the name of the run is empty: say which run; `rectify runs` lists them")]
    EmptyRun,
    /// It has several.
    #[error("{1} runs begin with {0}; write more of its name")]
    ManyRuns(String, usize),
    /// Every plan begins with an empty digest, so it names none.
    #[error("the digest of the plan is empty: say which plan; `rectify plans` lists those that wait")]
    EmptyPlan,
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
    /// Writes a run's next record, durable when it returns, and moves the head on. Records of a run are numbered from 0 without
    /// gaps: a number that is taken is an error, so that two processes never write one run.
    async fn append(&self, run: &RunId, head: &mut Head, at: &str, event: &Event) -> Result<(), JournalError>;

    /// Has a run's line tell of its last record, before somebody goes on with the run: whoever wrote that record may have ended
    /// before.
    async fn take_up(&self, run: &RunId, head: &mut Head) -> Result<(), JournalError>;

    /// What stands of a run; without any record where there is no such run.
    async fn chain(&self, run: &RunId) -> Result<Chain, JournalError>;

    /// Every run, the newest first.
    async fn runs(&self) -> Result<Vec<RunId>, JournalError>;

    /// A run's events in order; empty where there is no such run. One that is not as it was written is an error.
    async fn events(&self, run: &RunId) -> Result<Vec<Stamped>, JournalError> {
        let chain = self.chain(run).await?;
        match chain.broken {
            Some(broken) => Err(JournalError::Broken { run: run.clone(), broken }),
            None => Ok(chain.records.into_iter().map(|record| (record.at, record.event)).collect()),
        }
    }
}

const RUNS: &str = "runs";

/// How often a line is written anew before the store is told to be too busy: only whoever writes the run writes it, and who
/// has written it before.
const ATTEMPTS: u32 = 5;

#[async_trait]
impl<S: Store + ?Sized> Journal for S {
    async fn append(&self, run: &RunId, head: &mut Head, at: &str, event: &Event) -> Result<(), JournalError> {
        let number = head.next;
        let (body, hash) = encode(run, head, at, event)
            .map_err(|error| StoreError { place: self.place(), message: error.to_string() })?;
        if !self.create(&Key::new(partition(run), sort_of(number)), &body, None).await? {
            return Err(JournalError::Taken { place: self.place(), run: run.clone(), number });
        }
        if number == 0 {
            at.clone_into(&mut head.started_at);
        }
        (head.next, head.link, head.torn) = (number.saturating_add(1), Some(hash), 0);
        self.take_up(run, head).await
    }

    async fn take_up(&self, run: &RunId, head: &mut Head) -> Result<(), JournalError> {
        let failed = |message: String| StoreError { place: self.place(), message };
        let (Some(number), Some(hash)) = (head.next.checked_sub(1), head.link.clone()) else { return Ok(()) };
        let key = Key::new(RUNS, run.as_str());
        let line = Line { at: head.started_at.clone(), number, hash };
        let body = serde_json::to_string(&line).map_err(|error| failed(error.to_string()))?;
        for _ in 0..ATTEMPTS {
            let written = match head.line {
                Some(version) => self.replace(&key, version, &body, None).await?,
                None => self.create(&key, &body, None).await?,
            };
            if written {
                head.line = Some(head.line.unwrap_or_default().saturating_add(1));
                return Ok(());
            }
            let stands = self.get(&key).await?;
            head.line = stands.as_ref().map(|item| item.version);
            let Some(item) = stands else { continue };
            let stands: Line = serde_json::from_str(&item.body)
                .map_err(|error| failed(format!("the line of run {run} cannot be read: {error}")))?;
            // It is written already, or somebody else has gone on: then the next record is refused.
            if stands.number > number || stands == line {
                return Ok(());
            }
        }
        Err(failed(format!("too many write the line of run {run} at once; try again later")).into())
    }

    async fn chain(&self, run: &RunId) -> Result<Chain, JournalError> {
        // The line first: of a record that is written meanwhile it does not know yet.
        let line = self.get(&Key::new(RUNS, run.as_str())).await?;
        let records = self.list_each(&partition(run)).await?;
        let records = records.into_iter().map(|(sort, item)| (sort, item.map(|item| item.body))).collect();
        Ok(check(run, &Found { records, line: line.map(|line| (line.body, line.version)) }))
    }

    async fn runs(&self) -> Result<Vec<RunId>, JournalError> {
        let lines = self.list_each(RUNS).await?;
        Ok(lines.into_iter().rev().map(|(run, _)| RunId::from(run)).collect())
    }
}

fn partition(run: &RunId) -> String {
    format!("run#{run}")
}
