//! Care: what a failure leads to, what goes first, and what an account may have in a day.

use insta::assert_snapshot;
use serde_json::json;

use super::events::key_event;
use super::runner::World;

#[test]
fn an_account_has_so_many_changes_in_a_day_over_all_runs_and_events() {
    let world = World::new();
    world.write("rectify.yaml", "limits: {max_changes_per_day: 7}\n");
    world.shop(&["apply", "--policies", "lambda-tracing", "--yes"]).ends(0);
    let before = world.read("shop.jsonl");
    // Those that are taken back have counted all the same, and nothing holds up the way back.
    world.shop(&["undo", &world.last_run(), "--yes"]).ends(0);
    let told = world.shop(&["apply", "--policies", "lambda-tracing", "--yes"]).ends(2);
    let told = told.err.lines().last().unwrap().to_owned();
    let start =
        "error: account 111122223333 had 6 changes within 24 hours, and with these 6 it would have more than 7; from ";
    assert!(told.starts_with(start) && told.ends_with(" on they fit, or use --limit max_changes_per_day=12"), "{told}");
    assert_ne!(world.read("shop.jsonl"), before, "it is as after the undo");
    world.shop(&["apply", "--policies", "kms-rotation", "--yes"]).ends(0);
    world.write("event.json", key_event("1b2c3d"));
    world.shop(&["undo", &world.last_run(), "--yes"]).ends(0);
    let before = world.documents("shop.jsonl");
    let handled = world.shop(&["event", "event.json", "--mode", "enforce", "--format", "json"]).json();
    assert_eq!(handled["looked"][0]["outcome"], "refused", "{handled}");
    assert_eq!(
        handled["looked"][0]["told"],
        "7 changes were made in account 111122223333 within the last 24 hours, and at most 7 may be (max_changes_per_day)"
    );
    assert_eq!(world.documents("shop.jsonl"), before);
    let more = ["apply", "--policies", "lambda-tracing", "--yes", "--limit", "max_changes_per_day=13"];
    world.shop(&more).ends(0);
}

#[test]
fn limits_of_the_configuration_hold_for_events() {
    let world = World::new();
    world.write("event.json", key_event("1b2c3d"));
    world.write("rectify.yaml", "limits: {max_changes: 0}\n");
    let handled = world.shop(&["event", "event.json", "--mode", "enforce", "--format", "json"]).json();
    assert_eq!(handled["looked"][0]["outcome"], "refused", "{handled}");
    let told = handled["looked"][0]["told"].as_str().unwrap();
    assert!(told.contains("at most 0 are applied in one run"), "{told}");
}

#[test]
fn risky_changes_are_refused_unless_their_limit_is_raised() {
    let world = World::new();
    world.write("rectify.yaml", "limits: {max_review: 1, max_deletes: 0}\n");
    let apply =
        ["apply", "--policies", "lambda-permission-source,lambda-no-public-policy", "--approve", "all", "--yes"];
    let before = world.documents("shop.jsonl");
    assert_snapshot!(world.shop(&apply).ends(2).err, @"
    error: the plan has 3 changes that need a review, and at most 1 of them are applied in one run; select fewer, or use --limit max_review=3
    error: the plan has 1 changes that delete a resource, and at most 0 of them are applied in one run; select fewer, or use --limit max_deletes=1
    ");
    assert_eq!(world.documents("shop.jsonl"), before);
    world.shop(&[&apply[..], &["--limit", "max_review=3", "--limit", "max_deletes=1"]].concat()).ends(0);
}

#[test]
fn canaries_are_told_and_the_others_follow() {
    let world = World::new();
    let apply = ["apply", "--policies", "lambda-tracing,kms-rotation", "--yes"];
    let told = world.shop(&[&apply[..], &["--canary", "1", "--canary-wait", "1"]].concat()).ends(0);
    assert_snapshot!(told.err, @"
    waiting for 1 s: then the changes that went first are verified once more
    ");
    assert!(told.out.contains("verified, 7 of 7 changes verified"), "{told}");
    world.write("rectify.yaml", "canary: {changes: 1, wait_seconds: 0}\n");
    world.shop(&["undo", &world.last_run(), "--yes"]).ends(0);
    world.shop(&apply).ends(0);
    let run = world.last_run();
    let told = world.run(&["runs", "show", &run, "--format", "json"]).json();
    assert_eq!(told["outcome"], "verified");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let world = World::new();
    let before = world.files();
    let refused = |arguments: &[&str]| {
        let told = world.shop(&[&["apply", "--policies", "kms-rotation", "--yes"], arguments].concat()).ends(2);
        assert_eq!(world.documents("shop.jsonl"), super::runner::documents(super::runner::DEMO));
        told.err
    };
    assert_snapshot!(refused(&["--canary-wait", "3"]), @"
    error: --canary-wait says how long to wait after no change
    help: --canary says how many changes go first
    ");
    assert_snapshot!(refused(&["--limit", "max_per_minute=0"]), @"
    error: the limit `max_per_minute` is 1 at the least
    ");
    assert_snapshot!(refused(&["--on-failure", "panic"]), @"
    error: invalid value 'panic' for '--on-failure <WHAT>': it is continue, stop or undo

    For more information, try '--help'.
    ");
    world.write("rectify.yaml", "on_failure: panic\n");
    assert_snapshot!(refused(&[]), @"
    error: rectify.yaml:1:13: on_failure: unknown variant `panic`, expected one of `continue`, `stop`, `undo`
      |
    1 | on_failure: panic
      |             ^
    help: known here: continue, stop, undo
    ");
    std::fs::remove_file(world.path("rectify.yaml")).unwrap();
    let after = world.files();
    assert!(before.keys().all(|file| after.contains_key(file)));
}

const TIMEOUT: &str = "playbooks/kms/rotation.yaml";

#[test]
fn a_playbook_says_what_its_failure_leads_to_and_the_plan_shows_it() {
    let world = World::new();
    let playbook = |on_failure: &str| {
        let text = include_str!("../../playbooks/kms/rotation.yaml");
        let text = text.replacen("safety: safe\n", &format!("safety: safe\n{on_failure}\n"), 1);
        world.write(&format!("own/{TIMEOUT}"), text);
        world.write("own/policies/kms/rotation.rego", include_str!("../../policies/kms/rotation.rego"));
    };
    world.write("rectify.yaml", "builtin: false\nbundles: [own]\n");
    playbook("on_failure: undo");
    let told = world.shop(&["plan"]).ends(1);
    assert!(told.out.contains("\n    failure  undo\n"), "{told}");
    let plan = world.shop(&["plan", "--format", "json"]).json();
    assert_eq!(plan["changes"][0]["on_failure"], json!(["undo"]));
    playbook("on_failure: continue");
    let plan = world.shop(&["plan", "--format", "json"]).json();
    assert_eq!(plan["changes"][0].get("on_failure"), None);
    playbook("on_failure: retry");
    let told = world.shop(&["plan"]).ends(2);
    assert!(told.err.contains("unknown variant `retry`, expected one of `continue`, `stop`, `undo`"), "{told}");
}
