//! What somebody else changes meanwhile: between plan and apply, just before a call, between two calls of one change, and
//! between apply and undo. Each has its own message, and what the other one did stays.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use rectify::apply::undo_plan;
use rectify::cloud::{CallError, CallErrorKind, Cloud, Sandbox};
use rectify::engine::{Planner, differences, only};
use rectify::journal::Sqlite;
use rectify::model::{
    Call, Change, ChangeKind, ChangeOutcome, Plan, Resource, ResourceKey, Run, RunKind, RunOutcome, Sent,
};
use serde_json::{Value, json};

use super::support::over_sandbox::{cloud_over_sandbox, failed};
use super::worlds::{World, all_hold, wait};

/// When somebody else comes by.
#[derive(Clone, Copy, Debug, PartialEq)]
enum When {
    /// Before the run.
    Before,
    /// Before that call is answered, which is refused.
    At(usize),
    /// After so many calls.
    After(usize),
}

/// What somebody else does to an account.
type Meddle = Box<dyn FnOnce(&Sandbox) + Send>;

/// An account where somebody else changes one resource.
struct Shared<'a> {
    sandbox: &'a Sandbox,
    sent: AtomicUsize,
    when: When,
    meddle: Mutex<Option<Meddle>>,
}

cloud_over_sandbox!(Shared<'_>);

impl Shared<'_> {
    fn comes_by(&self) {
        if let Some(meddle) = self.meddle.lock().unwrap().take() {
            meddle(self.sandbox);
        }
    }

    async fn answer(&self, type_name: &str, region: &str, call: &Call) -> Result<Sent, CallError> {
        let number = self.sent.fetch_add(1, Ordering::SeqCst);
        if self.when == When::At(number) {
            self.comes_by();
            return Err(failed(call, CallErrorKind::Conflict, "PreconditionFailedException"));
        }
        let sent = self.sandbox.send(type_name, region, call).await?;
        if self.when == When::After(number + 1) {
            self.comes_by();
        }
        Ok(sent)
    }
}

/// Runs a plan on a sandbox where somebody comes by; the run, and how many calls were sent.
fn run(world: &World, sandbox: &Sandbox, kind: RunKind, plan: Plan, when: When, meddle: Meddle) -> (Run, usize) {
    let shared = Shared { sandbox, sent: AtomicUsize::new(0), when, meddle: Mutex::new(Some(meddle)) };
    if when == When::Before {
        shared.comes_by();
    }
    let journal = Sqlite::memory().unwrap();
    let run = wait(world.executor(&shared, &journal).apply(kind, plan, None)).unwrap();
    (run, shared.sent.load(Ordering::SeqCst))
}

/// A change of something that is there, alone, and a place in its document that it does not touch.
struct Case {
    world: &'static World,
    change: Change,
    plan: Plan,
    path: String,
}

/// Every change of an existing resource of every playbook's plan that needs no other one.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for world in World::all().iter().filter(|world| !world.twice && !world.whole_bundle) {
        let plan = world.plan(&world.sandbox());
        for change in
            plan.changes.iter().filter(|change| change.kind == ChangeKind::Update && change.depends_on.is_empty())
        {
            let (Some(before), Some(after)) = (&change.before, &change.after) else { continue };
            let touched = differences(&before.properties, &after.properties);
            let untouched = before.properties.as_object().unwrap().keys().find(|name| {
                !touched.iter().any(|difference| difference.path.split('/').nth(1) == Some(name.as_str()))
            });
            let Some(name) = untouched else { continue };
            let alone = only(plan.clone(), &[change.id.clone()].into());
            cases.push(Case { world, change: change.clone(), plan: alone, path: format!("/{name}") });
        }
    }
    assert!(cases.len() > 80, "{} cases", cases.len());
    cases
}

/// Somebody else's value.
fn theirs() -> Value {
    json!("somebody else's")
}

/// Somebody else writes it there.
fn meddle(key: &ResourceKey, path: &str) -> Meddle {
    let (key, name) = (key.clone(), path[1..].to_owned());
    Box::new(move |sandbox| {
        let mut world = sandbox.world();
        // It may be gone for a moment, to be added again.
        let Some(document) = world.get(&key).cloned() else { return };
        let mut properties = document.properties.clone();
        properties[name.as_str()] = theirs();
        world.insert(document.with_properties(properties));
    })
}

