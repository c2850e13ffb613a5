//! An account that refuses what a test says, a run over it, and how all of it ended in one line each.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rectify::apply::{ApplyError, Executor, Options, Progress, Standing, standing};
use rectify::cloud::{CallError, CallErrorKind, Cloud, Sandbox};
use rectify::engine::{Settings, differences, inside};
use rectify::journal::{Chain, Journal, JournalError, Sqlite, StoreError};
use rectify::model::{
    Call, Change, ChangeOutcome, Event, Head, Plan, Resource, ResourceKey, Run, RunId, RunKind, Sent, Snapshot,
};

use super::Engine;
use super::over_sandbox::{cloud_over_sandbox, failed};

/// A call in short: what is done to what, `+` forwards and `-` back.
pub fn short(call: &Call) -> String {
    let text = |name: &str| call.input[name].as_str().unwrap_or_default().to_owned();
    let function = || text("FunctionName");
    match call.operation.as_str() {
        "AttachRolePolicy" => format!("+role {}", text("RoleName")),
        "DetachRolePolicy" => format!("-role {}", text("RoleName")),
        "EnableKeyRotation" => "+key".to_owned(),
        "DisableKeyRotation" => "-key".to_owned(),
        "UpdateFunctionConfiguration" if call.input["TracingConfig"]["Mode"] == "Active" => {
            format!("+function {}", function())
        }
        "UpdateFunctionConfiguration" => format!("-function {}", function()),
        "AddPermission" if call.input["SourceAccount"].is_null() => format!("-permission {}", function()),
        "AddPermission" => format!("+permission {}", function()),
        "RemovePermission" => format!("remove {}", function()),
        other => format!("{other} {}", call.input),
    }
}

/// Whether a call is refused, from how many were sent before it and its operation.
type Refuses = dyn Fn(usize, &str) -> bool + Send + Sync;

/// A sandbox that refuses some calls.
pub struct Scripted {
    pub sandbox: Sandbox,
    refuses: Box<Refuses>,
    sent: Mutex<Vec<String>>,
    /// What is told of a resource where it is to be another.
    pub before: Snapshot,
}

cloud_over_sandbox!(Scripted);

impl Scripted {
    /// Refuses the calls that are told of so, each time.
    pub fn new(engine: &Engine, refused: &[&str]) -> Self {
        let refused: BTreeSet<String> = refused.iter().map(|call| (*call).to_owned()).collect();
        Self::by(engine, move |_, call| refused.contains(call))
    }

    /// Refuses calls by their number, from 0, and what they are.
    pub fn by(engine: &Engine, refuses: impl Fn(usize, &str) -> bool + Send + Sync + 'static) -> Self {
        let before = engine.demo();
        let sandbox = Sandbox::memory(before.clone(), engine.types.clone());
        Self { sandbox, refuses: Box::new(refuses), sent: Mutex::default(), before }
    }

    /// What was sent, in order, also what was refused.
    pub fn sent(&self) -> Vec<String> {
        self.sent.lock().unwrap().clone()
    }

    /// Refuses nothing any more.
    pub fn healed(mut self) -> Self {
        self.refuses = Box::new(|_, _| false);
        self
    }

    /// Somebody changes a property of a resource.
    pub fn meddle(&self, id: &str, name: &str, value: serde_json::Value) {
        let mut world = self.sandbox.world();
        let has = |found: &&std::sync::Arc<Resource>| found.id == id && !found.properties[name].is_null();
        let mut document = Resource::clone(world.resources().find(has).unwrap());
        document.properties[name] = value;
        world.insert(document);
    }

    async fn answer(&self, type_name: &str, region: &str, call: &Call) -> Result<Sent, CallError> {
        let short = short(call);
        let number = {
            let mut sent = self.sent.lock().unwrap();
            sent.push(short.clone());
            sent.len() - 1
        };
        if (self.refuses)(number, &short) {
            return Err(failed(call, CallErrorKind::Denied, "AccessDenied"));
        }
        self.sandbox.send(type_name, region, call).await
    }
}

thread_local! {
    static NOW: Cell<i64> = const { Cell::new(1_800_000_000_000) };
    static STEP: Cell<i64> = const { Cell::new(0) };
}

/// The time of a test, which stands still unless the test moves it, or has each look at it move it.
pub fn clock() -> Timestamp {
    let now = NOW.get() + STEP.get();
    NOW.set(now);
    Timestamp::from_millisecond(now).unwrap()
}

/// Moves the time.
pub fn pass(time: Duration) {
    NOW.set(NOW.get() + i64::try_from(time.as_millis()).unwrap());
}

/// Has each look at the time move it by so much.
pub fn hurry(step: Duration) {
    STEP.set(i64::try_from(step.as_millis()).unwrap());
}

/// A journal that fails after so many records, as a process does that is killed before the next.
pub struct Dying<'a> {
    pub journal: &'a Sqlite,
    pub left: AtomicUsize,
}

impl<'a> Dying<'a> {
    /// So many are written.
    pub fn after(records: usize, journal: &'a Sqlite) -> Self {
        Self { journal, left: AtomicUsize::new(records) }
    }
}

