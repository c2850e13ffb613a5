//! Storms: 30 of 100 calls fail, each in one of many ways. Every run ends, says what became of each change, and what it says is
//! so; and once the storm is over, what it left can be brought to an end.
//!
//! What fails follows from a seed, which a failing test tells: `RECTIFY_STORM_SEED` tries one again.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use async_trait::async_trait;
use rectify::apply::{Executor, Options, undo_plan};
use rectify::cloud::{CallError, CallErrorKind, Cloud, Listing, Sandbox};
use rectify::journal::Sqlite;
use rectify::model::{
    Call, ChangeOutcome, Parts, Place, Plan, Resource, ResourceKey, Run, RunKind, RunOutcome, Sent, Unread,
};
use serde_json::json;

use super::keys::make;
use super::support::journal_says::not_as_told;
use super::support::same::unlike;
use super::support::{Field, Kept, Told};
use super::worlds::{World, all_hold, wait};

/// Of a hundred calls so many fail.
const PERCENT: u64 = 30;

/// The seeds that are tried.
fn seeds(count: u64) -> Vec<u64> {
    match std::env::var("RECTIFY_STORM_SEED") {
        Ok(seed) => vec![seed.parse().expect("a seed is a number")],
        Err(_) => (1..=count).collect(),
    }
}

/// An account in a storm.
struct Stormy<'a> {
    sandbox: &'a Sandbox,
    seed: u64,
    count: AtomicUsize,
    /// Each call that the service has done, and whether anything has come of it.
    done: Mutex<Vec<(String, bool)>>,
}

impl Stormy<'_> {
    fn roll(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.seed, self.count.fetch_add(1, Ordering::SeqCst)).hash(&mut hasher);
        hasher.finish()
    }

    /// What goes wrong with a call, and whether it is done all the same.
    fn fault(&self, service: &str, operation: &str, write: bool) -> Option<(CallError, bool)> {
        let roll = self.roll();
        if roll % 100 >= PERCENT {
            return None;
        }
        let kinds = [
            (CallErrorKind::Throttled, "ThrottlingException", false),
            (CallErrorKind::Unknown, "InternalFailure", false),
            (CallErrorKind::Unknown, "connection reset", false),
            (CallErrorKind::Unknown, "no answer", true),
            (CallErrorKind::Unknown, "no answer", true),
            (CallErrorKind::Denied, "AccessDeniedException", false),
            (CallErrorKind::Conflict, "ResourceConflictException", false),
        ];
        let count = if write { kinds.len() } else { 4 };
        let (kind, message, done) = kinds[usize::try_from(roll / 100).unwrap_or(0) % count];
        let (service, operation) = (service.to_owned(), operation.to_owned());
        Some((CallError { kind, service, operation, message: message.into(), request_id: None }, done))
    }
}

#[async_trait]
impl Cloud for Stormy<'_> {
    fn place(&self) -> &Place {
        self.sandbox.place()
    }

    fn regions(&self) -> &[String] {
        self.sandbox.regions()
    }

    async fn list(&self, type_name: &str, region: &str, within: Option<&str>, parts: &Parts) -> Listing {
        if let Some((error, _)) = self.fault("list", type_name, false) {
            let place = self.place();
            let resource = ResourceKey {
                type_name: type_name.into(),
                account: place.account.clone(),
                region: region.to_owned(),
                id: String::new(),
            };
            let unread = Unread { resource, reason: error.to_string(), passing: error.is_passing() };
            return Listing { unread: vec![unread], ..Listing::default() };
        }
        self.sandbox.list(type_name, region, within, parts).await
    }

    async fn read(&self, key: &ResourceKey, parts: &Parts) -> Result<Option<Resource>, CallError> {
        match self.fault("read", key.type_name.as_str(), false) {
            Some((error, _)) => Err(error),
            None => self.sandbox.read(key, parts).await,
        }
    }

    async fn send(&self, type_name: &str, region: &str, call: &Call) -> Result<Sent, CallError> {
        let fault = self.fault(&call.service, &call.operation, true);
        if let Some((error, false)) = fault {
            return Err(error);
        }
        let before = self.sandbox.world().clone();
        let sent = self.sandbox.send(type_name, region, call).await?;
        let seen = before != *self.sandbox.world();
        self.done.lock().unwrap().push((format!("{}:{} {}", call.service, call.operation, call.input), seen));
        match fault {
            Some((error, _)) => Err(error),
            None => Ok(sent),
        }
    }
}

