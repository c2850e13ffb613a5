//! Times in which nothing is changed.

use insta::assert_snapshot;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use super::audit::tear;
use super::events::key_event;
use super::runner::{DEMO, Told, World, documents};

const APPLY: [&str; 4] = ["apply", "--policies", "kms-rotation", "--yes"];

/// A freeze from an hour ago until two hours from now, and its end as it is told.
fn freeze(world: &World, more: &str) -> String {
    let now = Timestamp::now().round(jiff::Unit::Second).unwrap();
    let end = now + 2.hours();
    let window = format!("{{from: \"{}\", to: \"{end}\", reason: the release of Friday{more}}}", now - 1.hours());
    world.write("rectify.yaml", format!("freeze: [{window}]\n"));
    end.to_string()
}

fn thaw(world: &World) {
    world.write("rectify.yaml", "freeze: []\n");
}

/// The last two lines of what is held up by a freeze.
#[track_caller]
fn held_up(told: &Told, end: &str) {
    let expected = format!(
        "Account 111122223333 is frozen until {end}: the release of Friday.\nNothing is changed; what cannot wait is done with --during-freeze REASON."
    );
    assert_eq!(told.tail(2), expected, "{told}");
}

#[test]
fn in_a_freeze_changes_are_planned_and_wait() {
    let world = World::new();
    let end = freeze(&world, "");
    world.shop(&["scan", "--policies", "kms-rotation"]).ends(1);
    let told = world.shop(&["plan", "--policies", "kms-rotation", "--out", "plan.json"]).ends(1);
    assert!(
        told.out.contains(&format!("Account 111122223333 is frozen until {end}: the release of Friday.\n")),
        "{told}"
    );
    held_up(&world.shop(&APPLY).ends(1), &end);
    held_up(&world.shop(&["apply", "plan.json", "--yes"]).ends(1), &end);
    let told = world.shop(&["apply", "plan.json", "--yes", "--format", "json"]).ends(1);
    assert_eq!(told.json(), json!({"run": null, "outcome": "frozen", "changes": []}));
    // A clock that is set opens no window.
    let before = (Timestamp::now() - 5.hours()).to_string();
    held_up(&world.shop(&[&APPLY[..], &["--now", &before]].concat()).ends(1), &end);
    assert_eq!(world.read("shop.jsonl"), DEMO);
    assert_eq!(world.run(&["runs"]).out, "no runs\n");
    thaw(&world);
    world.shop(&["apply", "plan.json", "--yes"]).ends(0);
}

#[test]
fn what_has_nothing_to_wait_for_is_not_held_up() {
    let world = World::new();
    world.shop(&APPLY).ends(0);
    freeze(&world, "");
    assert_eq!(world.shop(&APPLY).ends(0).tail(1), "Nothing to apply.");
    assert!(!world.shop(&["plan", "--policies", "kms-rotation"]).ends(0).out.contains("frozen"));
}

#[test]
fn a_person_goes_on_all_the_same_and_the_journal_keeps_why() {
    let world = World::new();
    let end = freeze(&world, "");
    let word = ["--during-freeze", "the key is open to the world"];
    world.shop(&[&APPLY[..], &word].concat()).ends(0);
    let run = world.last_run();
    let line = format!("during a freeze until {end} (the release of Friday): the key is open to the world");
    let shown = world.run(&["runs", "show", &run]).ends(0);
    assert!(shown.out.lines().any(|shown| shown == line), "{shown}");
    let shown = world.run(&["runs", "show", &run, "--format", "json"]).json();
    let expected =
        json!([{"reason": "the key is open to the world", "freeze": ["the release of Friday"], "until": end}]);
    assert_eq!(shown["during_freeze"], expected);

    // What has done harm can be taken back in the same way, and in no other.
    let after = world.read("shop.jsonl");
    held_up(&world.shop(&["undo", &run, "--yes"]).ends(1), &end);
    let told = world.shop(&["undo", &run, "--yes", "--format", "json"]).ends(1);
    assert_eq!(told.json(), json!({"run": null, "outcome": "frozen", "changes": [], "left": []}));
    assert_eq!(world.read("shop.jsonl"), after);
    world.shop(&["undo", &run, "--yes", "--during-freeze", "it was worse than before"]).ends(0);
    assert_eq!(world.documents("shop.jsonl"), documents(DEMO));
    let shown = world.run(&["runs", "show", &world.last_run()]).ends(0);
    assert!(shown.out.contains("(the release of Friday): it was worse than before\n"), "{shown}");
}

#[test]
fn a_run_that_was_interrupted_does_not_go_on_in_a_freeze() {
    let world = World::new();
    world.shop(&APPLY).ends(0);
    let run = world.last_run();
    tear(&world, &run);
    let (end, records) = (freeze(&world, ""), world.run(&["runs", "verify", &run]).ends(1).out);
    held_up(&world.shop(&["runs", "resume", &run]).ends(1), &end);
    assert_eq!(world.run(&["runs", "verify", &run]).ends(1).out, records, "nothing is written either");
    world.shop(&["runs", "resume", &run, "--during-freeze", "half of it is worse"]).ends(0);
    let shown = world.run(&["runs", "show", &run]).ends(0);
    assert!(shown.out.contains("(the release of Friday): half of it is worse\n"), "{shown}");
}

