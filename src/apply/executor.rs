//! Applies a plan, change by change.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::canary::chosen;
use super::failure::{Next, next};
use super::late::Late;
use super::pace::{Pace, Paused, Wait};
use super::recorder::Recorder;
use crate::cloud::{CallError, Cloud};
use crate::engine::{Assessor, Bundle, Frozen, sha256};
use crate::journal::{Journal, JournalError};
use crate::model::{
    Cause, Change, ChangeId, ChangeOutcome, Event, Finding, Hash, Mandate, OnFailure, Plan, PolicyId, ResourceTypes,
    Run, RunId, RunKind, RunOutcome, RunState, Terms, Who,
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
    /// It waits for so long, and why.
    Waits(Duration, Wait),
    /// The account is frozen by now: the changes that are left are not begun.
    Frozen(&'a Frozen),
}

/// A run that could not go on; what was begun stands in the journal.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The journal failed. Nothing is done that it has not written down.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// It failed before the run was begun: nothing has happened.
    #[error("the run could not be written down, and nothing was begun: {0}")]
    NotBegun(JournalError),
    /// The credentials have ended in the middle of the run, which goes on as soon as there are others.
    #[error("run {run} stopped, because the credentials are not valid any more: {error}")]
    Expired {
        /// The run.
        run: RunId,
        /// What the service said.
        error: Box<CallError>,
    },
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
        self.start(new_run(), kind, plan, of, Mandate::default()).await
    }

    /// The same under a name that was made before ([`new_run`]), and is noted somewhere by now, on somebody's word.
    pub async fn start(
        &self,
        id: RunId,
        kind: RunKind,
        plan: Plan,
        of: Option<RunId>,
        mandate: Mandate,
    ) -> Result<Run, ApplyError> {
        let Mandate { approvals, during_freeze, cause } = mandate;
        let (by, policies) = (self.who(cause), versions(&plan, self.assessor.bundle));
        let (plan, during_freeze, terms) = (Box::new(plan), during_freeze.map(Box::new), self.terms(kind));
        let first = Event::RunStarted { kind, plan, of, terms, by, policies, approvals, during_freeze };
        let begun = Recorder::begin(self.journal, self.clock, id, first).await;
        let recorder = begun.map_err(ApplyError::NotBegun)?;
        // Boxed, as `one` is: whoever awaits a run does not hold all that it may be at on the stack.
        Box::pin(self.go_on(recorder, Vec::new())).await
    }

    /// Goes on with a run that was stopped, or whose process ended.
    pub async fn resume(&self, run: Run) -> Result<Run, ApplyError> {
        self.resume_on(run, Mandate::default(), None).await
    }

    /// The same on somebody's word. Where there is a reason to begin nothing more, what was begun is brought to its end.
    pub async fn resume_on(&self, run: Run, mandate: Mandate, halt: Option<String>) -> Result<Run, ApplyError> {
        let during_freeze = mandate.during_freeze.map(Box::new);
        let resumed = Event::RunResumed { by: self.who(mandate.cause), torn: run.head.torn, during_freeze };
        let begun = self.begun(&run).await?;
        let mut recorder = Recorder::resume(self.journal, self.clock, run, resumed).await?;
        if let Some(reason) = halt {
            recorder.record(Event::RunHalted { reason }).await?;
        }
        Box::pin(self.go_on(recorder, begun)).await
    }

    fn who(&self, event: Option<Cause>) -> Who {
        Who { caller: self.cloud.caller().to_owned(), event }
    }

    async fn go_on(&self, mut recorder: Recorder<'_>, begun: Vec<Timestamp>) -> Result<Run, ApplyError> {
        let terms = recorder.state.terms;
        let canaries = chosen(&recorder.state.plan, terms.canary.as_ref());
        let mut pace = Pace::new(terms.max_per_minute, begun);
        let mut paused = Paused::Over;
        while paused == Paused::Over {
            let next = next(&recorder.state, &canaries);
            if matches!(next, Next::End) {
                break;
            }
            if self.stop.load(Ordering::SeqCst) {
                paused = Paused::Stopped;
                break;
            }
            match next {
                Next::Make(change) => {
                    let begun = |recorder: &Recorder<'_>| {
                        recorder.state.progress(&change.id).is_some_and(|progress| progress.started)
                    };
                    let fresh = !begun(&recorder);
                    if fresh {
                        paused = self.pause(Wait::Pace, |now| pace.left(now)).await;
                    }
                    // It may have begun long after whoever began the run looked.
                    if let Some(frozen) = self.frozen(&recorder.state).filter(|_| fresh) {
                        (self.progress)(Progress::Frozen(&frozen));
                        paused = Paused::Stopped;
                    }
                    if paused == Paused::Over {
                        let now = (self.clock)();
                        self.make(&mut recorder, &change).await?;
                        if fresh && begun(&recorder) {
                            pace.begin(now);
                        }
                    }
                }
                Next::TakeBack(change) => self.make(&mut recorder, &change).await?,
                Next::Undo(due) => self.begin_to_undo(&mut recorder, due).await?,
                Next::Halt(reason) => recorder.record(Event::RunHalted { reason }).await?,
                Next::Watch => self.watch(&mut recorder, &canaries).await?,
                Next::LookAgain(watch) => paused = self.look_again(&mut recorder, &watch).await?,
                Next::End => {}
            }
        }
        let outcome = run_outcome(&recorder.state, paused);
        recorder.record(Event::RunFinished { outcome }).await?;
        Ok(crate::journal::load(self.journal, recorder.run.as_str()).await?)
    }

    /// What freezes the account, unless somebody has spoken against it.
    fn frozen(&self, state: &RunState) -> Option<Frozen> {
        let now = (self.clock)();
        let frozen = self.assessor.settings.freeze.at(now, &state.plan.account)?;
        let lasts = |until: &String| until.parse().is_ok_and(|until: Timestamp| now < until);
        let spoken = state.during_freeze.iter().any(|word| word.until.as_ref().is_none_or(lasts));
        (!spoken).then_some(frozen)
    }

    /// When the changes of a run were begun, for its pace when it goes on.
    async fn begun(&self, run: &Run) -> Result<Vec<Timestamp>, ApplyError> {
        let events = self.journal.events(&run.id).await?;
        let started = |event: &Event| matches!(event, Event::ChangeStarted { change, .. } if run.state.changes.contains_key(change));
        let started = events.into_iter().filter(|(_, event)| started(event));
        Ok(started.filter_map(|(at, _)| at.parse().ok()).collect())
    }

    /// Brings one change to its end.
    async fn make(&self, recorder: &mut Recorder<'_>, change: &Change) -> Result<(), ApplyError> {
        (self.progress)(Progress::Started(change));
        let late = late(&recorder.state);
        Box::pin(self.one(recorder, &self.as_read(change), &late)).await?;
        let progress = recorder.state.progress(&change.id);
        if let Some((outcome, progress)) = progress.and_then(|progress| Some((progress.outcome?, progress))) {
            (self.progress)(Progress::Ended(change, outcome, progress.reason.as_deref()));
        }
        Ok(())
    }

    /// A change as it is verified: what is planned is compared with what is read, and that has no secrets.
    pub(super) fn as_read(&self, change: &Change) -> Change {
        let after = change.after.clone().map(|after| self.cloud.as_read(after));
        Change { after, ..change.clone() }
    }

    /// What a run goes by that begins now. What takes a run back goes as far as it can.
    fn terms(&self, kind: RunKind) -> Terms {
        let settings = self.assessor.settings;
        let terms = Terms {
            on_failure: settings.on_failure,
            max_failures: settings.limits.max_failures,
            max_per_minute: settings.limits.max_per_minute,
            canary: settings.canary,
        };
        match kind {
            RunKind::Apply => terms,
            RunKind::Undo => Terms { on_failure: OnFailure::Continue, canary: None, max_per_minute: u32::MAX, ..terms },
        }
    }
}