/// How a change ended, and why.
fn ended(run: &Run, change: &Change) -> (Option<ChangeOutcome>, String) {
    let progress = &run.state.changes[&change.id];
    (progress.outcome, progress.reason.clone().unwrap_or_default())
}

/// What is there of a resource.
fn there(sandbox: &Sandbox, key: &ResourceKey) -> Option<Arc<Resource>> {
    sandbox.world().get(key).cloned()
}

#[test]
fn between_plan_and_apply() {
    let mut broken = Vec::new();
    for Case { world, change, plan, path } in cases() {
        let sandbox = world.sandbox();
        let edit = meddle(&change.resource, &path);
        let (run, sent) = run(world, &sandbox, RunKind::Apply, plan.clone(), When::Before, edit);
        let told = format!("it has changed since the plan was made ({path}); make a new plan");
        let expected = (Some(ChangeOutcome::Skipped), told);
        if ended(&run, &change) != expected || sent != 0 {
            broken.push(format!("{}: {:?}, {sent} calls", world.name, ended(&run, &change)));
        }
        // Gone.
        let sandbox = world.sandbox();
        let key = change.resource.clone();
        let gone = Box::new(move |sandbox: &Sandbox| drop(sandbox.world().remove(&key)));
        let (run, sent) = self::run(world, &sandbox, RunKind::Apply, plan, When::Before, gone);
        let expected = (Some(ChangeOutcome::Skipped), "it is not there any more".to_owned());
        if ended(&run, &change) != expected || sent != 0 {
            broken.push(format!("{}: {:?}, {sent} calls", world.name, ended(&run, &change)));
        }
    }
    all_hold(broken);
}

/// The service refuses what comes second, and nothing is taken back that was never done.
#[test]
fn just_before_the_first_call() {
    let mut broken = Vec::new();
    for Case { world, change, plan, path } in cases() {
        let sandbox = world.sandbox();
        let edit = meddle(&change.resource, &path);
        let (run, sent) = run(world, &sandbox, RunKind::Apply, plan, When::At(0), edit);
        let (outcome, reason) = ended(&run, &change);
        let says = format!(
            "PreconditionFailedException; somebody else has changed it meanwhile ({path}), and it is left so; make a new plan"
        );
        let stays = there(&sandbox, &change.resource).is_some_and(|now| now.properties[&path[1..]] == theirs());
        if outcome != Some(ChangeOutcome::Failed) || !reason.ends_with(&says) || sent != 1 || !stays {
            broken.push(format!("{}: {outcome:?} {reason}, {sent} calls, stays: {stays}", world.name));
        }
    }
    all_hold(broken);
}

#[test]
fn between_two_calls_of_one_change() {
    let (mut broken, mut count) = (Vec::new(), 0);
    for Case { world, change, plan, path } in cases() {
        for calls in 1..change.calls.len() {
            let sandbox = world.sandbox();
            let edit = meddle(&change.resource, &path);
            let (run, sent) = run(world, &sandbox, RunKind::Apply, plan.clone(), When::After(calls), edit);
            let stays = there(&sandbox, &change.resource).is_some_and(|now| now.properties[&path[1..]] == theirs());
            let (outcome, reason) = ended(&run, &change);
            if !stays && outcome == Some(ChangeOutcome::Verified) {
                // It was gone at that moment, and nobody could change it.
                continue;
            }
            count += 1;
            let of = change.calls.len();
            let says = format!(
                "somebody else has changed it meanwhile ({path}), and it is left so: {calls} of {of} calls are done, and nothing is taken back"
            );
            if outcome != Some(ChangeOutcome::Stuck) || !reason.contains(&says) || sent != calls || !stays {
                broken.push(format!("{}: {outcome:?} {reason}, {sent} calls, stays: {stays}", world.name));
            }
        }
    }
    assert!(count >= 5, "{count} moments");
    all_hold(broken);
}

