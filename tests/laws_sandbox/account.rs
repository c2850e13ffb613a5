//! A sandbox that remembers what was sent to it, and runs on it.

use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rectify::apply::{Executor, Options, undo_plan};
use rectify::cloud::{CallError, Cloud, Listing, Sandbox, gather};
use rectify::engine::{Assessment, Planner};
use rectify::journal::Sqlite;
use rectify::model::{Call, Change, Parts, Place, Plan, Resource, ResourceKey, Run, RunKind, Sent, Snapshot};

use super::support::WireCall;
use super::worlds::World;

/// An account of documents, on which plans are made, applied and undone.
pub struct Account<'a> {
    world: &'a World,
    sandbox: Sandbox,
    sent: Mutex<Vec<WireCall>>,
    journal: Sqlite,
}

impl<'a> Account<'a> {
    /// The world as an account.
    pub fn of(world: &'a World) -> Self {
        let sandbox = Sandbox::memory(world.snapshot.clone(), world.types.clone());
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
        let (types, reading) = (&self.world.types, &self.world.reading);
        wait(gather(self, types, reading, self.world.settings.now.to_string(), &|_, _| {}))
    }

    /// A plan for everything, from a new reading.
    pub fn plan(&self) -> Plan {
        self.plan_over(&self.read())
    }

    /// A plan for everything in a snapshot.
    pub fn plan_over(&self, snapshot: &Snapshot) -> Plan {
        Planner { assessor: self.world.assessor(), reading: &self.world.reading }.plan(snapshot, |_| true)
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
        let executor = Executor {
            cloud: self,
            types: &self.world.types,
            assessor: self.world.assessor(),
            journal: &self.journal,
            // A sandbox does at once what it does at all.
            options: Options { settle: Duration::ZERO, lag: Duration::ZERO },
            clock: Timestamp::now,
            stop: &AtomicBool::new(false),
            progress: &|_| {},
        };
        wait(executor.apply(kind, plan, of.map(|run| run.id.clone()))).unwrap()
    }
}

#[async_trait]
impl Cloud for Account<'_> {
    fn place(&self) -> &Place {
        self.sandbox.place()
    }

    fn regions(&self) -> &[String] {
        self.sandbox.regions()
    }

    async fn list(&self, type_name: &str, region: &str, within: Option<&str>, parts: &Parts) -> Listing {
        self.sandbox.list(type_name, region, within, parts).await
    }

    async fn read(&self, key: &ResourceKey, parts: &Parts) -> Result<Option<Resource>, CallError> {
        self.sandbox.read(key, parts).await
    }

    async fn send(&self, type_name: &str, region: &str, call: &Call) -> Result<Sent, CallError> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(WireCall::from(call));
        self.sandbox.send(type_name, region, call).await
    }
}

fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}
