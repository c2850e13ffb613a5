//! The accounts on which the laws are tested.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;
use rectify::apply::{Executor, Options};
use rectify::cloud::aws::TYPES;
use rectify::cloud::{Cloud, DEMO, Sandbox, gather, snapshot_file};
use rectify::engine::{Assessor, Bundle, Planner, Purpose, Reading, Settings, case_snapshot};
use rectify::journal::Journal;
use rectify::model::{Plan, Resource, ResourceType, ResourceTypes, Snapshot};
use rectify::text::Source;

/// An account with all that it is judged and changed by.
pub struct World {
    /// For messages.
    pub name: String,
    /// Its documents.
    pub snapshot: Snapshot,
    pub bundle: Arc<Bundle>,
    pub types: ResourceTypes,
    pub settings: Settings,
    pub reading: Reading,
    /// Whether everything that there is judges it.
    pub whole_bundle: bool,
    /// Whether the same documents stand in another world too.
    pub twice: bool,
}

/// The types that rectify knows.
pub fn types() -> ResourceTypes {
    ResourceTypes::new(TYPES.iter().map(|kind| *kind as &dyn ResourceType))
}

impl World {
    fn new(name: String, snapshot: Snapshot, bundle: Arc<Bundle>, mut settings: Settings) -> Self {
        // All that there is to do is done in one run, and nobody is there to be given time.
        settings.limits.max_per_minute = 10_000;
        let types = types();
        let reading = Reading::of(&bundle, &types, Purpose::Plan);
        Self { name, snapshot, bundle, types, settings, reading, whole_bundle: true, twice: false }
    }

    /// All of them, made once.
    pub fn all() -> &'static [Self] {
        static ALL: OnceLock<Vec<World>> = OnceLock::new();
        ALL.get_or_init(|| std::iter::once(Self::make_demo()).chain(Self::cases()).collect())
    }

    /// The demo's account.
    pub fn demo() -> &'static Self {
        &Self::all()[0]
    }

    fn make_demo() -> Self {
        let types = types();
        let snapshot = snapshot_file::parse(&Source::new("demo.jsonl", DEMO), &types).unwrap();
        Self::new("the demo".into(), snapshot, Arc::new(bundle(&types)), Settings::new(now()))
    }

    /// Every case of every playbook: once with the playbook and its policies alone, and once with everything there is, which
    /// finds and fixes more in it.
    fn cases() -> Vec<Self> {
        let types = types();
        let whole = Arc::new(bundle(&types));
        let mut worlds = Vec::new();
        for playbook in whole.playbooks.values() {
            let mut alone = Bundle::clone(&whole);
            alone.policies.retain(|policy| playbook.fixes.contains(policy.id()));
            alone.playbooks.retain(|id, _| *id == playbook.id);
            let alone = Arc::new(alone);
            for case in &playbook.cases {
                let (snapshot, _) = case_snapshot(&whole, playbook, case, &types).unwrap();
                let mut settings = Settings::new(now());
                for id in playbook.fixes.iter().map(|id| id.as_str()).chain([playbook.id.as_str()]) {
                    settings.parameters.insert(id.to_owned(), case.parameters.clone());
                }
                let named = |scope: &str| format!("{} ({}), {scope}", playbook.id, case.name);
                let make =
                    |name, bundle: &Arc<Bundle>| Self::new(name, snapshot.clone(), bundle.clone(), settings.clone());
                worlds.push(Self { whole_bundle: false, ..make(named("alone"), &alone) });
                worlds.push(Self { twice: true, ..make(named("with everything"), &whole) });
            }
        }
        worlds
    }

    /// These documents in the demo's account, judged by everything that there is.
    pub fn of(documents: impl IntoIterator<Item = Resource>) -> Self {
        let demo = Self::demo();
        let mut snapshot = Snapshot::new(demo.snapshot.header.clone());
        documents.into_iter().for_each(|document| snapshot.insert(document));
        Self::new("a world of its own".into(), snapshot, demo.bundle.clone(), Settings::new(now()))
    }

    /// Who judges.
    pub fn assessor(&self) -> Assessor<'_> {
        Assessor { bundle: &self.bundle, types: &self.types, settings: &self.settings }
    }

    /// Its documents as an account.
    pub fn sandbox(&self) -> Sandbox {
        Sandbox::memory(self.snapshot.clone(), self.types.clone())
    }

    /// What a reading brings: the parts that policies and playbooks ask for, and nothing else.
    pub fn read(&self, cloud: &dyn Cloud) -> Snapshot {
        wait(gather(cloud, &self.types, &self.reading, self.settings.now.to_string(), &|_, _| {}))
    }

    /// A plan for everything, from a new reading.
    pub fn plan(&self, cloud: &dyn Cloud) -> Plan {
        self.plan_over(&self.read(cloud))
    }

    /// A plan for everything in a snapshot.
    pub fn plan_over(&self, snapshot: &Snapshot) -> Plan {
        Planner { assessor: self.assessor(), reading: &self.reading }.plan(snapshot, |_| true)
    }

    /// Who applies a plan to an account that does at once what it does at all.
    pub fn executor<'a>(&'a self, cloud: &'a dyn Cloud, journal: &'a dyn Journal) -> Executor<'a> {
        static STOP: AtomicBool = AtomicBool::new(false);
        Executor {
            cloud,
            types: &self.types,
            assessor: self.assessor(),
            journal,
            options: Options { settle: Duration::ZERO, lag: Duration::ZERO },
            clock: Timestamp::now,
            stop: &STOP,
            progress: &|_| {},
        }
    }
}

/// Waits for what has to be awaited.
pub fn wait<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

/// Every document of the demo and of the cases, by where it comes from.
pub fn documents() -> Vec<(String, Resource)> {
    let mut documents = Vec::new();
    for world in World::all().iter().filter(|world| !world.twice) {
        // What only stands for a resource that a case does not describe has no members.
        let described = world.snapshot.resources().filter(|document| document.properties != serde_json::json!({}));
        documents.extend(described.map(|document| (world.name.clone(), Resource::clone(document))));
    }
    documents
}

/// Fails with every broken law, each under the name of its world.
pub fn all_hold(mut broken: Vec<String>) {
    let count = broken.len();
    broken.dedup();
    broken.truncate(50);
    assert!(count == 0, "{count} times:\n{}", broken.join("\n"));
}

fn bundle(types: &ResourceTypes) -> Bundle {
    Bundle::embedded(types).unwrap_or_else(|told| panic!("{told:?}"))
}

/// The day that the policies' own cases are judged on.
fn now() -> Timestamp {
    "2026-11-22T00:00:00Z".parse().unwrap()
}
