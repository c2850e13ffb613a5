//! Plans that are not applied.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::runner::{DEMO, World};

fn planned() -> World {
    let world = World::new();
    world.shop(&["plan", "--policies", "lambda-tracing,kms-rotation", "--out", "plan.json"]).ends(1);
    world
}

/// The refusal, after seeing that nothing has happened: no file is other than before.
#[track_caller]
fn refused(world: &World, arguments: &[&str]) -> String {
    let before = world.files();
    let told = world.shop(arguments).ends(2);
    assert_eq!(told.out, "", "{told}");
    assert_eq!(world.files(), before);
    told.err
}

#[test]
fn an_edited_plan_is_refused() {
    let world = planned();
    world.edit("plan.json", "\"RoleName\": \"shop-payments\"", "\"RoleName\": \"shop-deploy\"");
    assert_snapshot!(refused(&world, &["apply", "plan.json", "--yes"]), @"
    error: the plan was edited: its digest is not that of its content; make a new one with `rectify plan --out`
    ");
}

#[test]
fn every_single_edit_of_a_plan_is_refused() {
    let world = planned();
    let plan = world.read("plan.json");
    let edits = [
        ("\"safety\": \"safe\"", "\"safety\": \"review\""),
        ("\"reversible\": true", "\"reversible\": false"),
        ("\"before_hash\": \"sha256:", "\"before_hash\": \"sha256:0"),
        ("\"max_changes\": 50", "\"max_changes\": 51"),
        ("\"expires_at\": \"20", "\"expires_at\": \"21"),
        ("\"introduced\": []", "\"introduced\": [\"x\"]"),
        ("\"account\": \"111122223333\"", "\"account\": \"111122224444\""),
    ];
    for (from, to) in edits {
        world.write("plan.json", &plan);
        world.edit("plan.json", from, to);
        let told = refused(&world, &["apply", "plan.json", "--yes"]);
        assert!(told.contains("the plan was edited"), "{from}: {told}");
    }
    world.write("plan.json", plan.replace('\n', "\n "));
    world.shop(&["apply", "plan.json", "--yes"]).ends(0);
}

#[test]
fn an_old_plan_is_refused() {
    let world = World::new();
    let then = ["--now", "2026-03-01T12:00:00Z"];
    world.shop(&[&["plan", "--policies", "kms-rotation", "--out", "plan.json"], &then[..]].concat()).ends(1);
    let apply = ["apply", "plan.json", "--yes"];
    assert_snapshot!(refused(&world, &apply), @"
    error: the plan expired at TIME; make a new one with `rectify plan --out`
    ");
    // What it is judged as of does not make it young again.
    assert!(refused(&world, &[&apply[..], &then].concat()).contains("the plan expired at 2026-03-02T12:00:00Z"));
}

#[test]
fn a_plan_of_a_time_to_come_is_refused() {
    let world = World::new();
    let then = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1000)).to_string();
    world.shop(&["plan", "--policies", "kms-rotation", "--now", &then, "--out", "plan.json"]).ends(1);
    let told = world.shop(&["apply", "plan.json", "--yes"]).ends(2);
    assert!(told.err.contains("which is not yet; make a new one without --now"), "{told}");
    assert_eq!(world.read("shop.jsonl"), DEMO);
    // Whoever means it says so, and once.
    world.shop(&["apply", "plan.json", "--yes", "--now", &then]).ends(0);
    let run = world.last_run();
    world.shop(&["undo", &run, "--yes"]).ends(0);
    let told = world.shop(&["apply", "plan.json", "--yes", "--now", &then]).ends(2);
    assert!(told.err.contains(&format!("run {run} has applied this plan already")), "{told}");
}

