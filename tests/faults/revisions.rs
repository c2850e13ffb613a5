//! Where an API lets a write say which state it was made for, every write does: the service refuses it when somebody else was
//! there first.

use std::collections::{BTreeMap, BTreeSet};

use rectify::engine::reversed;
use rectify::model::Call;

use super::support::wire;
use super::worlds::World;

/// Members by which a write says what it was made for, in AWS's own models: what an API names so is to be carried, or stands
/// below with the reason why not. (`ClientToken` and the like tell attempts of one write from each other: the SDK gives those.)
const STATES: [&str; 6] = ["revision", "etag", "ifmatch", "ifnonematch", "locktoken", "expectedversion"];

/// Writes that do not say it, and why.
const EXCEPTIONS: [(&str, &str); 2] = [
    (
        "lambda:AddPermission",
        "what is added was not there before: the revision is that of statements that are nobody's business here",
    ),
    ("lambda:AddLayerVersionPermission", "as AddPermission"),
];

fn states(service: &str, operation: &str) -> Vec<String> {
    let members = wire::members(service, operation).unwrap_or_else(|| panic!("no operation {service}:{operation}"));
    members.into_iter().filter(|name| STATES.iter().any(|state| name.to_lowercase().contains(state))).collect()
}

/// Every call of every playbook's plan, and of what takes it back.
fn calls() -> Vec<Call> {
    let mut calls = Vec::new();
    for world in World::all().iter().filter(|world| !world.twice) {
        let plan = world.plan(&world.sandbox());
        let done = plan.changes.iter().map(|change| (change.clone(), change.before.clone(), change.after.clone()));
        let (back, _) = reversed(done, &world.types);
        calls.extend(plan.changes.into_iter().chain(back).flat_map(|change| change.calls));
    }
    calls
}

#[test]
fn every_write_says_which_state_it_was_made_for() {
    let calls = calls();
    let mut carried: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let (mut broken, mut excused) = (BTreeSet::new(), BTreeSet::new());
    for call in &calls {
        let name = format!("{}:{}", call.service, call.operation);
        for state in states(&call.service, &call.operation) {
            let says = call.input.get(&state).and_then(|value| value.as_str());
            if says.is_some_and(|says| says.starts_with("${rectify:current.")) {
                carried.entry(name.clone()).or_default().insert(state);
            } else if EXCEPTIONS.iter().any(|(except, _)| *except == name) {
                excused.insert(name.clone());
            } else {
                broken.insert(format!("{name} does not say its {state}"));
            }
        }
    }
    assert_eq!(broken, BTreeSet::new());
    let expected = [
        ("lambda:RemoveLayerVersionPermission", "RevisionId"),
        ("lambda:RemovePermission", "RevisionId"),
        ("lambda:UpdateFunctionConfiguration", "RevisionId"),
    ];
    let expected = expected.map(|(name, state)| (name.to_owned(), BTreeSet::from([state.to_owned()])));
    assert_eq!(carried, BTreeMap::from(expected), "of {} calls", calls.len());
    assert_eq!(excused, EXCEPTIONS.map(|(name, _)| name.to_owned()).into(), "an exception that nothing needs");
}

/// The words really find what the APIs have: without this a model that is read wrongly would excuse everything.
#[test]
fn the_models_know_of_states() {
    assert_eq!(states("lambda", "UpdateFunctionConfiguration"), ["RevisionId"]);
    assert_eq!(states("wafv2", "UpdateWebACL"), ["LockToken"]);
    assert_eq!(states("kms", "EnableKeyRotation"), [""; 0]);
}
