//! Writes a run's events, each before its effect, through the one transition function.

use jiff::Timestamp;

use crate::journal::{Journal, JournalError};
use crate::model::{Event, Run, RunId, RunState};

/// A run that is being written.
pub(super) struct Recorder<'a> {
    journal: &'a dyn Journal,
    clock: fn() -> Timestamp,
    pub run: RunId,
    pub state: RunState,
    next: u64,
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
        journal.append(&run, 0, &clock().to_string(), &first).await?;
        Ok(Self { journal, clock, run, state, next: 1 })
    }

    /// Goes on with a run from the events that it had: whoever else writes one meanwhile takes its number, and is noticed.
    pub fn resume(journal: &'a dyn Journal, clock: fn() -> Timestamp, run: Run) -> Self {
        Self { journal, clock, run: run.id, state: run.state, next: run.written }
    }

    /// Writes the next event; one that cannot follow is an error, and not written.
    pub async fn record(&mut self, event: Event) -> Result<(), JournalError> {
        let mut next = self.state.clone();
        next.apply(&self.run, event.clone())?;
        self.journal.append(&self.run, self.next, &(self.clock)().to_string(), &event).await?;
        self.state = next;
        self.next += 1;
        Ok(())
    }
}
