//! Applies a plan, change by change.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::late::Late;
use super::recorder::Recorder;
use crate::cloud::Cloud;
use crate::engine::Assessor;
use crate::journal::{Journal, JournalError};
use crate::model::{
    Change, ChangeId, ChangeOutcome, Event, Plan, ResourceTypes, Run, RunId, RunKind, RunOutcome, RunState,
};

/// How patient a run is.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How long a service may take to settle after a call (Lambda's LastUpdateStatus).
    pub settle: Duration,
    /// How long a read may lag behind a write before the change counts as not taken: IAM is eventually consistent.
    pub lag: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { settle: Duration::from_secs(60), lag: Duration::from_secs(5) }
    }
}

/// What a run tells while it goes on.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// A change is begun.
    Started(&'a Change),
    /// A change has ended.
    Ended(&'a Change, ChangeOutcome, Option<&'a str>),
}

/// A run that could not go on; what was begun stands in the journal.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The journal failed. Nothing is done that it has not written down.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Sends plans' calls.
pub struct Executor<'a> {
    /// The account.
    pub cloud: &'a dyn Cloud,
    /// The types.
    pub types: &'a ResourceTypes,
    /// Who evaluates the policies again.
    pub assessor: Assessor<'a>,
    /// Where events are kept.
    pub journal: &'a dyn Journal,
    /// How patient it is.
    pub options: Options,
    /// The time that events are stamped with.
    pub clock: fn() -> Timestamp,
    /// Set to have the run stop before its next change.
    pub stop: &'a AtomicBool,
    /// Told what goes on.
    pub progress: &'a (dyn Fn(Progress<'_>) + Send + Sync),
}

impl Executor<'_> {
    /// Applies the changes of a plan that passed the gate, in order.
    pub async fn apply(&self, kind: RunKind, plan: Plan, of: Option<RunId>) -> Result<Run, ApplyError> {
        self.start(new_run(), kind, plan, of).await
    }

    /// The same under a name that was made before ([`new_run`]), and is noted somewhere by now.
    pub async fn start(&self, id: RunId, kind: RunKind, plan: Plan, of: Option<RunId>) -> Result<Run, ApplyError> {
        let first = Event::RunStarted { kind, plan: Box::new(plan), of };
        let recorder = Recorder::begin(self.journal, self.clock, id, first).await?;
        self.go_on(recorder).await
    }

    /// Goes on with a run that was stopped, or whose process ended.
    pub async fn resume(&self, run: Run) -> Result<Run, ApplyError> {
        let recorder = Recorder::resume(self.journal, self.clock, run);
        self.go_on(recorder).await
    }

    async fn go_on(&self, mut recorder: Recorder<'_>) -> Result<Run, ApplyError> {
        let changes = recorder.state.plan.changes.clone();
        let mut stopped = false;
        for change in &changes {
            if outcome(&recorder.state, &change.id).is_some() {
                continue;
            }
            if self.stop.load(Ordering::SeqCst) {
                stopped = true;
                break;
            }
            (self.progress)(Progress::Started(change));
            let late = late(&recorder.state);
            self.one(&mut recorder, change, &late).await?;
            if let Some(progress) = recorder.state.changes.get(&change.id)
                && let Some(outcome) = progress.outcome
            {
                (self.progress)(Progress::Ended(change, outcome, progress.reason.as_deref()));
                // What a person has to look at first may be what the next change rests on.
                if outcome == ChangeOutcome::Stuck {
                    break;
                }
            }
        }
        let outcome = run_outcome(&recorder.state, stopped);
        recorder.record(Event::RunFinished { outcome }).await?;
        Ok(crate::journal::load(self.journal, recorder.run.as_str()).await?)
    }
}

/// A name for a run; it sorts by the time at which it is made.
pub fn new_run() -> RunId {
    RunId::from(Uuid::now_v7().simple().to_string())
}

/// How a change of a run ended.
pub(super) fn outcome(state: &RunState, id: &ChangeId) -> Option<ChangeOutcome> {
    state.changes.get(id).and_then(|progress| progress.outcome)
}

/// What is known by now of what the run has created.
fn late(state: &RunState) -> Late {
    let mut late = Late::default();
    for (id, progress) in &state.changes {
        progress.created.iter().for_each(|created| late.created(id.as_str(), created));
    }
    late
}

fn run_outcome(state: &RunState, stopped: bool) -> RunOutcome {
    let mut outcomes = state.changes.values().map(|progress| progress.outcome);
    if outcomes.clone().any(|outcome| outcome == Some(ChangeOutcome::Stuck)) {
        RunOutcome::Stuck
    } else if stopped {
        RunOutcome::Stopped
    } else if outcomes.all(|outcome| outcome == Some(ChangeOutcome::Verified)) {
        RunOutcome::Verified
    } else {
        RunOutcome::Incomplete
    }
}
