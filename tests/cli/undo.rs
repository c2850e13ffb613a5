//! Taking runs back.

use insta::assert_snapshot;
use serde_json::json;

use super::runner::{DEMO, World, documents};

const FUNCTION: &str = "shop-notify";

fn applied() -> (World, String) {
    let world = World::new();
    world.shop(&["apply", "--policies", "lambda-tracing,kms-rotation", "--yes"]).ends(0);
    let run = world.last_run();
    (world, run)
}

fn change_the_function(world: &World) {
    world.edit_document("shop.jsonl", FUNCTION, |document| {
        if document["type"] == "AWS::Lambda::Function" {
            document["properties"]["TracingConfig"]["Mode"] = json!("Active");
            document["properties"]["Timeout"] = json!(99);
        }
    });
}

#[test]
fn what_somebody_has_changed_since_is_left_alone() {
    let (world, run) = applied();
    change_the_function(&world);
    let told = world.shop(&["undo", &run, "--yes"]).ends(3);
    assert_snapshot!(told.tail(8), @"
    skipped    AWS::Lambda::Function shop-notify  49f2f892
               somebody has changed it since the run (/Timeout); --force takes it back all the same
    verified   AWS::KMS::Key 5ade0664-d93d-41b2-ac5a-87410d94abb0  a3cc91dd
    verified   AWS::IAM::Role shop-thumbnails  5e919d73
    verified   AWS::IAM::Role shop-payments  e34ffcdc
    skipped    AWS::IAM::Role shop-notify  e6cda641
               it depends on change 49f2f892, which is not verified
    run RUN TIME  undo of RUN  incomplete, 5 of 7 changes verified
    ");
    let (mut after, mut before) = (world.documents("shop.jsonl"), documents(DEMO));
    let key = ("AWS::Lambda::Function".to_owned(), FUNCTION.to_owned());
    let function = after.remove(&key).unwrap();
    before.remove(&key);
    assert_eq!((&function["Timeout"], &function["TracingConfig"]["Mode"]), (&json!(99), &json!("Active")));
    // What its role got for it stays with it.
    let role = ("AWS::IAM::Role".to_owned(), FUNCTION.to_owned());
    assert_ne!(after.remove(&role), before.remove(&role));
    assert_eq!(after, before, "the others are as they were");
}

#[test]
fn force_takes_it_back_all_the_same() {
    let (world, run) = applied();
    change_the_function(&world);
    world.shop(&["undo", &run, "--yes", "--force"]).ends(0);
    assert_eq!(world.documents("shop.jsonl"), documents(DEMO));
}

#[test]
fn the_second_undo_has_nothing_to_do() {
    let (world, run) = applied();
    world.shop(&["undo", &run, "--yes"]).ends(0);
    let (before, runs) = (world.read("shop.jsonl"), world.run(&["runs"]).out);
    assert_snapshot!(world.shop(&["undo", &run, "--yes"]), @"
    There is nothing to take back.
    --- exit code 0
    ");
    assert_snapshot!(world.shop(&["undo", &run, "--yes", "--format", "json"]), @r#"
    {
      "changes": [],
      "left": [],
      "outcome": "nothing",
      "run": null
    }
    --- standard error

    --- exit code 0
    "#);
    assert_eq!((world.read("shop.jsonl"), world.run(&["runs"]).out), (before, runs));
}

#[test]
fn an_undo_is_taken_back_like_any_other_run() {
    let (world, run) = applied();
    let after = world.documents("shop.jsonl");
    world.shop(&["undo", &run, "--yes"]).ends(0);
    world.shop(&["undo", &world.last_run(), "--yes"]).ends(0);
    assert_eq!(world.documents("shop.jsonl"), after);
}

#[test]
fn a_run_is_named_by_its_beginning_as_long_as_that_is_one_run_s() {
    let (world, run) = applied();
    world.shop(&["undo", &run[..31], "--yes"]).ends(0);
    // Both runs' names begin with the same digits of the time.
    let told = world.shop(&["undo", &run[..4], "--yes"]).ends(2);
    assert_eq!(told.err, format!("error: 2 runs begin with {}; write more of its name\n", &run[..4]));
}

#[test]
fn an_unknown_run_is_refused() {
    let (world, _) = applied();
    let before = world.files();
    assert_snapshot!(world.shop(&["undo", "zzz", "--yes"]), @"
    --- standard error
    error: there is no run zzz; `rectify runs` lists them
    --- exit code 2
    ");
    assert_snapshot!(world.shop(&["runs", "resume", "zzz"]), @"
    --- standard error
    error: there is no run zzz; `rectify runs` lists them
    --- exit code 2
    ");
    assert_snapshot!(world.run(&["runs", "show", "zzz"]), @"
    --- standard error
    error: there is no run zzz; `rectify runs` lists them
    --- exit code 2
    ");
    assert_eq!(world.files(), before);
}

#[test]
fn an_empty_name_is_no_run_s() {
    // As `"$RUN"` is where it is not set; there is only one run that it could stand for.
    let (world, _) = applied();
    let before = world.files();
    for arguments in
        [&["undo", "", "--yes"][..], &["runs", "resume", ""], &["runs", "show", ""], &["runs", "verify", ""]]
    {
        let told = world.shop(arguments).ends(2);
        assert_eq!(told.err, "error: the name of the run is empty: say which run; `rectify runs` lists them\n");
    }
    assert_eq!(world.files(), before);
}

#[test]
fn a_run_of_another_account_is_not_taken_back() {
    let (world, run) = applied();
    let text = world.read("shop.jsonl").replace("111122223333", "444455556666");
    world.write("shop.jsonl", text);
    let before = world.files();
    assert_snapshot!(world.shop(&["undo", &run, "--yes"]), @"
    --- standard error
    error: run RUN was in account 111122223333, and this is account 444455556666
    --- exit code 2
    ");
    assert_eq!(world.files(), before);
}

#[test]
fn a_run_that_has_ended_is_not_resumed() {
    let (world, run) = applied();
    let before = world.files();
    assert_snapshot!(world.shop(&["runs", "resume", &run]), @"
    --- standard error
    error: run RUN has ended; there is nothing to go on with
    --- exit code 2
    ");
    assert_eq!(world.files(), before);
}
