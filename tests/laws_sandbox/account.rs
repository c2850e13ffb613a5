//! A sandbox that remembers what was sent to it, and runs on it.

use std::sync::{Mutex, PoisonError};

use rectify::apply::undo_plan;
use rectify::cloud::{CallError, Cloud, Sandbox};
use rectify::engine::Assessment;
use rectify::journal::Sqlite;
use rectify::model::{Call, Change, Plan, Run, RunKind, Sent, Snapshot};

use super::support::WireCall;
use super::support::over_sandbox::cloud_over_sandbox;
use super::worlds::{World, wait};

/// An account of documents, on which plans are made, applied and undone.
pub struct Account<'a> {
    world: &'a World,
    sandbox: Sandbox,
    sent: Mutex<Vec<WireCall>>,
    journal: Sqlite,
}

cloud_over_sandbox!(Account<'_>);

impl<'a> Account<'a> {
    /// The world as an account.
    pub fn of(world: &'a World) -> Self {
        let sandbox = world.sandbox();
        Self { world, sandbox, sent: Mutex::default(), journal: Sqlite::memory().unwrap() }
    }

    /// The documents as they are, whole.
    pub fn documents(&self) -> Snapshot {
        self.sandbox.world().clone()
    }

    /// The calls since the last time.
    pub fn sent(&self) -> Vec<WireCall> {
        std::mem::take(&mut *self.sent.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What a reading brings: the parts that policies and playbooks ask for, and nothing else.
    pub fn read(&self) -> Snapshot {
        self.world.read(self)
    }

    /// A plan for everything, from a new reading.
    pub fn plan(&self) -> Plan {
        self.world.plan(self)
    }

    /// A plan for everything in a snapshot.
    pub fn plan_over(&self, snapshot: &Snapshot) -> Plan {
        self.world.plan_over(snapshot)
    }

    /// The findings of a new reading.
    pub fn assess(&self) -> Assessment {
        self.world.assessor().assess(&self.read(), None)
    }

    /// Applies a plan.
    pub fn apply(&self, plan: &Plan) -> Run {
        self.run(RunKind::Apply, plan.clone(), None)
    }

    /// Takes a run back; gives the run that did it, and what cannot be taken back and why.
    pub fn undo(&self, run: &Run) -> (Run, Vec<(Change, String)>) {
        let (back, stays) = wait(undo_plan(run, self, &self.world.types, false)).unwrap();
        (self.run(RunKind::Undo, back, Some(run)), stays)
    }

    fn run(&self, kind: RunKind, plan: Plan, of: Option<&Run>) -> Run {
        wait(self.world.executor(self, &self.journal).apply(kind, plan, of.map(|run| run.id.clone()))).unwrap()
    }

    async fn answer(&self, type_name: &str, region: &str, call: &Call) -> Result<Sent, CallError> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(WireCall::from(call));
        self.sandbox.send(type_name, region, call).await
    }
}