#[async_trait]
impl Journal for Dying<'_> {
    async fn append(&self, run: &RunId, head: &mut Head, at: &str, event: &Event) -> Result<(), JournalError> {
        if self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err() {
            return Err(StoreError { place: "here".into(), message: "killed".into() }.into());
        }
        self.journal.append(run, head, at, event).await
    }

    async fn take_up(&self, run: &RunId, head: &mut Head) -> Result<(), JournalError> {
        self.journal.take_up(run, head).await
    }

    async fn chain(&self, run: &RunId) -> Result<Chain, JournalError> {
        self.journal.chain(run).await
    }

    async fn runs(&self) -> Result<Vec<RunId>, JournalError> {
        self.journal.runs().await
    }
}

/// What is run: a plan, a run to go on with, or the way back of one.
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
pub enum Work {
    New(RunKind, Plan, Option<RunId>),
    Resume(Run),
}

/// Runs it to its end, or as far as its journal lets it. `told` hears what goes on and may set the flag that stops it.
pub async fn execute(
    engine: &Engine,
    cloud: &dyn Cloud,
    journal: &dyn Journal,
    work: Work,
    told: &(dyn Fn(Progress<'_>, &AtomicBool) + Send + Sync),
) -> Result<Run, ApplyError> {
    let stop = AtomicBool::new(false);
    let progress = |progress: Progress<'_>| told(progress, &stop);
    let executor = Executor {
        cloud,
        types: &engine.types,
        assessor: engine.assessor(),
        journal,
        options: Options { settle: Duration::ZERO, lag: Duration::ZERO },
        clock,
        stop: &stop,
        progress: &progress,
    };
    match work {
        Work::New(kind, plan, of) => executor.apply(kind, plan, of).await,
        Work::Resume(run) => executor.resume(run).await,
    }
}

/// The same where nobody listens.
pub async fn apply(engine: &Engine, account: &Scripted, plan: &Plan) -> Run {
    let journal = Sqlite::memory().unwrap();
    execute(engine, account, &journal, Work::New(RunKind::Apply, plan.clone(), None), &|_, _| {}).await.unwrap()
}

/// How the changes of a run ended, one letter each in the plan's order: `v`erified, `n`ot as planned, `s`kipped, `f`ailed,
/// `u`ndone, stuck `x`, `-` not done.
pub fn outcomes(run: &Run) -> String {
    let letter = |change: &Change| match run.state.changes[&change.id].outcome {
        Some(ChangeOutcome::Verified) => 'v',
        Some(ChangeOutcome::Unverified) => 'n',
        Some(ChangeOutcome::Skipped) => 's',
        Some(ChangeOutcome::Failed) => 'f',
        Some(ChangeOutcome::Undone) => 'u',
        Some(ChangeOutcome::Stuck) => 'x',
        None => '-',
    };
    run.state.plan.changes.iter().map(letter).collect()
}

/// What the run says of each resource, one letter each: as `p`lanned, as it `w`as, `-` untouched, `b`etween, `?`.
pub fn stands(run: &Run) -> String {
    let letter = |change: &Change| match standing(&run.state, change) {
        Standing::AsPlanned => 'p',
        Standing::AsItWas => 'w',
        Standing::Untouched => '-',
        Standing::Between(_) | Standing::Gone => 'b',
        Standing::Unknown => '?',
    };
    run.state.plan.changes.iter().map(letter).collect()
}

/// Where what a run says of a resource is not so; empty where all of it is true.
pub fn untrue(run: &Run, account: &Scripted) -> Vec<String> {
    let world = account.sandbox.world();
    let mut told = Vec::new();
    for change in &run.state.plan.changes {
        let progress = &run.state.changes[&change.id];
        let document = |resource: Option<&Resource>| resource.map(|resource| resource.properties.clone());
        let created = progress.created.as_ref().and_then(|sent| sent.id.clone());
        let key = ResourceKey { id: created.unwrap_or_else(|| change.resource.id.clone()), ..change.resource.clone() };
        let known = progress.after.as_ref().or(progress.before.as_ref()).map_or(key, Resource::key);
        let now = document(world.get(&known).map(|found| &**found));
        let before = document(account.before.get(&known).map(|found| &**found));
        let standing = standing(&run.state, change);
        let so = match &standing {
            Standing::Untouched | Standing::AsItWas => now == before,
            // A read brings a part of the document.
            Standing::AsPlanned => match (&progress.after, &now) {
                (Some(after), Some(now)) => change.after.is_some() && inside(&after.properties, now).is_empty(),
                (None, None) => change.after.is_none(),
                _ => false,
            },
            Standing::Between(places) => match (&before, &now) {
                (Some(before), Some(now)) => {
                    differences(before, now).into_iter().map(|d| d.path).collect::<Vec<_>>() == *places
                }
                (before, now) => before.is_none() && now.is_some() && *places == [String::new()],
            },
            Standing::Gone => before.is_some() && now.is_none(),
            Standing::Unknown => false,
        };
        if !so {
            told.push(format!("{} is not {standing:?}: {before:?} {now:?}", change.resource));
        }
    }
    told
}

/// The names of a run's events, in order.
pub async fn events(journal: &Sqlite, run: &RunId) -> Vec<String> {
    let name = |event: &Event| serde_json::to_value(event).unwrap()["event"].as_str().unwrap().to_owned();
    journal.events(run).await.unwrap().iter().map(|(_, event)| name(event)).collect()
}

/// An engine of some policies whose settings are changed.
pub fn engine(policies: &[&str], set: impl FnOnce(&mut Settings)) -> Engine {
    let mut engine = Engine::with(policies);
    set(&mut engine.settings);
    engine
}