fn run(world: &World, cloud: &dyn Cloud, kind: RunKind, plan: Plan, patience: Duration) -> Run {
    let journal = Sqlite::memory().unwrap();
    let options = Options { settle: patience, lag: patience / 20 };
    let executor = Executor { options, ..world.executor(cloud, &journal) };
    wait(executor.apply(kind, plan, None)).unwrap()
}

/// One plan in one storm, and what comes after.
fn weather(world: &World, seed: u64) -> (Option<RunOutcome>, Vec<String>) {
    let sandbox = world.sandbox();
    let plan = world.plan(&sandbox);
    if plan.changes.is_empty() {
        return (None, Vec::new());
    }
    let stormy = Stormy { sandbox: &sandbox, seed, count: AtomicUsize::new(0), done: Mutex::default() };
    let ended = run(world, &stormy, RunKind::Apply, plan, Duration::from_secs(20));
    let outcome = ended.state.outcome;
    let after = sandbox.world().clone();
    let mut told = not_as_told(&ended, &world.snapshot, &after);
    if outcome.is_none() {
        told.push("the run has not ended".to_owned());
    }
    let taken_back = ended.state.changes.values().any(|progress| progress.back.0 > 0);
    let done = stormy.done.lock().unwrap().clone();
    // A call of which nothing can be seen, either time, may be sent again: nobody can tell that it was done.
    let seen: BTreeSet<&str> = done.iter().filter(|(_, seen)| *seen).map(|(call, _)| call.as_str()).collect();
    let twice = |call: &&str| done.iter().filter(|(other, _)| other == call).count() > 1;
    if let Some(call) = seen.into_iter().find(twice).filter(|_| !taken_back) {
        told.push(format!("{call} was done twice: {done:?}"));
    }
    // The storm is over: what took effect is taken back.
    let (back, stays) = wait(undo_plan(&ended, &sandbox, &world.types, false)).unwrap();
    let undone = run(world, &sandbox, RunKind::Undo, back, Duration::ZERO);
    told.extend(not_as_told(&undone, &after, &sandbox.world()));
    let verified = undone.state.changes.values().all(|progress| progress.outcome == Some(ChangeOutcome::Verified));
    if !verified {
        told.push(format!("the undo is {:?}", undone.state.changes));
    }
    let stays = stays.iter().map(|(change, _)| {
        let created = ended.state.changes[&change.id].after.as_ref();
        created.map_or(change.resource.clone(), Resource::key)
    });
    let mut stays: BTreeSet<ResourceKey> = stays.collect();
    // What a person has to look at was left as it is, and with it what it has created.
    let stuck = ended
        .state
        .plan
        .changes
        .iter()
        .filter(|change| ended.state.changes[&change.id].outcome == Some(ChangeOutcome::Stuck));
    let types: BTreeSet<String> = stuck.map(|change| change.resource.type_name.to_string()).collect();
    stays.extend(after.resources().map(|document| document.key()).filter(|key| types.contains(key.type_name.as_str())));
    told.extend(unlike(&world.snapshot, &sandbox.world(), &stays));
    (outcome, told)
}

