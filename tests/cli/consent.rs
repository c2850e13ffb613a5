//! Who has to agree to what.

use insta::assert_snapshot;
use serde_json::Value;

use super::runner::{DEMO, World};

/// A plan of a key, its alias, and the functions that need both: all to be reviewed.
fn to_review() -> (World, Vec<Value>) {
    let world = World::new();
    world.shop(&["plan", "--policies", "lambda-env-kms", "--out", "plan.json"]).ends(1);
    let plan: Value = serde_json::from_str(&world.read("plan.json")).unwrap();
    let changes = plan["changes"].as_array().unwrap().clone();
    (world, changes)
}

fn id(change: &Value) -> &str {
    change["id"].as_str().unwrap()
}

#[test]
fn what_is_to_be_reviewed_waits() {
    let (world, changes) = to_review();
    assert!(changes.iter().all(|change| change["safety"] == "review"));
    let told = world.shop(&["apply", "plan.json", "--yes"]).ends(1);
    assert_snapshot!(told.tail(2), @"
    5 of 5 changes wait for an approval: approve a change with --approve ID, or all with --approve all
    Nothing is applied.
    ");
    let told = world.shop(&["apply", "plan.json", "--yes", "--format", "json"]).ends(1);
    assert_eq!(told.json(), serde_json::json!({"run": null, "outcome": "nothing", "changes": []}));
    assert_eq!(world.read("shop.jsonl"), DEMO);
    assert_snapshot!(world.run(&["runs"]), @"
    no runs
    --- exit code 0
    ");
}

#[test]
fn one_change_is_approved_by_its_id() {
    let world = World::new();
    world.shop(&["plan", "--policies", "lambda-permission-source", "--out", "plan.json"]).ends(1);
    let plan: Value = serde_json::from_str(&world.read("plan.json")).unwrap();
    let changes = plan["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 2);
    let told = world.shop(&["apply", "plan.json", "--yes", "--approve", id(&changes[1]), "--format", "json"]).ends(0);
    let applied = told.json();
    assert_eq!(applied["changes"].as_array().unwrap().len(), 1);
    assert_eq!(applied["changes"][0]["id"], changes[1]["id"]);
    assert_eq!(applied["changes"][0]["status"], "verified");
    let after = world.shop(&["plan", "--policies", "lambda-permission-source", "--format", "json"]).ends(1).json();
    assert_eq!(after["changes"].as_array().unwrap().len(), 1);
    assert_eq!(after["changes"][0]["resource"], changes[0]["resource"]);
}

#[test]
fn one_fix_is_approved_by_the_ids_of_its_changes() {
    let (world, changes) = to_review();
    // The key, its alias, and one of the functions.
    let fix = [&changes[0], &changes[1], changes.last().unwrap()];
    let approvals: Vec<&str> = fix.iter().flat_map(|change| ["--approve", id(change)]).collect();
    let told = world.shop(&[&["apply", "plan.json", "--yes", "--format", "json"], &approvals[..]].concat()).ends(0);
    let applied = told.json();
    let ended = applied["changes"].as_array().unwrap();
    let ended: Vec<_> = ended.iter().map(|change| (&change["id"], change["status"].as_str().unwrap())).collect();
    assert_eq!(ended, fix.map(|change| (&change["id"], "verified")));
    let before = super::runner::documents(DEMO);
    assert_eq!(world.documents("shop.jsonl").len(), before.len() + 2);
}

#[test]
fn an_approval_needs_the_approval_of_what_it_depends_on() {
    let (world, changes) = to_review();
    let told = world.shop(&["apply", "plan.json", "--yes", "--approve", id(changes.last().unwrap())]);
    assert_snapshot!(told, @"
    --- standard error
    error: change 3b6fbdbd is half a fix without others that are not approved
    help: approve these too: 2ea2f287, e89e90fb
    --- exit code 2
    ");
    assert_eq!(world.read("shop.jsonl"), DEMO);
    let approvals: Vec<&str> =
        [&changes[0], &changes[1], &changes[2]].into_iter().flat_map(|change| ["--approve", id(change)]).collect();
    let told =
        world.shop(&[&["apply", "plan.json", "--yes", "--format", "json"], approvals.as_slice()].concat()).ends(0);
    assert_eq!(told.json()["changes"].as_array().unwrap().len(), 3);
}

#[test]
fn an_unknown_approval_is_refused() {
    let (world, changes) = to_review();
    let mut near = id(&changes[0]).to_owned();
    near.replace_range(7..8, if near.ends_with('0') { "1" } else { "0" });
    let told = world.shop(&["apply", "plan.json", "--yes", "--approve", &near]);
    assert_snapshot!(told, @"
    --- standard error
    error: there is no change `2ea2f280`
    help: did you mean `2ea2f287`?
    --- exit code 2
    ");
    assert_eq!(world.read("shop.jsonl"), DEMO);
}

#[test]
fn all_are_approved_at_once() {
    let (world, changes) = to_review();
    let told = world.shop(&["apply", "plan.json", "--yes", "--approve", "all", "--format", "json"]).ends(0).json();
    assert_eq!(told["outcome"], "verified");
    assert_eq!(told["changes"].as_array().unwrap().len(), changes.len());
}

#[test]
fn safe_changes_do_not_wait_for_the_others() {
    let world = World::new();
    let told = world.shop(&["apply", "--policies", "kms-rotation,lambda-env-kms", "--yes"]).ends(0);
    let waiting: Vec<&str> = told.out.lines().filter(|line| line.contains("wait for an approval")).collect();
    assert_eq!(
        waiting,
        ["5 of 6 changes wait for an approval: approve a change with --approve ID, or all with --approve all"]
    );
    assert_snapshot!(told.tail(3), @"
    verified   AWS::KMS::Key 5ade0664-d93d-41b2-ac5a-87410d94abb0  ca4224c2
    run RUN TIME  apply  verified, 1 of 1 changes verified
    It can be taken back with `rectify undo RUN`.
    ");
}

#[test]
fn without_a_terminal_there_is_nobody_to_ask() {
    let world = World::new();
    let told = world.shop(&["apply", "--policies", "kms-rotation"]).ends(2);
    assert_snapshot!(told.err, @"
    error: there is nobody to ask: standard input is no terminal
    help: look at the plan and use --yes
    ");
    assert_eq!(world.read("shop.jsonl"), DEMO);
    world.shop(&["apply", "--policies", "kms-rotation", "--yes"]).ends(0);
    let before = world.files();
    let told = world.shop(&["undo", &world.last_run()]).ends(2);
    assert_snapshot!(told.err, @"
    error: there is nobody to ask: standard input is no terminal
    help: look at the plan and use --yes
    ");
    assert_eq!(world.files(), before);
}

#[test]
fn a_terminal_is_asked() {
    let world = World::new();
    let apply = ["--cloud", "sandbox:shop.jsonl", "apply", "--policies", "kms-rotation"];
    for answer in ["no", "y", "", "YES"] {
        let told = world.terminal(&apply, answer).ends(1);
        assert!(told.out.contains("Apply 1 changes in account 111122223333? Only `yes` is taken for yes: "), "{told}");
        assert_eq!(told.tail(1), "Nothing was changed.", "{answer}");
        assert_eq!(world.read("shop.jsonl"), DEMO, "{answer}");
    }
    let told = world.terminal(&apply, "yes").ends(0);
    assert!(told.tail(1).starts_with("It can be taken back with `rectify undo "), "{told}");
    assert_ne!(world.read("shop.jsonl"), DEMO);
    let run = world.last_run();
    let undo = ["--cloud", "sandbox:shop.jsonl", "undo", run.as_str()];
    let told = world.terminal(&undo, "no").ends(1);
    assert!(told.out.contains("Take back 1 changes in account 111122223333? "), "{told}");
    world.terminal(&undo, "yes").ends(0);
    assert_eq!(world.documents("shop.jsonl"), super::runner::documents(DEMO));
}