#[test]
fn between_apply_and_undo() {
    let (mut broken, mut count) = (Vec::new(), 0);
    for Case { world, change, plan, path } in cases() {
        let sandbox = world.sandbox();
        let (done, _) = run(world, &sandbox, RunKind::Apply, plan, When::After(usize::MAX), Box::new(|_| {}));
        // What is a part of something greater, or is found again by others, may not be verified alone.
        if ended(&done, &change).0 != Some(ChangeOutcome::Verified) {
            continue;
        }
        let (back, _) = wait(undo_plan(&done, &sandbox, &world.types, false)).unwrap();
        let Some(reversed) = back.changes.first().cloned() else { continue };
        count += 1;
        let edit = meddle(&change.resource, &path);
        let (undo, sent) = run(world, &sandbox, RunKind::Undo, back, When::Before, edit);
        let told = format!("somebody has changed it since the run ({path}); --force takes it back all the same");
        let stays = there(&sandbox, &change.resource).is_some_and(|now| now.properties[&path[1..]] == theirs());
        if ended(&undo, &reversed) != (Some(ChangeOutcome::Skipped), told) || sent != 0 || !stays {
            broken.push(format!("{}: {:?}, {sent} calls, stays: {stays}", world.name, ended(&undo, &reversed)));
        }
    }
    assert!(count > 60, "{count} runs");
    all_hold(broken);
}

/// Somebody else makes what a change would create.
fn make(change: &Change) -> Meddle {
    let after = change.after.clone().unwrap();
    Box::new(move |sandbox: &Sandbox| {
        let properties = after.properties.as_object().unwrap().clone();
        sandbox.world().insert(Resource::new(after.key(), "", properties, serde_json::Map::new()));
    })
}

/// Whether the id of what a change creates is the service's to make up.
fn late(change: &Change) -> bool {
    change.resource.id.contains("${rectify:")
}

/// Somebody else has created it by now, under the id that the plan knows, or under one of the service's, by which the plan would
/// have found it.
#[test]
fn what_is_to_be_created_is_there_by_now() {
    let (mut broken, mut late_ones, mut count) = (Vec::new(), BTreeSet::new(), 0);
    for world in World::all().iter().filter(|world| !world.twice && !world.whole_bundle) {
        let plan = world.plan(&world.sandbox());
        let created = plan.changes.iter().filter(|change| change.kind == ChangeKind::Create);
        for change in created.filter(|change| change.depends_on.is_empty()) {
            let mut made = change.after.clone().unwrap();
            let told = if late(change) {
                late_ones.insert(change.resource.type_name.to_string());
                let find = change.find.as_ref().unwrap();
                let parent = made.text("/ApiId").map(|api| format!("|{api}")).unwrap_or_default();
                made.id = format!("made-by-somebody{parent}");
                made = with(&made, find);
                format!("{} exists by now, and the plan would create another one; make a new plan", made.key())
            } else {
                "it exists by now, and the plan would create it".to_owned()
            };
            count += 1;
            let sandbox = world.sandbox();
            let alone = only(plan.clone(), &[change.id.clone()].into());
            let somebody: Meddle = Box::new(move |sandbox| sandbox.world().insert(made.clone()));
            let (run, sent) = self::run(world, &sandbox, RunKind::Apply, alone.clone(), When::Before, somebody);
            if ended(&run, change) != (Some(ChangeOutcome::Skipped), told) || sent != 0 {
                broken.push(format!("{}: {:?}, {sent} calls", world.name, ended(&run, change)));
            }
            // Another one is none of the plan's business.
            if let Some(find) = &change.find {
                let mut another = with(change.after.as_ref().unwrap(), &other_than(find));
                (another.id, another.arn) = ("another".to_owned(), String::new());
                let somebody: Meddle = Box::new(move |sandbox| sandbox.world().insert(another));
                let (run, sent) = self::run(world, &world.sandbox(), RunKind::Apply, alone, When::Before, somebody);
                if ended(&run, change).0 != Some(ChangeOutcome::Verified) || sent == 0 {
                    broken.push(format!("{}: {:?}, beside another one", world.name, ended(&run, change)));
                }
            }
        }
    }
    let types = [
        "AWS::ApiGateway::ClientCertificate",
        "AWS::ApiGateway::UsagePlan",
        "AWS::ApiGatewayV2::Authorizer",
        "AWS::KMS::Key",
        "AWS::SQS::Queue",
    ];
    assert_eq!(late_ones.iter().map(String::as_str).collect::<Vec<_>>(), types);
    assert!(count > 10, "{count} creates");
    all_hold(broken);
}

