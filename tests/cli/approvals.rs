//! Approvals as files: who approves need not be who applies.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use insta::assert_snapshot;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use super::runner::{DEMO, Told, World};

const PLAN: [&str; 5] = ["plan", "--policies", "lambda-env-kms", "--out", "plan.json"];

/// A plan whose changes have all to be reviewed, and their ids: a key, its alias, and functions that need both.
fn planned() -> (World, Vec<String>) {
    let world = World::new();
    world.shop(&PLAN).ends(1);
    let plan: Value = serde_json::from_str(&world.read("plan.json")).unwrap();
    let changes = plan["changes"].as_array().unwrap();
    assert!(changes.iter().all(|change| change["safety"] == "review"));
    let ids = changes.iter().map(|change| change["id"].as_str().unwrap().to_owned()).collect();
    (world, ids)
}

/// Somebody approves.
fn approve(world: &World, by: &str, out: &str, more: &[&str]) -> Told {
    world.shop(&[&["approve", "plan.json", "--by", by, "--out", out, "--yes"], more].concat())
}

fn apply(world: &World, approvals: &[&str]) -> Told {
    let approvals = approvals.iter().flat_map(|file| ["--approval", file]);
    world.shop(&["apply", "plan.json", "--yes"].into_iter().chain(approvals).collect::<Vec<_>>())
}

fn read(world: &World, file: &str) -> Value {
    serde_json::from_str(&world.read(file)).unwrap()
}

/// What an apply says that is refused; nothing was changed by it.
#[track_caller]
fn refused(world: &World, approvals: &[&str]) -> String {
    let told = apply(world, approvals).ends(2);
    assert_eq!((told.out.as_str(), world.read("shop.jsonl").as_str()), ("", DEMO));
    assert_eq!(world.run(&["runs"]).out, "no runs\n");
    told.err
}

