//! What targets stand on: the built-in bundle, made once.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jiff::Timestamp;
use rectify::cloud::{DEMO, aws, snapshot_file};
use rectify::engine::{Assessor, Bundle, Planner, Purpose, Reading, Settings, verify_seal};
use rectify::model::{Plan, ResourceType, ResourceTypes, Snapshot, TypeName};
use rectify::report::text;
use rectify::text::Source;

use crate::{is_shown, without_styles};

/// The types, the built-in bundle, the settings that nobody changed.
pub struct World {
    /// Every type.
    pub types: ResourceTypes,
    /// What is built in.
    pub bundle: Bundle,
    /// The defaults.
    pub settings: Settings,
}

/// Every type.
pub static TYPES: LazyLock<ResourceTypes> =
    LazyLock::new(|| ResourceTypes::new(aws::TYPES.iter().map(|kind| *kind as &dyn ResourceType)));

/// All of it.
pub static WORLD: LazyLock<World> = LazyLock::new(|| {
    let bundle = Bundle::embedded(&TYPES).unwrap_or_else(|told| panic!("the built-in bundle: {told:?}"));
    World { types: TYPES.clone(), bundle, settings: Settings::new(Timestamp::UNIX_EPOCH) }
});

/// Policies whose fixes are of several services, and of several kinds.
const SEVERAL: [&str; 6] =
    ["kms-rotation", "lambda-url-auth", "iam-pass-role", "sqs-encryption", "apigw-throttling", "logs-retention"];

/// A plan for some of what is wrong in the demo's account, as it goes through the gate.
pub static PLAN: LazyLock<Plan> = LazyLock::new(|| {
    let demo = snapshot_file::parse(&Source::new("demo.jsonl", DEMO), &TYPES);
    let demo = demo.unwrap_or_else(|told| panic!("{told}"));
    let mut bundle = WORLD.bundle.clone();
    bundle.policies.retain(|policy| SEVERAL.contains(&policy.id().as_str()));
    let reading = Reading::of(&bundle, &WORLD.types, Purpose::Plan);
    Planner { assessor: WORLD.assessor_of(&bundle), reading: &reading }.plan(&demo, |_| true)
});

/// The built-in policies of one type, with what their plans read.
pub struct Narrowed {
    /// Those that judge the type, and every playbook.
    pub bundle: Bundle,
    /// What is read for them.
    pub reading: Reading,
}

/// By the type, each made once.
static NARROWED: LazyLock<Mutex<BTreeMap<TypeName, Arc<Narrowed>>>> = LazyLock::new(Mutex::default);

/// The policies of a type.
pub fn narrowed(type_name: &TypeName) -> Arc<Narrowed> {
    let mut made = NARROWED.lock().unwrap_or_else(PoisonError::into_inner);
    let make = || {
        let mut bundle = WORLD.bundle.clone();
        bundle.policies.retain(|policy| policy.metadata.custom.resource_types.contains(type_name));
        let reading = Reading::of(&bundle, &WORLD.types, Purpose::Plan);
        Arc::new(Narrowed { bundle, reading })
    };
    made.entry(type_name.clone()).or_insert_with(make).clone()
}

/// Documents are judged, planned for and shown, whatever they hold: nothing new is raised, and no policy fails but by a limit.
pub fn is_planned(snapshot: &Snapshot, type_name: &TypeName) {
    let narrowed = narrowed(type_name);
    let planner = Planner { assessor: WORLD.assessor_of(&narrowed.bundle), reading: &narrowed.reading };
    let plan = planner.plan(snapshot, |_| true);
    assert!(verify_seal(&plan));
    assert!(plan.proof.introduced.is_empty(), "{plan:?}");
    for error in &plan.errors {
        assert!(error.message.contains("exceeded"), "{error:?}");
    }
    is_shown(&without_styles(&text::plan(&plan)));
}

impl World {
    /// Who judges.
    pub fn assessor(&self) -> Assessor<'_> {
        self.assessor_of(&self.bundle)
    }

    /// Who judges by another bundle.
    pub fn assessor_of<'a>(&'a self, bundle: &'a Bundle) -> Assessor<'a> {
        Assessor { bundle, types: &self.types, settings: &self.settings }
    }
}
