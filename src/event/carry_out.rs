//! Carries a plan out, as a run that whoever is told of the event again goes on with.

use jiff::SignedDuration;
use tracing::info;

use super::decide::Case;
use super::mode::Mode;
use super::notice::Subject;
use super::outcome::{Fate, Looked, Unhandled};
use crate::apply::{Executor, FencedCloud, FencedJournal, Options, new_run, taken_back};
use crate::engine::{Assessor, Settings, lapsed};
use crate::journal::{Fix, JournalError, load, run_key};
use crate::model::{Cause, ChangeOutcome, Mandate, Plan, ResourceKey, Run, RunId, RunKind, RunOutcome};

impl Case<'_> {
    /// Applies a plan, as a run that whoever is told of the event again goes on with.
    pub(super) async fn apply(&mut self, plan: Plan) -> Result<(), Unhandled> {
        let id = new_run();
        let now = (self.handler.clock)();
        self.handler.ledger.note_run(self.work.claim, &id, now).await?;
        for change in &plan.changes {
            self.handler.ledger.note_change(&change.resource, &id, now).await?;
        }
        info!(event = self.work.event, run = %id, changes = plan.changes.len(), "run begins");
        let settings = self.handler.now();
        self.hold(&run_key(&id)).await?;
        let (journal, cloud) = self.fenced();
        let run =
            self.executor(&settings, &journal, &cloud).start(id, RunKind::Apply, plan, None, self.mandate()).await?;
        self.ended(run).await
    }

    /// Goes on with a run whose handler was stopped or has died; none where it has ended, or never began.
    pub async fn resume(mut self, id: &RunId) -> Result<Option<Looked>, Unhandled> {
        let run = match load(&self.handler.journal, id.as_str()).await {
            Ok(run) => run,
            Err(JournalError::NoRun(_)) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        self.hold(&run_key(&run.id)).await?;
        for change in &run.state.plan.changes {
            self.hold(&change.resource).await?;
        }
        // Whoever had it may have gone on with it.
        let run = load(&self.handler.journal, id.as_str()).await?;
        if !unfinished(&run) {
            // What is told of it may not have been.
            self.ended(run).await?;
            return Ok(None);
        }
        if let Some(why) = self.not_now(&run).await? {
            return Err(Unhandled::Later(format!(
                "run {id} has not ended, and does not go on: {why}; `rectify runs resume {id}` does, and then `rectify undo {id}` takes it back"
            )));
        }
        info!(event = self.work.event, run = %run.id, "run goes on");
        let parameters = run.state.plan.parameters.clone();
        let settings = Settings { parameters, ..self.handler.now() };
        let (journal, cloud) = self.fenced();
        let run = self.executor(&settings, &journal, &cloud).resume_on(run, self.mandate(), None).await?;
        self.ended(run).await?;
        let verified = self.run.as_ref().is_some_and(|run| run.state.outcome == Some(RunOutcome::Verified));
        Ok(Some(self.looked(None, if verified { Fate::Fixed } else { Fate::Unfixed })))
    }

    /// Why a run may not go on: what has allowed it may not be true any more.
    async fn not_now(&self, run: &Run) -> Result<Option<String>, Unhandled> {
        let (handler, plan) = (self.handler, &run.state.plan);
        let now = (handler.clock)();
        Ok(if handler.mode == Mode::Observe {
            Some("this handler only observes".to_owned())
        } else if let Some(halt) = handler.ledger.halted().await? {
            Some(format!("{} has switched changes off: {}", halt.by, halt.reason))
        } else if let Some(frozen) = handler.settings.freeze.at(now, &plan.account) {
            Some(format!("account {} is {frozen}", plan.account))
        } else if let Some(back) = taken_back(&handler.journal, run).await? {
            Some(format!("run {back} has taken it back"))
        } else if plan.fingerprint_key != handler.settings.fingerprint_key {
            Some("its plan was made with another fingerprint key".to_owned())
        } else {
            let settings = handler.now();
            let assessor = Assessor { bundle: &handler.bundle, types: &handler.types, settings: &settings };
            lapsed(plan, &run.state.ahead(), &assessor, now)
        })
    }

    /// The event, and whoever caused it.
    fn mandate(&self) -> Mandate {
        let actor = self.work.who.map(|who| who.arn.clone());
        Mandate { cause: Some(Cause { id: self.work.event.to_owned(), actor }), ..Mandate::default() }
    }

    /// Holds a resource, or leaves the event for later.
    async fn hold(&self, key: &ResourceKey) -> Result<(), Unhandled> {
        self.work.hold.take(key).await?.map_err(|holder| Unhandled::Later(holder.to_string()))
    }

    /// The journal and the account, for as long as everything is held.
    fn fenced(&self) -> (FencedJournal<'_>, FencedCloud<'_>) {
        let hold = &self.work.hold.resources;
        (FencedJournal { journal: &self.handler.journal, hold }, FencedCloud { cloud: self.work.cloud, hold })
    }

    fn executor<'b>(
        &'b self,
        settings: &'b Settings,
        journal: &'b FencedJournal<'b>,
        cloud: &'b FencedCloud<'b>,
    ) -> Executor<'b> {
        let handler = self.handler;
        Executor {
            cloud,
            types: &handler.types,
            assessor: Assessor { bundle: &handler.bundle, types: &handler.types, settings },
            journal,
            options: Options::default(),
            clock: handler.clock,
            stop: &self.work.hold.resources.stop,
            progress: &|_| {},
        }
    }

    /// Notes what a run has come to, and tells.
    async fn ended(&mut self, run: Run) -> Result<(), Unhandled> {
        if run.state.outcome == Some(RunOutcome::Stopped) {
            return Err(Unhandled::Later(format!("run {} was stopped between two changes, and goes on later", run.id)));
        }
        let (ledger, now) = (&self.handler.ledger, (self.handler.clock)());
        let window = SignedDuration::from_hours(i64::from(self.handler.options.quarantine.within_hours));
        for change in &run.state.plan.changes {
            let outcome = run.state.changes.get(&change.id).and_then(|progress| progress.outcome);
            // One that did not take counts too: whoever fights it may be the reason.
            if matches!(outcome, Some(ChangeOutcome::Verified | ChangeOutcome::Unverified))
                && let Some(lease) = self.work.hold.lease(&change.resource).await
            {
                let findings = run.state.plan.findings.iter().filter(|finding| change.fixes.contains(&finding.id));
                let policies = findings.map(|finding| finding.policy.clone()).collect();
                let who = self.work.who.map(|who| who.arn.clone());
                let fix = Fix { run: run.id.clone(), policies, who, at: now };
                ledger.fixed(&lease, fix, window).await?;
            }
            ledger.forget_change(&change.resource, &run.id, now).await?;
        }
        let verified = run.state.outcome == Some(RunOutcome::Verified);
        let count = run.state.plan.changes.len();
        let summary = if verified {
            format!("{count} {} made and verified.", if count == 1 { "change was" } else { "changes were" })
        } else {
            format!("Run {} did not come to a verified end.", run.id)
        };
        info!(event = self.work.event, run = %run.id, verified, "run ended");
        let plan = run.state.plan.clone();
        self.run = Some(run);
        self.notify(Subject::RunFinished, &plan, summary).await
    }
}

/// Whether a run has still something to do.
fn unfinished(run: &Run) -> bool {
    matches!(run.state.outcome, None | Some(RunOutcome::Stopped))
}
