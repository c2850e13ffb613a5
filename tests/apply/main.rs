//! What stops a plan before it is applied, and what becomes of its changes when a call goes wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test says what it expects by failing, and has a process of its own"
)]

#[path = "../support/over_sandbox.rs"]
mod over_sandbox;

mod faults;
mod gate;
mod partial;
mod radius;
mod scripted;

use std::sync::LazyLock;

use jiff::Timestamp;
use rectify::cloud::{Cloud, DEMO, aws, gather, snapshot_file};
use rectify::engine::{Assessor, Bundle, Planner, Purpose, Reading, Settings};
use rectify::model::{Plan, ResourceType, ResourceTypes, Snapshot};
use rectify::text::Source;

/// What is built in, compiled once.
static BUNDLE: LazyLock<Bundle> = LazyLock::new(|| Bundle::embedded(&types()).unwrap());

fn types() -> ResourceTypes {
    ResourceTypes::new(aws::TYPES.iter().map(|kind| *kind as &dyn ResourceType))
}

/// The resource types, and some policies with their playbooks.
struct Engine {
    types: ResourceTypes,
    bundle: Bundle,
    settings: Settings,
}

impl Engine {
    fn of(policy: &str) -> Self {
        Self::with(&[policy])
    }

    fn with(policies: &[&str]) -> Self {
        let types = types();
        let mut bundle = BUNDLE.clone();
        bundle.policies.retain(|other| policies.contains(&other.id().as_str()));
        Self { types, bundle, settings: Settings::new(Timestamp::UNIX_EPOCH) }
    }

    fn assessor(&self) -> Assessor<'_> {
        Assessor { bundle: &self.bundle, types: &self.types, settings: &self.settings }
    }

    fn demo(&self) -> Snapshot {
        snapshot_file::parse(&Source::new("demo.jsonl", DEMO), &self.types).unwrap()
    }

    /// A plan for the findings of the resources that are wanted.
    async fn plan(&self, cloud: &dyn Cloud, wanted: impl Fn(&str) -> bool) -> Plan {
        let reading = Reading::of(&self.bundle, &self.types, Purpose::Plan);
        let snapshot = gather(cloud, &self.types, &reading, String::new(), &|_, _| {}).await;
        let planner = Planner { assessor: self.assessor(), reading: &reading };
        planner.plan(&snapshot, |finding| wanted(&finding.resource.id))
    }
}
