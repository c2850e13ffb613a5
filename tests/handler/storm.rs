//! Ten thousand events over two hundred resources: duplicates, out of order, our own among them, four workers, one of which is
//! killed now and then.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use rectify::engine::Bundle;
use rectify::event::handler::Handler;
use rectify::journal::{Journal, Sqlite, Store, load};
use rectify::model::{ChangeOutcome, Resource, ResourceKey, RunOutcome, Snapshot};
use serde_json::Value;

use super::account::{Account, CALLER, SOMEBODY, Told, handler, key_event};
use super::{bundle, demo};

const RESOURCES: usize = 200;
const EVENTS: usize = 10_000;
const WORKERS: usize = 4;
/// How long a dead worker's claims stand, and a little longer its messages are hidden.
const HOLD: SignedDuration = SignedDuration::from_millis(1500);
const HIDDEN: Duration = Duration::from_millis(1600);

/// Numbers that are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}

/// A queue that delivers at least once.
#[derive(Default)]
struct Queue(Mutex<BTreeMap<usize, (Value, Instant)>>);

impl Queue {
    fn receive(&self, dice: &mut Dice) -> Vec<(usize, Value)> {
        let mut messages = self.0.lock().unwrap();
        let now = Instant::now();
        let visible: Vec<usize> =
            messages.iter().filter(|(_, (_, at))| *at <= now).map(|(id, _)| *id).take(400).collect();
        let mut batch = Vec::new();
        for _ in 0..10.min(visible.len()) {
            let id = visible[dice.below(visible.len())];
            let message = messages.get_mut(&id).unwrap();
            if message.1 <= now {
                message.1 = now + HIDDEN;
                batch.push((id, message.0.clone()));
            }
        }
        batch
    }

    fn delete(&self, id: usize) {
        self.0.lock().unwrap().remove(&id);
    }

    fn left(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

/// Keys without rotation.
fn world() -> (Snapshot, Vec<ResourceKey>) {
    let demo = demo();
    let is_it = |resource: &&Arc<Resource>| resource.id.starts_with("5ade0664");
    let template = Resource::clone(demo.of_type("AWS::KMS::Key").find(is_it).unwrap());
    let mut world = Snapshot::new(demo.header.clone());
    let mut keys = Vec::new();
    for number in 0..RESOURCES {
        let id = format!("5ade0664-d93d-41b2-ac5a-{number:012}");
        let arn = template.arn.replace(&template.id, &id);
        let mut properties = template.properties.clone();
        let resource = Resource { id: id.clone(), arn, ..template.clone() };
        if let Some(key_id) = properties.get_mut("KeyId") {
            *key_id = id.into();
        }
        let resource = resource.with_properties(properties);
        keys.push(resource.key());
        world.insert(resource);
    }
    (world, keys)
}

/// The events, in no order.
fn events(keys: &[ResourceKey], dice: &mut Dice) -> Queue {
    let now = Timestamp::now();
    let mut events: Vec<Value> = Vec::new();
    for (number, key) in keys.iter().enumerate() {
        events.push(key_event(&format!("first-{number}"), &key.id, now, SOMEBODY));
    }
    while events.len() < EVENTS {
        let key = &keys[dice.below(keys.len())];
        let event = match dice.below(10) {
            // The same event once more.
            0..=2 => events[dice.below(events.len())].clone(),
            // What rectify did itself.
            3 | 4 => key_event(&format!("own-{}", events.len()), &key.id, now, CALLER),
            _ => {
                let at = now.checked_sub(SignedDuration::from_secs(i64::try_from(dice.below(600)).unwrap())).unwrap();
                key_event(&format!("event-{}", events.len()), &key.id, at, SOMEBODY)
            }
        };
        events.push(event);
    }
    for index in (1..events.len()).rev() {
        events.swap(index, dice.below(index + 1));
    }
    let at = Instant::now();
    Queue(Mutex::new(events.into_iter().map(|event| (event, at)).enumerate().collect()))
}

async fn work(handler: Arc<Handler>, queue: Arc<Queue>, mut dice: Dice) {
    let stop = AtomicBool::new(false);
    while queue.left() > 0 {
        let batch = queue.receive(&mut dice);
        if batch.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        }
        let (ids, bodies): (Vec<usize>, Vec<Value>) = batch.into_iter().unzip();
        let answers = handler.handle_all(&bodies, &stop).await;
        for (id, answer) in ids.into_iter().zip(answers) {
            if answer.is_ok() {
                queue.delete(id);
            }
        }
    }
}

fn worker(account: &Arc<Account>, bundle: &Bundle, store: &Arc<dyn Store>) -> Arc<Handler> {
    let mut handler = handler(account, bundle, store, &Told::default());
    handler.hold = HOLD;
    handler.options.max_changes_per_hour = 10_000;
    handler.settings.limits.max_changes_per_day = 10_000;
    Arc::new(handler)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_ends_with_every_resource_fixed_once() {
    let mut dice = Dice(2026);
    let (world, keys) = world();
    let account = Account::new(world);
    let store: Arc<dyn Store> = Arc::new(Sqlite::memory().unwrap());
    let mut bundle = bundle();
    bundle.policies.retain(|policy| policy.id().as_str().starts_with("kms-"));
    let queue = Arc::new(events(&keys, &mut dice));
    let mut seed = 0;
    let mut start = || {
        seed += 1;
        tokio::spawn(work(worker(&account, &bundle, &store), queue.clone(), Dice(seed)))
    };
    let mut workers: Vec<_> = (0..WORKERS).map(|_| start()).collect();
    let mut killed = 0;
    let began = Instant::now();
    while queue.left() > 0 {
        assert!(began.elapsed() < Duration::from_secs(300), "{} events are left", queue.left());
        tokio::time::sleep(Duration::from_millis(900)).await;
        let victim = dice.below(WORKERS);
        workers[victim].abort();
        killed += 1;
        workers[victim] = start();
    }
    for worker in workers {
        worker.abort();
    }
    for key in &keys {
        assert_eq!(account.property(key, "/EnableKeyRotation"), true, "{key}");
    }
    let sends = account.sends.lock().unwrap().clone();
    assert_eq!(sends.len(), RESOURCES, "one call a resource");
    let twice: Vec<_> = sends.iter().filter(|(_, times)| **times != 1).collect();
    assert_eq!(twice, Vec::<(&String, &usize)>::new(), "each fix is made once");
    let mut verified = 0;
    for run in store.runs().await.unwrap() {
        let run = load(&store, run.as_str()).await.unwrap();
        let progress = run.state.changes.values().next().unwrap();
        match (run.state.outcome, progress.outcome) {
            (Some(RunOutcome::Verified), _) => verified += 1,
            // Its worker was killed between the journal and the call: nothing was done, and another run did it.
            (Some(RunOutcome::Incomplete), Some(ChangeOutcome::Failed)) => {
                assert_eq!(progress.reason.as_deref(), Some("kms:EnableKeyRotation: the run was interrupted here"));
            }
            other => panic!("run {} ended with {other:?}", run.id),
        }
    }
    assert_eq!(verified, RESOURCES, "one run has fixed each resource");
    let reads = account.reads.load(Ordering::SeqCst);
    // A resource is read at the least to be judged, before its call, and after it.
    let least = RESOURCES * 3 + RESOURCES;
    println!(
        "{EVENTS} events, {RESOURCES} resources, {killed} workers killed: {} AWS calls, the least possible are {least} ({:.1} times)",
        reads + RESOURCES,
        (reads + RESOURCES) as f64 / least as f64
    );
    assert!(reads + RESOURCES < least * 6, "{reads} reads");
}