#[test]
fn a_plan_is_not_applied_twice() {
    let world = planned();
    world.shop(&["apply", "plan.json", "--yes"]).ends(0);
    let before = world.documents("shop.jsonl");
    let told = world.shop(&["apply", "plan.json", "--yes"]).ends(2);
    assert_snapshot!(told.err, @"
    error: run RUN has applied this plan already
    help: make a new plan with `rectify plan --out`
    ");
    assert_eq!(world.documents("shop.jsonl"), before);
}

#[test]
fn a_plan_for_another_account_is_refused() {
    let world = planned();
    world.write("shop.jsonl", DEMO.replace("111122223333", "444455556666"));
    assert_snapshot!(refused(&world, &["apply", "plan.json", "--yes"]), @"
    error: the plan is for account 111122223333 in partition aws, and this is account 444455556666 in partition aws; use its credentials
    ");
    assert_snapshot!(refused(&world, &["--account", "111122223333", "scan"]), @"
    error: this is account 444455556666, not 111122223333
    ");
}

#[test]
fn a_plan_that_was_made_for_a_file_is_not_applied_to_aws() {
    let world = World::new();
    world.shop(&["plan", "--policies", "kms-rotation", "--out", "plan.json"]).ends(1);
    world.edit("shop.jsonl", "\"partition\":\"aws\"", "\"partition\":\"aws-cn\"");
    assert_snapshot!(refused(&world, &["apply", "plan.json", "--yes"]), @"
    error: the plan is for account 111122223333 in partition aws, and this is account 111122223333 in partition aws-cn; use its credentials
    ");
}

#[test]
fn too_many_changes_are_refused_unless_the_limit_is_raised() {
    let world = planned();
    assert_snapshot!(refused(&world, &["apply", "plan.json", "--yes", "--limit", "max_changes=5"]), @"
    error: the plan has 7 changes, and at most 5 are applied in one run; select fewer, or use --limit max_changes=7
    ");
    world.write("rectify.yaml", "limits: {max_changes: 3}\n");
    assert_snapshot!(refused(&world, &["apply", "plan.json", "--yes"]), @"
    error: the plan has 7 changes, and at most 3 are applied in one run; select fewer, or use --limit max_changes=7
    ");
    world.shop(&["apply", "plan.json", "--yes", "--limit", "max_changes=7"]).ends(0);
}

#[test]
fn too_large_a_share_of_a_type_is_refused_unless_the_limit_is_raised() {
    let world = planned();
    world.write("rectify.yaml", "limits: {share_from: 5, max_share: 25}\n");
    assert_snapshot!(refused(&world, &["apply", "plan.json", "--yes"]), @"
    error: the plan changes 3 of 10 resources of AWS::Lambda::Function, and at most 25 % of a type are changed in one run; select fewer, or use --limit max_share=30
    ");
    world.shop(&["apply", "plan.json", "--yes", "--limit", "max_share=30"]).ends(0);
}

#[test]
fn an_unknown_limit_is_refused() {
    let world = planned();
    assert_snapshot!(refused(&world, &["apply", "plan.json", "--yes", "--limit", "max_chnages=5"]), @"
    error: there is no limit `max_chnages`
    help: did you mean `max_changes`?
    ");
    assert_snapshot!(refused(&world, &["apply", "plan.json", "--yes", "--limit", "max_changes=many"]), @"
    error: invalid value 'max_changes=many' for '--limit <NAME=VALUE>': `many` is no whole number

    For more information, try '--help'.
    ");
}

#[test]
fn a_protected_resource_is_left_alone_and_said_so() {
    let world = World::new();
    let protect = |tags: serde_json::Value| {
        world.write("shop.jsonl", DEMO);
        world.edit_document("shop.jsonl", "5ade0664-d93d-41b2-ac5a-87410d94abb0", |key| key["tags"] = tags.clone());
        world.shop(&["plan", "--policies", "kms-rotation"]).ends(1)
    };
    assert_snapshot!(protect(serde_json::json!({"rectify:protected": "until the audit"})), @"
    Stays unresolved
      protected    medium   kms-rotation
                   5ade0664-d93d-41b2-ac5a-87410d94abb0: The key is not rotated automatically.
                   a tag protects AWS::KMS::Key 5ade0664-d93d-41b2-ac5a-87410d94abb0

    Proof: findings 1 → 1, cleared 0, introduced 0
    Plan: nothing to change
    --- exit code 1
    ");
    world.write("rectify.yaml", "protected_tags: {stage: prod}\n");
    assert!(protect(serde_json::json!({"stage": "prod"})).out.contains("protected    medium"));
    assert!(protect(serde_json::json!({"stage": "test"})).out.contains("1 to update"));
}

#[test]
fn what_cloudformation_manages_is_fixed_with_a_warning() {
    let world = World::new();
    let plan = world.shop(&["plan", "--policies", "lambda-dead-letter", "--format", "json"]).ends(1).json();
    let tag = |change: &Value, name: &str| change["before"]["tags"][format!("aws:cloudformation:{name}")].clone();
    let (mut managed, mut others) = (0, 0);
    for change in plan["changes"].as_array().unwrap() {
        let warned =
            change["warnings"].as_array().unwrap().iter().find(|warning| warning.to_string().contains("drift"));
        let Value::String(stack) = tag(change, "stack-name") else {
            others += 1;
            assert_eq!(warned, None);
            continue;
        };
        managed += 1;
        let expected = format!(
            "Managed by CloudFormation stack {stack} as {}: the change will drift, and the next deployment may take it back.",
            tag(change, "logical-id").as_str().unwrap()
        );
        assert_eq!(warned, Some(&json!(expected)));
    }
    assert!(managed > 0 && others > 0, "{managed} and {others}");
}
