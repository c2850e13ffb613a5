//! Laws 1 to 5: what is planned is what happens, once, and it can be taken back.

use std::collections::BTreeSet;

use rectify::model::{
    ChangeId, ChangeKind, ChangeOutcome, Finding, FindingId, Plan, Resource, ResourceKey, Run, RunOutcome,
};

use super::days::Day;
use super::support::promise;
use super::support::same::unlike;
use super::worlds::{World, all_hold};

fn over_every_day(law: impl Fn(&Day) -> Vec<String>) {
    let broken = Day::all().iter().flat_map(|day| {
        let told = law(day);
        told.into_iter().map(move |told| format!("{}: {told}", day.world.name))
    });
    all_hold(broken.collect());
}

#[test]
fn law_1_planning_is_pure() {
    over_every_day(|day| {
        let text = |plan: &Plan| serde_json::to_string(plan).unwrap();
        let same = text(&day.plan) == text(&day.replanned);
        if same { vec![] } else { vec!["two plans of one snapshot differ".into()] }
    });
}

#[test]
fn law_2_the_calls_that_are_sent_are_the_plans() {
    let calls: usize = Day::all().iter().map(|day| day.sent.len()).sum();
    assert!(calls > 100, "the law was tested on {calls} calls");
    over_every_day(|day| {
        let mut told: Vec<String> =
            day.sent_by_planning.iter().map(|call| format!("a dry run sends {call:?}")).collect();
        told.extend(promise::broken(&day.plan, &day.sent));
        told.extend(not_verified(&day.run));
        told.extend(promise::broken(&day.undone.state.plan, &day.sent_by_undo));
        told.extend(not_verified(&day.undone));
        told
    });
}

#[test]
fn law_3_the_proof_is_what_a_new_reading_finds() {
    over_every_day(|Day { plan, found, .. }| {
        let ids = |findings: &[Finding]| -> BTreeSet<FindingId> { findings.iter().map(|f| f.id.clone()).collect() };
        let found = ids(found);
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
    over_every_day(|day| {
        let again = day.second.changes.iter();
        let mut told: Vec<String> =
            again.map(|change| format!("{} is changed again: {}", change.resource, change.patch)).collect();
        told.extend(day.sent_by_second.iter().map(|call| format!("{call:?} is sent")));
        told
    });
}

#[test]
fn law_5_undo_leads_back() {
    over_every_day(|Day { world, plan, run, undone, stays, restored, .. }| {
        let mut told = not_verified(undone);
        let irreversible: BTreeSet<_> =
            plan.changes.iter().filter(|change| !change.reversible).map(|c| c.id.clone()).collect();
        let stayed: BTreeSet<_> = stays.iter().map(|(change, _)| change.id.clone()).collect();
        let name = |id: &ChangeId| plan.changes.iter().find(|change| change.id == *id).map(|c| c.resource.to_string());
        let only = |one: &BTreeSet<ChangeId>, other| one.difference(other).filter_map(name).collect::<Vec<_>>();
        let (taken_back, stay_after_all) = (only(&irreversible, &stayed), only(&stayed, &irreversible));
        if irreversible != stayed {
            told.push(format!(
                "told as irreversible and taken back: {taken_back:?}; the other way: {stay_after_all:?}"
            ));
        }
        let stay = places(plan, run, |change| irreversible.contains(&change.id));
        told.extend(unlike(&world.snapshot, restored, &stay));
        told
    });
}

/// Changes that are irreversible say why, and are of few kinds: the demo's are told by name.
#[test]
fn what_cannot_be_taken_back_says_so_before() {
    let told: BTreeSet<String> = Day::demo()
        .plan
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
    let expected = [
        "Create AWS::KMS::Alias: AWS::Logs::LogGroup /rectify/cloudtrail stays, and needs it",
        "Create AWS::KMS::Key: a key that may have encrypted data is not deleted by rectify",
        "Create AWS::Logs::LogGroup: a log group that may have recorded events is not deleted by rectify",
        "Create AWS::SQS::Queue: a queue that may hold messages is not deleted by rectify",
        "Update AWS::KMS::Key: rectify does not schedule the deletion of a key again",
    ];
    assert_eq!(told, expected.map(String::from).into());
}

#[test]
fn the_worlds_have_what_the_laws_are_about() {
    let (mut changes, mut playbooks, mut kinds) = (0, BTreeSet::new(), BTreeSet::new());
    for Day { world, plan, .. } in Day::all() {
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
    println!("{} worlds, {changes} changes, {} playbooks", World::all().len(), playbooks.len());
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