#[test]
fn an_approval_is_a_file_that_whoever_applies_hands_over() {
    let (world, ids) = planned();
    let told = world
        .shop(&["approve", "plan.json", "--by", "ann", "--reason", "the audit of May", "--expires", "8h", "--yes"])
        .ends(0);
    assert!(told.out.starts_with("+ AWS::KMS::Key (known after apply)"), "{told}");
    assert_eq!(told.tail(1), "The approval is kept in approval.json: rectify apply plan.json --approval approval.json");
    let mode = fs::metadata(world.path("approval.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let mut approval = read(&world, "approval.json");
    let plan = read(&world, "plan.json");
    let time = |value: Value| value.as_str().unwrap().parse::<Timestamp>().unwrap();
    let at = time(approval["approved_at"].take());
    let digest = approval["digest"].take();
    assert!(digest.as_str().unwrap().starts_with("sha256:"), "{digest}");
    let lasts = time(approval["expires_at"].take()).since(at).unwrap();
    assert!((lasts.total(jiff::Unit::Hour).unwrap() - 8.0).abs() < 0.01, "{lasts}");
    let expected = json!({
        "format_version": 1, "digest": null, "plan": plan["digest"], "account": "111122223333", "partition": "aws",
        "changes": ids, "by": {"named": "ann"}, "approved_at": null, "expires_at": null, "reason": "the audit of May",
        "signature": null,
    });
    assert_eq!(approval, expected);

    let told = apply(&world, &["approval.json"]).ends(0);
    assert!(told.out.contains(&format!("verified, {} of {} changes verified", ids.len(), ids.len())), "{told}");
    let run = world.run(&["runs", "show", &world.last_run()]).ends(0);
    let approved = format!("approved by `ann` at {at}: {}; the audit of May", ids.join(", "));
    assert!(run.out.lines().any(|line| line == approved), "{run}");
    let shown = world.run(&["runs", "show", &world.last_run(), "--format", "json"]).json();
    assert_eq!(shown["approvals"], json!([read(&world, "approval.json")]));
}

#[test]
fn what_is_not_approved_waits() {
    let (world, ids) = planned();
    // The key, its alias, and one of the functions.
    let fix = [&ids[0], &ids[1], ids.last().unwrap()];
    let named: Vec<&str> = fix.iter().flat_map(|id| ["--change", id.as_str()]).collect();
    approve(&world, "ann", "approval.json", &named).ends(0);
    assert_eq!(read(&world, "approval.json")["changes"], json!(fix));
    let told = apply(&world, &["approval.json"]).ends(0);
    let waits = format!("{} of {} changes wait for an approval: ", ids.len() - 3, ids.len());
    assert!(told.out.lines().any(|line| line.starts_with(&waits)), "{told}");
    assert!(told.out.contains("verified, 3 of 3 changes verified"), "{told}");
}

#[test]
fn half_a_fix_is_not_approved() {
    let (world, ids) = planned();
    let told = approve(&world, "ann", "approval.json", &["--change", ids.last().unwrap()]).ends(2);
    assert_snapshot!(told.err, @"
    error: change 3b6fbdbd is half a fix without others that are not approved
    help: approve these too: 2ea2f287, e89e90fb
    ");
    let told = approve(&world, "ann", "approval.json", &["--change", "00000000"]).ends(2);
    assert!(told.err.starts_with("error: there is no change `00000000`\n"), "{told}");
    assert!(!world.path("approval.json").exists());
}

#[test]
fn every_mistake_is_told_with_its_file() {
    let (world, ids) = planned();
    approve(&world, "ann", "good.json", &[]).ends(0);
    let edited = |file: &str, edit: &dyn Fn(&mut Value)| {
        let mut approval = read(&world, "good.json");
        edit(&mut approval);
        world.write(file, approval.to_string());
    };
    edited("edited.json", &|approval| approval["expires_at"] = json!("2099-01-01T00:00:00Z"));
    approve(&world, "bob", "short.json", &["--expires", "1s"]).ends(0);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_snapshot!(refused(&world, &["good.json", "edited.json", "short.json"]), @"
    error: edited.json: the approval was edited: its digest is not that of its content; make a new one with `rectify approve`
    error: short.json: the approval expired at TIME; have the plan approved again
    ");

    edited("hostile.json", &|approval| approval["account"] = json!("\u{1b}[2J\nverified"));
    let told = refused(&world, &["hostile.json"]);
    assert_eq!(told.lines().count(), 2, "{told}");
    assert!(told.lines().all(|line| line.starts_with("error: hostile.json: the approval ")), "{told}");
    assert!(!told.contains('\u{1b}'), "{told}");

    // The same changes, planned anew.
    world.write("old.json", world.read("plan.json"));
    world.shop(&PLAN).ends(1);
    let told = refused(&world, &["good.json"]);
    let (old, new) = (read(&world, "old.json"), read(&world, "plan.json"));
    let expected = format!(
        "error: good.json: the approval is for plan {}, and this is plan {}; have this one approved\n",
        old["digest"].as_str().unwrap(),
        new["digest"].as_str().unwrap()
    );
    assert_eq!(told, expected);

    world.write("torn.json", "{\"format_version\": 1");
    let told = refused(&world, &["torn.json"]);
    assert!(told.starts_with("error: torn.json:1:"), "{told}");
    assert!(told.ends_with("help: an approval is what `rectify approve PLAN` writes\n"), "{told}");
    let told = refused(&world, &["none.json"]);
    assert!(told.starts_with("error: none.json: "), "{told}");

    let told = world.shop(&["apply", "--approval", "good.json", "--yes"]).ends(2);
    assert_snapshot!(told.err, @"
    error: an approval is of one plan, and none is named
    help: rectify apply PLAN --approval FILE
    ");
    assert!(!ids.is_empty());
}

#[test]
fn only_a_plan_that_can_be_applied_is_approved() {
    let (world, _) = planned();
    let before = world.files();
    world.edit("plan.json", "\"safety\": \"review\"", "\"safety\": \"safe\"");
    assert_snapshot!(approve(&world, "ann", "approval.json", &[]).ends(2).err, @"
    error: the plan was edited: its digest is not that of its content
    help: make a new one with `rectify plan --out`
    ");
    let old = (Timestamp::now() - 48.hours()).to_string();
    world.shop(&[&PLAN[..], &["--now", &old]].concat()).ends(1);
    let told = approve(&world, "ann", "approval.json", &[]).ends(2);
    assert!(told.err.starts_with("error: the plan expired at "), "{told}");
    world.shop(&PLAN).ends(1);
    let told = approve(&world, "ann", "approval.json", &["--account", "222222222222"]).ends(2);
    assert_snapshot!(told.err, @"error: the plan is for account 111122223333, not 222222222222");
    let told = approve(&world, "ann", "approval.json", &["--expires", "2020-01-01T00:00:00Z"]).ends(2);
    assert_eq!(told.err, "error: the approval would have ended at 2020-01-01T00:00:00Z already\n");
    let told = approve(&world, "ann", "approval.json", &["--expires", "0h"]).ends(2);
    assert!(told.err.contains("--expires"), "{told}");
    let told = world.shop(&["approve", "plan.json", "--yes"]).ends(2);
    assert_snapshot!(told.err, @"
    error: there is no AWS to ask who approves
    help: say who you are: --by NAME
    ");
    let told = world.run(&["approve", "plan.json", "--by", "ann", "--yes"]).ends(2);
    assert_snapshot!(told.err, @"
    error: on AWS it is the credentials that say who approves
    help: leave --by out, or name the --cloud sandbox:FILE or --snapshot that the plan was made from
    ");
    assert_eq!(world.files().keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
}

#[test]
fn a_terminal_is_asked_and_no_is_no() {
    let (world, ids) = planned();
    let arguments = ["--cloud", "sandbox:shop.jsonl", "approve", "plan.json", "--by", "ann"];
    let told = world.terminal(&arguments, "no").ends(1);
    let question =
        format!("Approve {} changes in account 111122223333 as ann? Only `yes` is taken for yes: ", ids.len());
    assert!(told.out.contains(&question), "{told}");
    assert_eq!(told.tail(1), "Nothing was approved.");
    assert!(!world.path("approval.json").exists());
    world.terminal(&arguments, "yes").ends(0);
    assert!(world.path("approval.json").exists());
}

#[test]
fn a_plan_of_safe_changes_needs_nobodys_word() {
    let world = World::new();
    world.shop(&["plan", "--policies", "kms-rotation", "--out", "plan.json"]).ends(1);
    assert_snapshot!(approve(&world, "ann", "approval.json", &[]), @"
    No change of the plan needs a review.
    --- exit code 0
    ");
    assert!(!world.path("approval.json").exists());
}

#[test]
fn a_plan_that_waits_is_approved_in_the_same_way() {
    let world = World::new();
    let detail = json!({
        "eventSource": "lambda.amazonaws.com", "eventName": "CreateFunctionUrlConfig",
        "eventTime": "2026-11-22T12:00:00Z", "recipientAccountId": "111122223333", "awsRegion": "eu-west-1",
        "requestParameters": {"functionName": "shop-catalog", "authType": "NONE"},
    });
    let (kind, at) = ("AWS API Call via CloudTrail", "2026-11-22T12:00:00Z");
    world.write("event.json", json!({"id": "e1", "detail-type": kind, "time": at, "detail": detail}).to_string());
    world.write("rectify.yaml", "approvals: {require: file}\n");
    world.shop(&["event", "event.json", "--mode", "enforce"]).ends(1);
    let plans = world.run(&["plans", "--format", "json"]).json();
    let digest = plans[0]["digest"].as_str().unwrap().to_owned();
    let waiting = format!("waiting:{}", &digest["sha256:".len()..][..12]);
    world.shop(&["approve", &waiting, "--by", "ann", "--yes"]).ends(0);
    assert_eq!(read(&world, "approval.json")["plan"], json!(digest));
    world.shop(&["apply", &waiting, "--yes", "--approval", "approval.json"]).ends(0);
    assert_eq!(world.run(&["plans"]).out, "none\n");
    let shown = world.run(&["runs", "show", &world.last_run()]).ends(0);
    assert!(shown.out.contains("approved by `ann` at "), "{shown}");
}

#[test]
fn where_files_are_asked_for_a_word_on_the_command_line_is_none() {
    let (world, ids) = planned();
    world.write("rectify.yaml", "approvals: {require: file}\n");
    let told = world.shop(&["apply", "plan.json", "--yes", "--approve", "all"]).ends(2);
    assert_snapshot!(told.err, @"
    error: rectify.yaml has changes approved by files: --approve approves nothing here
    help: keep the plan with `rectify plan --out`, have it approved with `rectify approve PLAN`, and apply it with --approval FILE
    ");
    let told = world.shop(&["apply", "plan.json", "--yes"]).ends(1);
    assert_snapshot!(told.tail(2), @"
    5 of 5 changes wait for an approval: have them approved with `rectify approve PLAN`, and hand the file over with --approval
    Nothing is applied.
    ");
    assert_eq!(world.read("shop.jsonl"), DEMO);
    approve(&world, "ann", "approval.json", &[]).ends(0);
    let told = apply(&world, &["approval.json"]).ends(0);
    assert!(told.out.contains(&format!("verified, {} of {}", ids.len(), ids.len())), "{told}");
}

#[test]
fn two_have_to_approve_where_two_are_asked_for() {
    let (world, ids) = planned();
    world.write("rectify.yaml", "approvals: {require: file, at_least: 2}\n");
    approve(&world, "ann", "ann.json", &[]).ends(0);
    approve(&world, "ann", "again.json", &[]).ends(0);
    approve(&world, "bob", "bob.json", &[]).ends(0);
    let told = apply(&world, &["ann.json", "again.json"]).ends(1);
    let short: Vec<String> = ids.iter().map(|id| format!("Change {id} has 1 of 2 approvals.")).collect();
    let lines: Vec<&str> = told.out.lines().filter(|line| line.starts_with("Change ")).collect();
    assert_eq!(lines, short, "{told}");
    assert_eq!(told.tail(1), "Nothing is applied.");
    assert_eq!(world.read("shop.jsonl"), DEMO);
    apply(&world, &["ann.json", "bob.json"]).ends(0);
    let run = world.run(&["runs", "show", &world.last_run()]).ends(0);
    let approved: Vec<&str> = run.out.lines().filter(|line| line.starts_with("approved by ")).collect();
    assert_eq!(approved.len(), 2, "{run}");
    assert!(approved[0].starts_with("approved by `ann` ") && approved[1].starts_with("approved by `bob` "), "{run}");
}

#[test]
fn whoever_applies_has_not_approved_where_that_is_asked_for() {
    let (world, _) = planned();
    world.write("rectify.yaml", "approvals: {require: file, not_the_applier: true}\n");
    approve(&world, "ann", "approval.json", &[]).ends(0);
    let apply = |user: &str| {
        let arguments = ["--cloud", "sandbox:shop.jsonl", "apply", "plan.json", "--yes", "--approval", "approval.json"];
        Told::of(world.command(&arguments).env("USER", user))
    };
    let told = apply("ann").ends(2);
    assert_snapshot!(told.err, @"error: approval.json: ann has approved the plan, and rectify.yaml wants somebody else to apply it");
    assert_eq!(world.read("shop.jsonl"), DEMO);
    apply("bob").ends(0);
}

#[test]
fn the_rules_are_checked_where_they_are_written() {
    let world = World::new();
    let told = |rules: &str| {
        world.write("rectify.yaml", format!("approvals: {rules}\n"));
        world.shop(&["scan"]).ends(2).err.lines().next().unwrap().to_owned()
    };
    let key = "arn:aws:kms:eu-west-1:111122223333:key/one";
    assert_eq!(
        told("{require: signed}"),
        "error: rectify.yaml:1:1: signatures are asked for, and there are no `keys` whose signatures count"
    );
    assert_eq!(
        told("{require: file, keys: [\"alias/one\"]}"),
        "error: rectify.yaml:1:36: `alias/one` is not the ARN of a KMS key, such as `arn:aws:kms:REGION:ACCOUNT:key/ID`"
    );
    assert_eq!(
        told(&format!("{{require: signed, keys: [\"{key}\"], at_least: 2}}")),
        "error: rectify.yaml:1:1: `at_least: 2` takes as many `keys`: under two names and one key there may be one person"
    );
    assert_eq!(
        told(&format!("{{require: file, public_keys: {{\"{key}\": one.pem}}}}")),
        format!("error: rectify.yaml:1:43: `{key}` has a public key, and is none of `keys`")
    );
    assert_eq!(told("{require: file, at_least: 0}"), "error: rectify.yaml:1:1: `at_least` is 1 or more");
    assert!(told("{keys: []}").contains("missing field `require`"));
}