#[test]
fn a_word_without_a_reason_is_none_and_without_a_freeze_it_says_nothing() {
    let world = World::new();
    freeze(&world, "");
    let told = world.shop(&[&APPLY[..], &["--during-freeze", ""]].concat()).ends(2);
    assert!(told.err.contains("--during-freeze <REASON>"), "{told}");
    assert_eq!(world.read("shop.jsonl"), DEMO);
    thaw(&world);
    world.shop(&[&APPLY[..], &["--during-freeze", "just in case"]].concat()).ends(0);
    let shown = world.run(&["runs", "show", &world.last_run(), "--format", "json"]).json();
    assert_eq!(shown["during_freeze"], json!([]));
}

#[test]
fn a_window_of_other_accounts_holds_up_nothing_here() {
    let world = World::new();
    freeze(&world, ", accounts: [\"222222222222\"]");
    world.shop(&APPLY).ends(0);
}

#[test]
fn the_handler_observes_and_lets_safe_changes_wait() {
    let world = World::new();
    world.write("event.json", key_event("e1"));
    let end = freeze(&world, "");
    let told = world.shop(&["event", "event.json", "--mode", "enforce"]).ends(1);
    let expected = format!(
        "AWS::KMS::Key 5ade0664-d93d-41b2-ac5a-87410d94abb0: its plan waits for an approval: `rectify plans` lists it: account 111122223333 is frozen until {end}: the release of Friday"
    );
    assert_eq!(told.tail(1), expected, "{told}");
    assert_eq!(world.read("shop.jsonl"), DEMO);
    let plans = world.run(&["plans", "--format", "json"]).json();
    assert_eq!(plans.as_array().unwrap().len(), 1);
    // There is no person there who could say anything against it.
    assert!(world.shop(&["event", "event.json", "--during-freeze", "x"]).ends(2).err.contains("--during-freeze"));

    let waiting = format!("waiting:{}", plans[0]["digest"].as_str().unwrap());
    held_up(&world.shop(&["apply", &waiting, "--yes"]).ends(1), &end);
    thaw(&world);
    world.shop(&["apply", &waiting, "--yes"]).ends(0);
    assert_ne!(world.read("shop.jsonl"), DEMO);
    assert_eq!(world.run(&["plans"]).out, "none\n");
}

#[test]
fn after_the_freeze_the_next_event_is_acted_on() {
    let world = World::new();
    let now = Timestamp::now().to_string();
    let event = |id: &str| key_event(id).replace("2026-11-22T00:00:00Z", &now);
    freeze(&world, "");
    world.write("event.json", event("e1"));
    world.shop(&["event", "event.json", "--mode", "enforce"]).ends(1);
    assert_eq!(world.read("shop.jsonl"), DEMO);
    thaw(&world);
    world.write("event.json", event("e2"));
    let told = world.shop(&["event", "event.json", "--mode", "enforce"]).ends(0);
    assert_eq!(told.tail(1), "AWS::KMS::Key 5ade0664-d93d-41b2-ac5a-87410d94abb0: fixed and verified");
}

#[test]
fn a_window_is_checked_where_it_is_written() {
    let world = World::new();
    let told = |window: &str| {
        world.write("rectify.yaml", format!("freeze: [{window}]\n"));
        world.shop(&["scan"]).ends(2).err.lines().next().unwrap().to_owned()
    };
    assert_eq!(
        told("{from: 2026-12-20, to: 2026-12-19, reason: x}"),
        "error: rectify.yaml:1:17: freeze window 1: it ends at `2026-12-19`, before it has begun at `2026-12-20`"
    );
    assert_eq!(
        told("{from: 2026-12-20, reason: x}"),
        "error: rectify.yaml:1:1: freeze window 1: it has either `from` and `to`, or `cron` and `duration`"
    );
    assert_eq!(
        told("{cron: 0 18 * * FRI, duration: 62h, timezone: Europe/Berlln, reason: x}"),
        "error: rectify.yaml:1:56: freeze window 1: there is no time zone `Europe/Berlln`; it is one such as `Europe/Berlin`"
    );
    assert_eq!(
        told("{cron: 0 18 * * FRO, duration: 62h, reason: x}"),
        "error: rectify.yaml:1:17: freeze window 1: `0 18 * * FRO` cannot be read as cron: malformed expression"
    );
    assert_eq!(
        told("{from: 2026-12-20, to: 2026-12-21, reason: \" \"}"),
        "error: rectify.yaml:1:1: freeze window 1: its `reason` says nothing"
    );
    assert_eq!(
        told("{from: 2026-12-20, to: 2026-12-21, reason: x, accounts: [\"4711\"]}"),
        "error: rectify.yaml:1:68: `4711` is no account, which has twelve digits"
    );
    let nights: Value = json!({"freeze": [{"cron": "0 22 * * *", "duration": "8h", "timezone": "UTC", "reason": "x"}]});
    world.write("rectify.yaml", nights.to_string());
    assert_snapshot!(world.shop(&["scan", "--policies", "kms-rotation"]).ends(1).err, @"");
}
