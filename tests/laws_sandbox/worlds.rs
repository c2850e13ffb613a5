//! The accounts on which the laws are tested.

use jiff::Timestamp;
use rectify::cloud::aws::TYPES;
use rectify::cloud::{DEMO, snapshot_file};
use rectify::engine::{Assessor, Bundle, Purpose, Reading, Settings, case_snapshot};
use rectify::model::{Resource, ResourceType, ResourceTypes, Snapshot};
use rectify::text::Source;

/// An account with all that it is judged and changed by.
pub struct World {
    /// For messages.
    pub name: String,
    /// Its documents.
    pub snapshot: Snapshot,
    pub bundle: Bundle,
    pub types: ResourceTypes,
    pub settings: Settings,
    pub reading: Reading,
}

/// The types that rectify knows.
pub fn types() -> ResourceTypes {
    ResourceTypes::new(TYPES.iter().map(|kind| *kind as &dyn ResourceType))
}

impl World {
    fn new(name: String, snapshot: Snapshot, bundle: Bundle, settings: Settings) -> Self {
        let types = types();
        let reading = Reading::of(&bundle, &types, Purpose::Plan);
        Self { name, snapshot, bundle, types, settings, reading }
    }

    /// The demo's account.
    pub fn demo() -> Self {
        let types = types();
        let snapshot = snapshot_file::parse(&Source::new("demo.jsonl", DEMO), &types).unwrap();
        Self::new("the demo".into(), snapshot, bundle(&types), Settings::new(now()))
    }

    /// Every case of every playbook: once with the playbook and its policies alone, and once with everything there is, which
    /// finds and fixes more in it.
    pub fn cases() -> Vec<Self> {
        let types = types();
        let whole = bundle(&types);
        let mut worlds = Vec::new();
        for playbook in whole.playbooks.values() {
            let mut alone = whole.clone();
            alone.policies.retain(|policy| playbook.fixes.contains(policy.id()));
            alone.playbooks.retain(|id, _| *id == playbook.id);
            for case in &playbook.cases {
                let (snapshot, _) = case_snapshot(playbook, case, &types).unwrap();
                let mut settings = Settings::new(now());
                for id in playbook.fixes.iter().map(|id| id.as_str()).chain([playbook.id.as_str()]) {
                    settings.parameters.insert(id.to_owned(), case.parameters.clone());
                }
                for (bundle, scope) in [(&alone, "alone"), (&whole, "with everything")] {
                    let name = format!("{} ({}), {scope}", playbook.id, case.name);
                    worlds.push(Self::new(name, snapshot.clone(), bundle.clone(), settings.clone()));
                }
            }
        }
        worlds
    }

    /// All of them.
    pub fn all() -> Vec<Self> {
        std::iter::once(Self::demo()).chain(Self::cases()).collect()
    }

    /// Who judges.
    pub fn assessor(&self) -> Assessor<'_> {
        Assessor { bundle: &self.bundle, types: &self.types, settings: &self.settings }
    }
}

/// Every document of the demo and of the cases, by where it comes from.
pub fn documents() -> Vec<(String, Resource)> {
    let mut documents = Vec::new();
    for world in World::all().into_iter().filter(|world| !world.name.ends_with("with everything")) {
        documents.extend(world.snapshot.resources().map(|document| (world.name.clone(), Resource::clone(document))));
    }
    documents
}

/// Fails with every broken law, each under the name of its world.
pub fn all_hold(broken: Vec<String>) {
    assert!(broken.is_empty(), "{} times:\n{}", broken.len(), broken.join("\n"));
}

fn bundle(types: &ResourceTypes) -> Bundle {
    Bundle::embedded(types).unwrap_or_else(|told| panic!("{told:?}"))
}

/// The day that the policies' own cases are judged on.
fn now() -> Timestamp {
    "2026-11-22T00:00:00Z".parse().unwrap()
}
