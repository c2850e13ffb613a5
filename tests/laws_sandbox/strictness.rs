//! Law 6 for numbers: what is stricter than a playbook asks for stays as it is. That a limit is raised or a retention shortened
//! is a known mistake of tools like this one.

use rectify::engine::{Purpose, Reading, differences};
use rectify::model::{Change, Plan, Resource, Snapshot};
use serde_json::{Value, json};

use super::account::Account;
use super::days::Day;
use super::support::parameters;
use super::worlds::{World, all_hold};

/// What a fix may only make smaller, by the member's name wherever it stands.
const AT_MOST: [&str; 5] = [
    "MaxPasswordAge",
    "MaxSessionDuration",
    "ReservedConcurrentExecutions",
    "ThrottlingBurstLimit",
    "ThrottlingRateLimit",
];

/// What a fix may only make greater.
const AT_LEAST: [&str; 4] =
    ["MinimumPasswordLength", "PasswordReusePrevention", "RetentionInDays", "RotationPeriodInDays"];

fn with(world: &World, snapshot: Snapshot) -> World {
    let mut settings = world.settings.clone();
    for (id, values) in parameters::settings() {
        settings.parameters.entry(id).or_insert(values);
    }
    World {
        name: world.name.clone(),
        snapshot,
        bundle: world.bundle.clone(),
        types: world.types.clone(),
        settings,
        reading: Reading::of(&world.bundle, &world.types, Purpose::Plan),
        whole_bundle: true,
        twice: true,
    }
}

fn strict(snapshot: &Snapshot) -> Snapshot {
    let mut all = Snapshot::new(snapshot.header.clone());
    for document in snapshot.resources() {
        let mut properties = document.properties.clone();
        tighten(&mut properties);
        if document.type_name.as_str() == "AWS::Lambda::Function" {
            properties["ReservedConcurrentExecutions"] = json!(0);
        }
        all.insert(Resource::clone(document).with_properties(properties));
    }
    all
}

fn tighten(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member.is_number() {
                    true if AT_MOST.contains(&name.as_str()) => *member = json!(1),
                    true if AT_LEAST.contains(&name.as_str()) => *member = json!(3650),
                    _ => tighten(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(tighten),
        _ => {}
    }
}

#[test]
fn law_6_no_fix_weakens_a_number() {
    let demo = World::demo();
    let parameterized = with(demo, demo.snapshot.clone());
    let strict = with(demo, strict(&demo.snapshot));
    let plans: Vec<Plan> = [&parameterized, &strict].map(|world| Account::of(world).plan()).into();
    let days = Day::all().iter().map(|day| (day.world.name.as_str(), &day.plan));
    let own = plans.iter().map(|plan| ("the demo with parameters", plan));
    let (mut compared, mut broken) = (0, Vec::new());
    for (name, plan) in days.chain(own) {
        for change in &plan.changes {
            let (count, told) = weakened(change);
            compared += count;
            broken.extend(told.into_iter().map(|told| format!("{name}: {}{told}", change.resource)));
        }
    }
    assert!(compared > 10, "the law was tested on {compared} numbers");
    all_hold(broken);
}

/// How many limits a change is about, and those that it makes weaker.
fn weakened(change: &Change) -> (usize, Vec<String>) {
    let (Some(before), Some(after)) = (&change.before, &change.after) else { return (0, Vec::new()) };
    let (mut count, mut told) = (0, Vec::new());
    for difference in differences(&before.properties, &after.properties) {
        let name = difference.path.rsplit('/').next().unwrap_or_default();
        let (most, least) = (AT_MOST.contains(&name), AT_LEAST.contains(&name));
        if !most && !least {
            continue;
        }
        count += 1;
        let number = |value: &Option<Value>| value.as_ref().and_then(Value::as_f64);
        let weaker = match (number(&difference.before), number(&difference.after)) {
            // How IAM writes that a password never expires.
            (Some(0.0), Some(_)) if name == "MaxPasswordAge" => false,
            // Below zero is how services write that there is no limit.
            (Some(old), Some(new)) => (most && old >= 0.0 && new > old) || (least && new < old),
            (Some(_), None) => true,
            _ => false,
        };
        if weaker {
            told.push(format!("{} was {:?} and is {:?}", difference.path, difference.before, difference.after));
        }
    }
    (count, told)
}

/// A limit of 0 is the strictest one, and looks like none.
#[test]
fn a_stopped_function_is_never_started() {
    let demo = World::demo();
    let world = with(demo, strict(&demo.snapshot));
    let plan = Account::of(&world).plan();
    let touched =
        plan.changes.iter().filter(|change| change.patch.to_string().contains("ReservedConcurrentExecutions"));
    assert_eq!(touched.count(), 0);
    let world = with(demo, demo.snapshot.clone());
    let plan = Account::of(&world).plan();
    let limited =
        plan.changes.iter().filter(|change| change.patch.to_string().contains("ReservedConcurrentExecutions"));
    assert!(limited.count() > 0, "and one that is not limited is");
}