/// What no plan looks for that looks for this: its last text is another.
fn other_than(find: &Value) -> Value {
    fn last(value: &mut Value) -> Option<&mut String> {
        match value {
            Value::String(text) => Some(text),
            Value::Array(items) => items.iter_mut().rev().find_map(last),
            Value::Object(members) => members.values_mut().rev().find_map(last),
            _ => None,
        }
    }
    let mut other = find.clone();
    last(&mut other).expect("it is found by a text").push_str("-other");
    other
}

/// A resource with the properties and facts that a plan looks for.
fn with(resource: &Resource, find: &Value) -> Resource {
    let merged = |mut own: Value, part: &str| {
        let members = find.get(part).and_then(Value::as_object).cloned().unwrap_or_default();
        own.as_object_mut().unwrap().extend(members);
        own
    };
    let mut found = resource.with_properties(merged(resource.properties.clone(), "properties"));
    found.facts = merged(resource.facts.clone(), "facts");
    found
}

/// What only uses something says nothing of it: a function that is called makes its log group itself.
#[test]
fn what_uses_it_is_there_by_now() {
    let mut count = 0;
    for world in World::all().iter().filter(|world| !world.twice && !world.whole_bundle) {
        let plan = world.plan(&world.sandbox());
        let key =
            plan.changes.iter().find(|change| change.resource.type_name.as_str() == "AWS::KMS::Key" && late(change));
        let user = |change: &&Change| {
            change.kind == ChangeKind::Create
                && change.resource.type_name.as_str() != "AWS::KMS::Alias"
                && !late(change)
        };
        let Some(key) = key else { continue };
        for user in plan.changes.iter().filter(user).filter(|change| change.depends_on.contains(&key.id)) {
            count += 1;
            let sandbox = world.sandbox();
            let (run, _) = run(world, &sandbox, RunKind::Apply, plan.clone(), When::Before, make(user));
            assert_eq!(ended(&run, user).0, Some(ChangeOutcome::Skipped), "{}", world.name);
            assert_eq!(ended(&run, key).0, Some(ChangeOutcome::Verified), "{}", world.name);
        }
    }
    assert!(count > 0);
}

/// Two plans are made before the key that they share: the second to be applied makes no other one.
#[test]
fn two_plans_make_what_they_share_once() {
    let world = World::demo();
    let sandbox = world.sandbox();
    let snapshot = world.read(&sandbox);
    let planner = Planner { assessor: world.assessor(), reading: &world.reading };
    let plan = |policy: &str| planner.plan(&snapshot, |finding| finding.policy.as_str() == policy);
    let (first, second) = (plan("lambda-env-kms"), plan("logs-kms"));
    let key = |plan: &Plan| plan.changes.iter().find(|change| late(change)).cloned().unwrap();
    assert_eq!(key(&first).resource, key(&second).resource);
    let keys = || sandbox.world().of_type("AWS::KMS::Key").count();
    let before = keys();
    let nobody = || Box::new(|_: &Sandbox| {});
    let (done, _) = run(world, &sandbox, RunKind::Apply, first, When::Before, nobody());
    assert_eq!((done.state.outcome, keys()), (Some(RunOutcome::Verified), before + 1));
    let (skipped, sent) = run(world, &sandbox, RunKind::Apply, second.clone(), When::Before, nobody());
    assert_eq!((sent, keys()), (0, before + 1), "{:?}", ended(&skipped, &key(&second)));
    // A new plan uses it.
    let again = planner.plan(&world.read(&sandbox), |finding| finding.policy.as_str() == "logs-kms");
    let (done, _) = run(world, &sandbox, RunKind::Apply, again, When::Before, nobody());
    assert_eq!((done.state.outcome, keys()), (Some(RunOutcome::Verified), before + 1));
}
