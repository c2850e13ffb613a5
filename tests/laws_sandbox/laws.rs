//! Laws 1 to 5: what is planned is what happens, once, and it can be taken back.

use std::collections::BTreeSet;

use rectify::model::{ChangeKind, ChangeOutcome, Finding, FindingId, Plan, Resource, ResourceKey, Run, RunOutcome};

use super::account::Account;
use super::support::promise;
use super::support::same::unlike;
use super::worlds::{World, all_hold};

fn over_every_world(law: impl Fn(&World) -> Vec<String>) {
    let broken = World::all().iter().flat_map(|world| {
        let told = law(world);
        told.into_iter().map(move |told| format!("{}: {told}", world.name))
    });
    all_hold(broken.collect());
}

#[test]
fn law_1_planning_is_pure() {
    over_every_world(|world| {
        let text = || serde_json::to_string(&Account::of(world).plan()).unwrap();
        if text() == text() { vec![] } else { vec!["two plans of one snapshot differ".into()] }
    });
}

#[test]
fn law_2_the_calls_that_are_sent_are_the_plans() {
    let mut calls = 0;
    let mut broken = Vec::new();
    for world in World::all() {
        let account = Account::of(world);
        let plan = account.plan();
        assert_eq!(account.sent(), [], "{}: a dry run sends nothing", world.name);
        let run = account.apply(&plan);
        let sent = account.sent();
        calls += sent.len();
        let mut told = promise::broken(&plan, &sent);
        told.extend(not_verified(&run));
        if !plan.changes.is_empty() {
            let (undone, _) = account.undo(&run);
            told.extend(promise::broken(&undone.state.plan, &account.sent()));
            told.extend(not_verified(&undone));
        }
        broken.extend(told.into_iter().map(|told| format!("{}: {told}", world.name)));
    }
    assert!(calls > 100, "the law was tested on {calls} calls");
    all_hold(broken);
}

#[test]
fn law_3_the_proof_is_what_a_new_reading_finds() {
    over_every_world(|world| {
        let account = Account::of(world);
        let plan = account.plan();
        account.apply(&plan);
        let ids = |findings: &[Finding]| -> BTreeSet<FindingId> { findings.iter().map(|f| f.id.clone()).collect() };
        let found = ids(&account.assess().findings);
        let predicted: BTreeSet<FindingId> =
            plan.proof.remaining.iter().chain(&plan.proof.introduced).cloned().collect();
        let mut told: Vec<String> = found.difference(&predicted).map(|id| format!("{id} was not predicted")).collect();
        told.extend(predicted.difference(&found).map(|id| format!("{id} was predicted and is not found")));
        if ids(&plan.findings).len() != plan.proof.before || predicted.len() != plan.proof.after {
            told.push("the proof counts otherwise than it lists".into());
        }
        told
    });
}

#[test]
fn law_4_applying_twice_is_applying_once() {
    over_every_world(|world| {
        let account = Account::of(world);
        account.apply(&account.plan());
        account.sent();
        let again = account.plan();
        account.apply(&again);
        let mut told: Vec<String> =
            again.changes.iter().map(|c| format!("{} is changed again: {}", c.resource, c.patch)).collect();
        told.extend(account.sent().iter().map(|call| format!("{call:?} is sent")));
        told
    });
}

#[test]
fn law_5_undo_leads_back() {
    over_every_world(|world| {
        let account = Account::of(world);
        let before = account.documents();
        let plan = account.plan();
        let run = account.apply(&plan);
        let (undone, stays) = account.undo(&run);
        let after = account.documents();
        let mut told = not_verified(&undone);
        let irreversible: BTreeSet<_> =
            plan.changes.iter().filter(|change| !change.reversible).map(|c| c.id.clone()).collect();
        let stayed: BTreeSet<_> = stays.iter().map(|(change, _)| change.id.clone()).collect();
        if irreversible != stayed {
            told.push(format!("irreversible are {irreversible:?}, and {stayed:?} stay"));
        }
        let stay = places(&plan, &run, |change| irreversible.contains(&change.id));
        told.extend(unlike(&before, &after, &stay));
        told
    });
}

/// Changes that are irreversible say why, and are few: the demo's are told by name.
#[test]
fn what_cannot_be_taken_back_says_so_before() {
    let world = World::demo();
    let plan = Account::of(world).plan();
    let told: Vec<String> = plan
        .changes
        .iter()
        .filter(|change| !change.reversible)
        .map(|change| {
            format!(
                "{:?} {}: {}",
                change.kind,
                change.resource.type_name,
                change.irreversible_because.clone().unwrap_or_default()
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "Create AWS::KMS::Key: a key that may have encrypted data is not deleted by rectify",
            "Update AWS::KMS::Key: rectify does not schedule the deletion of a key again",
        ]
    );
}

#[test]
fn the_worlds_have_what_the_laws_are_about() {
    let worlds = World::all();
    let (mut changes, mut playbooks, mut kinds) = (0, BTreeSet::new(), BTreeSet::new());
    for world in worlds {
        let plan = Account::of(world).plan();
        assert!(plan.errors.is_empty(), "{}: {:?}", world.name, plan.errors);
        changes += plan.changes.len();
        playbooks.extend(plan.changes.iter().flat_map(|change| change.playbooks.clone()));
        kinds.extend(plan.changes.iter().map(|change| format!("{:?}", change.kind)));
    }
    let demo = World::demo();
    let unused: Vec<_> = demo
        .bundle
        .playbooks
        .values()
        .filter(|playbook| !playbook.steps.is_empty() && !playbooks.contains(&playbook.id))
        .map(|playbook| &playbook.id)
        .collect();
    assert!(unused.is_empty(), "no world uses {unused:?}");
    assert_eq!(kinds.len(), 3, "something is created, updated and deleted: {kinds:?}");
    println!("{} worlds, {changes} changes, {} playbooks", worlds.len(), playbooks.len());
}

/// Changes of a run that are not verified, and why.
fn not_verified(run: &Run) -> Vec<String> {
    let state = &run.state;
    let ended = state.plan.changes.iter().filter_map(|change| {
        let progress = state.changes.get(&change.id)?;
        let verified = progress.outcome == Some(ChangeOutcome::Verified);
        (!verified).then(|| format!("{} is {:?}: {:?}", change.resource, progress.outcome, progress.reason))
    });
    let mut told: Vec<String> = ended.collect();
    if told.is_empty() && state.outcome != Some(RunOutcome::Verified) {
        told.push(format!("every change is verified, and the run is {:?}", state.outcome));
    }
    told
}

/// Where the changes' resources stand; what was created, by its real place.
fn places(plan: &Plan, run: &Run, wanted: impl Fn(&rectify::model::Change) -> bool) -> BTreeSet<ResourceKey> {
    let place = |change: &rectify::model::Change| {
        let created = run.state.changes.get(&change.id).and_then(|progress| progress.after.as_ref());
        created.filter(|_| change.kind == ChangeKind::Create).map_or_else(|| change.resource.clone(), Resource::key)
    };
    plan.changes.iter().filter(|change| wanted(change)).map(place).collect()
}
