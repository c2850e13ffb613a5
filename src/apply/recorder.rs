//! Writes a run's events, each before its effect, through the one transition function.

use jiff::Timestamp;

use crate::cloud::CallError;
use crate::journal::{Journal, JournalError};
use crate::model::{Event, Head, Run, RunId, RunState, Sent};

/// A run that is being written.
pub(super) struct Recorder<'a> {
    journal: &'a dyn Journal,
    clock: fn() -> Timestamp,
    pub run: RunId,
    pub state: RunState,
    head: Head,
}

impl<'a> Recorder<'a> {
    /// Begins a run with its first event.
    pub async fn begin(
        journal: &'a dyn Journal,
        clock: fn() -> Timestamp,
        run: RunId,
        first: Event,
    ) -> Result<Self, JournalError> {
        let state = RunState::begin(&run, first.clone())?;
        let mut head = Head::default();
        journal.append(&run, &mut head, &clock().to_string(), &first).await?;
        Ok(Self { journal, clock, run, state, head })
    }

    /// Goes on with a run from the events that it had by one that says who does: whoever else writes one meanwhile takes its
    /// number, and is noticed.
    pub async fn resume(
        journal: &'a dyn Journal,
        clock: fn() -> Timestamp,
        run: Run,
        resumed: Event,
    ) -> Result<Self, JournalError> {
        let mut recorder = Self { journal, clock, run: run.id, state: run.state, head: run.head };
        journal.take_up(&recorder.run, &mut recorder.head).await?;
        recorder.record(resumed).await?;
        Ok(recorder)
    }

    /// Writes the next event; one that cannot follow is an error, and not written.
    pub async fn record(&mut self, event: Event) -> Result<(), JournalError> {
        let mut next = self.state.clone();
        next.apply(&self.run, event.clone())?;
        self.journal.append(&self.run, &mut self.head, &(self.clock)().to_string(), &event).await?;
        self.state = next;
        Ok(())
    }
}

/// AWS's id of a request that was refused.
pub(super) fn refused_request(sent: &Result<Sent, CallError>) -> Option<String> {
    sent.as_ref().err().and_then(|error| error.request_id.clone())
}