#[test]
fn every_run_in_a_storm_ends_right() {
    // One of several worlds for each seed: all of them in time.
    let worlds: Vec<&World> = World::all().iter().filter(|world| !world.twice && !world.whole_bundle).collect();
    let tasks: Vec<(u64, &World)> = seeds(3)
        .into_iter()
        .flat_map(|seed| {
            let share = worlds.iter().enumerate().filter(move |(index, _)| (*index as u64).wrapping_add(seed) % 3 == 0);
            share.map(move |(_, world)| (seed, *world))
        })
        .collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let take = || tasks.get(next.fetch_add(1, Ordering::Relaxed));
        let one = |(seed, world): &(u64, &World)| {
            let (outcome, told) = weather(world, *seed);
            let told = told.into_iter().map(|told| format!("seed {seed}: {}: {told}", world.name)).collect::<Vec<_>>();
            (outcome, told)
        };
        std::iter::from_fn(take).map(one).collect::<Vec<_>>()
    };
    // They mostly wait.
    let all: Vec<(Option<RunOutcome>, Vec<String>)> = thread::scope(|scope| {
        let working: Vec<_> = (0..12).map(|_| scope.spawn(work)).collect();
        working.into_iter().flat_map(|thread| thread.join().expect("a storm ends")).collect()
    });
    let count = |wanted: RunOutcome| all.iter().filter(|(outcome, _)| *outcome == Some(wanted)).count();
    let (verified, incomplete, stuck) =
        (count(RunOutcome::Verified), count(RunOutcome::Incomplete), count(RunOutcome::Stuck));
    println!("{verified} verified, {incomplete} incomplete, {stuck} stuck");
    all_hold(all.into_iter().flat_map(|(_, told)| told).collect());
    // A storm is no excuse: most of it is done all the same.
    assert!(verified > 30 && incomplete > 5, "{verified} verified, {incomplete} incomplete, {stuck} stuck");
}

/// The real binary in the same weather, over HTTP.
#[test]
fn the_binary_weathers_a_storm() {
    let mut field = Field::new(Kept::Sqlite);
    let mut broken = Vec::new();
    for seed in seeds(4) {
        field.begin_again();
        make(&field, 4);
        for n in 0..3 {
            field.ask("logs", "Logs_20140328.CreateLogGroup", &json!({"logGroupName": format!("/aws/lambda/f{n}")}));
        }
        let types = "AWS::KMS::Key,AWS::Logs::LogGroup";
        let before = field.snapshot(types);
        field.proxy.storm(seed, PERCENT);
        let told = field.rectify(&["apply", "--policies", "kms-rotation,logs-retention", "--yes", "--approve", "all"]);
        field.proxy.calm();
        let mut wrong = Vec::new();
        let Some(run) = field.runs().pop() else {
            // The account could not even be read: nothing is planned, and somebody is told.
            if told.code == Some(0) {
                broken.push(format!("seed {seed}: nothing is done, and nobody is told: {}", told.err));
            }
            continue;
        };
        let after = field.snapshot(types);
        wrong.extend(not_as_told(&run, &before, &after));
        wrong.extend(not_as_ended(&run, &told));
        // Once it is calm, everything that took effect goes back.
        let undo = field.rectify(&["undo", run.id.as_str(), "--yes", "--format", "json"]);
        let back = field.snapshot(types);
        if run.state.outcome != Some(RunOutcome::Stuck) {
            if undo.code != Some(0) {
                wrong.push(format!("the undo ends with {:?}: {}", undo.code, undo.err));
            }
            wrong.extend(unlike(&before, &back, &BTreeSet::new()));
        }
        broken.extend(wrong.into_iter().map(|wrong| format!("seed {seed}: {wrong}")));
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Whether the exit code and what was printed are the run's.
fn not_as_ended(run: &Run, told: &Told) -> Option<String> {
    let expected = match run.state.outcome {
        Some(RunOutcome::Verified) => 0,
        Some(RunOutcome::Incomplete) => 3,
        Some(RunOutcome::Stuck) => 4,
        Some(RunOutcome::Stopped) | None => -1,
    };
    let named = told.out.contains(run.id.as_str());
    (told.code != Some(expected) || !named)
        .then(|| format!("the run is {:?}, and the exit code {:?}", run.state.outcome, told.code))
}