/// A name for a run; it sorts by the time at which it is made.
pub fn new_run() -> RunId {
    RunId::from(Uuid::now_v7().simple().to_string())
}

/// The digest of the text of each policy that found what a plan fixes.
fn versions(plan: &Plan, bundle: &Bundle) -> BTreeMap<PolicyId, Hash> {
    let fixed = |finding: &&Finding| plan.changes.iter().any(|change| change.fixes.contains(&finding.id));
    let found = plan.findings.iter().filter(fixed).filter_map(|finding| bundle.policies.find(finding.policy.as_str()));
    found.map(|policy| (policy.id().clone(), sha256(policy.source.text.as_bytes()))).collect()
}

/// How a change of a run ended.
pub(super) fn outcome(state: &RunState, id: &ChangeId) -> Option<ChangeOutcome> {
    state.progress(id).and_then(|progress| progress.outcome)
}

/// What is known by now of what the run has created.
pub(super) fn late(state: &RunState) -> Late {
    let undoing = state.undoing.iter().map(|undoing| (&undoing.reversal.change.id, &undoing.progress));
    let mut late = Late::default();
    for (id, progress) in state.changes.iter().chain(undoing) {
        progress.created.iter().for_each(|created| late.created(id.as_str(), created));
    }
    late
}

fn run_outcome(state: &RunState, paused: Paused) -> RunOutcome {
    let mut outcomes = state.changes.values().map(|progress| progress.outcome);
    if paused == Paused::Stopped {
        RunOutcome::Stopped
    } else if state.needs_a_person() {
        RunOutcome::Stuck
    } else if outcomes.all(|outcome| outcome == Some(ChangeOutcome::Verified)) {
        RunOutcome::Verified
    } else {
        RunOutcome::Incomplete
    }
}
