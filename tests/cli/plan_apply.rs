//! A plan that is kept, and applied exactly as it is.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::runner::{DEMO, World, documents};
use super::support::ALL;

const KEY: &str = "5ade0664-d93d-41b2-ac5a-87410d94abb0";

/// A list that is a set, in one order.
fn sorted(mut value: Value) -> Value {
    if let Some(items) = value.as_array_mut() {
        items.sort_by_key(Value::to_string);
    }
    value
}

fn planned(policies: &str) -> World {
    let world = World::new();
    world.shop(&["plan", "--policies", policies, "--out", "plan.json"]).ends(1);
    world
}

#[test]
fn a_plan_shows_what_would_be_changed_and_changes_nothing() {
    let world = World::new();
    let told = world.shop(&["plan", "--policies", "kms-rotation", "--out", "plan.json"]);
    assert_snapshot!(told, @r#"
    ~ AWS::KMS::Key 5ade0664-d93d-41b2-ac5a-87410d94abb0 eu-west-1  [safe]  ca4224c2
        ~ /EnableKeyRotation  false → true
        fixes    kms-rotation (medium)
        calls    kms:EnableKeyRotation {"KeyId":"5ade0664-d93d-41b2-ac5a-87410d94abb0"}
        warning  1

    Warnings
       1  AWS KMS bills the key material of a key's first two rotations.

    Proof: findings 1 → 0, cleared 1, introduced 0
    Plan: 0 to create, 1 to update, 0 to delete; 1 safe, 0 to review, 0 that cannot be undone; 1 call in account 111122223333
    The plan is kept in plan.json: rectify apply plan.json
    --- exit code 1
    "#);
    assert_eq!(world.read("shop.jsonl"), DEMO);
    assert_eq!(world.files().len(), 2, "the snapshot and the plan");
}

#[test]
fn plan_apply_show_and_undo() {
    let world = planned("lambda-tracing,kms-rotation");
    let plan: Value = serde_json::from_str(&world.read("plan.json")).unwrap();

    let told = world.shop(&["apply", "plan.json", "--yes"]).ends(0);
    assert_snapshot!(told.tail(8), @"
    verified   AWS::IAM::Role shop-payments  4d39bf65
    verified   AWS::IAM::Role shop-thumbnails  df365060
    verified   AWS::KMS::Key 5ade0664-d93d-41b2-ac5a-87410d94abb0  ca4224c2
    verified   AWS::Lambda::Function shop-notify  94fa7d47
    verified   AWS::Lambda::Function shop-payments  45fb17fe
    verified   AWS::Lambda::Function shop-thumbnails  6ba6b9ab
    run RUN TIME  apply  verified, 7 of 7 changes verified
    It can be taken back with `rectify undo RUN`.
    ");
    let run = world.last_run();
    let after = world.documents("shop.jsonl");
    for change in plan["changes"].as_array().unwrap() {
        let key = &change["resource"];
        let key = (key["type"].as_str().unwrap().to_owned(), key["id"].as_str().unwrap().to_owned());
        for (name, value) in change["after"]["properties"].as_object().unwrap() {
            assert_eq!(sorted(after[&key][name].clone()), sorted(value.clone()), "{key:?} {name}");
        }
    }
    let before = documents(DEMO);
    let changed: Vec<_> = before.iter().filter(|(key, properties)| after[key] != **properties).collect();
    assert_eq!(changed.len(), plan["changes"].as_array().unwrap().len(), "and nothing else: {changed:?}");

    assert_snapshot!(world.run(&["runs", "list"]), @"
    run RUN TIME  apply  verified, 7 of 7 changes verified
    --- exit code 0
    ");
    assert_snapshot!(world.run(&["runs", "show", &run]), @r#"
    verified   AWS::IAM::Role shop-notify  aae4c71d
    verified   AWS::IAM::Role shop-payments  4d39bf65
    verified   AWS::IAM::Role shop-thumbnails  df365060
    verified   AWS::KMS::Key 5ade0664-d93d-41b2-ac5a-87410d94abb0  ca4224c2
    verified   AWS::Lambda::Function shop-notify  94fa7d47
    verified   AWS::Lambda::Function shop-payments  45fb17fe
    verified   AWS::Lambda::Function shop-thumbnails  6ba6b9ab
    run RUN TIME  apply  verified, 7 of 7 changes verified

    begun by local user without a name TIME
    plan sha256:DIGEST, policies and playbooks sha256:DIGEST
    aae4c71d AWS::IAM::Role shop-notify
        why      lambda-tracing (low): Active X-Ray tracing is off.
                 policy sha256:DIGEST
        /ManagedPolicyArns/0  (unset) → "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"
        call     iam:AttachRolePolicy {"PolicyArn":"arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess","RoleName":"shop-notify"}
                 sent TIME, answered TIME
    4d39bf65 AWS::IAM::Role shop-payments
        why      lambda-tracing (low): Active X-Ray tracing is off.
                 policy sha256:DIGEST
        /ManagedPolicyArns/1  (unset) → "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"
        call     iam:AttachRolePolicy {"PolicyArn":"arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess","RoleName":"shop-payments"}
                 sent TIME, answered TIME
    df365060 AWS::IAM::Role shop-thumbnails
        why      lambda-tracing (low): Active X-Ray tracing is off.
                 policy sha256:DIGEST
        /ManagedPolicyArns/0  (unset) → "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"
        call     iam:AttachRolePolicy {"PolicyArn":"arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess","RoleName":"shop-thumbnails"}
                 sent TIME, answered TIME
    ca4224c2 AWS::KMS::Key 5ade0664-d93d-41b2-ac5a-87410d94abb0
        why      kms-rotation (medium): The key is not rotated automatically.
                 policy sha256:DIGEST
        /EnableKeyRotation  false → true
        call     kms:EnableKeyRotation {"KeyId":"5ade0664-d93d-41b2-ac5a-87410d94abb0"}
                 sent TIME, answered TIME
    94fa7d47 AWS::Lambda::Function shop-notify
        why      lambda-tracing (low): Active X-Ray tracing is off.
                 policy sha256:DIGEST
        /TracingConfig/Mode  "PassThrough" → "Active"
        call     lambda:UpdateFunctionConfiguration {"FunctionName":"shop-notify","RevisionId":"${rectify:current.RevisionId}","TracingConfig":{"Mode":"Active"}}
                 sent TIME, answered TIME
    45fb17fe AWS::Lambda::Function shop-payments
        why      lambda-tracing (low): Active X-Ray tracing is off.
                 policy sha256:DIGEST
        /TracingConfig/Mode  "PassThrough" → "Active"
        call     lambda:UpdateFunctionConfiguration {"FunctionName":"shop-payments","RevisionId":"${rectify:current.RevisionId}","TracingConfig":{"Mode":"Active"}}
                 sent TIME, answered TIME
    6ba6b9ab AWS::Lambda::Function shop-thumbnails
        why      lambda-tracing (low): Active X-Ray tracing is off.
                 policy sha256:DIGEST
        /TracingConfig/Mode  "PassThrough" → "Active"
        call     lambda:UpdateFunctionConfiguration {"FunctionName":"shop-thumbnails","RevisionId":"${rectify:current.RevisionId}","TracingConfig":{"Mode":"Active"}}
                 sent TIME, answered TIME
    run RUN whole: 30 records, the last one's hash is sha256:DIGEST
    --- exit code 0
    "#);
    assert_snapshot!(world.shop(&["scan", "--policies", "lambda-tracing,kms-rotation"]), @"
    no findings in 28 resources of account 111122223333
    --- exit code 0
    ");

    let told = world.shop(&["undo", &run, "--yes"]).ends(0);
    assert_snapshot!(told, @r#"
    ~ AWS::Lambda::Function shop-thumbnails eu-west-1  [safe]  7fa45c35
        ~ /TracingConfig/Mode  "Active" → "PassThrough"
        calls    lambda:UpdateFunctionConfiguration {"FunctionName":"shop-thumbnails","RevisionId":"${rectify:current.RevisionId}","TracingConfig":{"Mode":"PassThrough"}}

    ~ AWS::Lambda::Function shop-payments eu-west-1  [safe]  72628500
        ~ /TracingConfig/Mode  "Active" → "PassThrough"
        calls    lambda:UpdateFunctionConfiguration {"FunctionName":"shop-payments","RevisionId":"${rectify:current.RevisionId}","TracingConfig":{"Mode":"PassThrough"}}

    ~ AWS::Lambda::Function shop-notify eu-west-1  [safe]  49f2f892
        ~ /TracingConfig/Mode  "Active" → "PassThrough"
        calls    lambda:UpdateFunctionConfiguration {"FunctionName":"shop-notify","RevisionId":"${rectify:current.RevisionId}","TracingConfig":{"Mode":"PassThrough"}}

    ~ AWS::KMS::Key 5ade0664-d93d-41b2-ac5a-87410d94abb0 eu-west-1  [safe]  a3cc91dd
        ~ /EnableKeyRotation  true → false
        calls    kms:DisableKeyRotation {"KeyId":"5ade0664-d93d-41b2-ac5a-87410d94abb0"}

    ~ AWS::IAM::Role shop-thumbnails   [safe]  5e919d73
        - /ManagedPolicyArns/0  "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"
        calls    iam:DetachRolePolicy {"PolicyArn":"arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess","RoleName":"shop-thumbnails"}
        after    7fa45c35

    ~ AWS::IAM::Role shop-notify   [safe]  e6cda641
        - /ManagedPolicyArns/0  "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"
        calls    iam:DetachRolePolicy {"PolicyArn":"arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess","RoleName":"shop-notify"}
        after    49f2f892

    ~ AWS::IAM::Role shop-payments   [safe]  e34ffcdc
        - /ManagedPolicyArns/1  "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"
        calls    iam:DetachRolePolicy {"PolicyArn":"arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess","RoleName":"shop-payments"}
        after    72628500

    verified   AWS::Lambda::Function shop-thumbnails  7fa45c35
    verified   AWS::Lambda::Function shop-payments  72628500
    verified   AWS::Lambda::Function shop-notify  49f2f892
    verified   AWS::KMS::Key 5ade0664-d93d-41b2-ac5a-87410d94abb0  a3cc91dd
    verified   AWS::IAM::Role shop-thumbnails  5e919d73
    verified   AWS::IAM::Role shop-payments  e34ffcdc
    verified   AWS::IAM::Role shop-notify  e6cda641
    run RUN TIME  undo of RUN  verified, 7 of 7 changes verified
    --- exit code 0
    "#);
    assert_eq!(world.documents("shop.jsonl"), before);
    assert_snapshot!(world.run(&["runs"]), @"
    run RUN TIME  undo of RUN  verified, 7 of 7 changes verified
    run RUN TIME  apply  verified, 7 of 7 changes verified
    --- exit code 0
    ");
}

#[test]
fn everything_is_applied_and_taken_back_but_for_what_cannot_be() {
    let world = World::new();
    let told = world.shop(&[&["apply", "--format", "json"], &ALL[..]].concat()).ends(0);
    let run = told.json();
    assert_eq!(run["outcome"], "verified");
    let plan = world.shop(&["plan", "--format", "json"]).ends(1).json();
    assert_eq!(plan["changes"], json!([]), "applying twice is applying once");

    let told = world.shop(&["undo", run["run"].as_str().unwrap(), "--yes"]).ends(1);
    for stays in [
        "a key that may have encrypted data is not deleted",
        "does not schedule the deletion of a key again",
        "a log group that may have recorded events is not deleted",
        "a queue that may hold messages is not deleted",
    ] {
        assert!(told.out.contains(stays), "no {stays} in\n{told}");
    }
    let (before, mut after) = (documents(DEMO), world.documents("shop.jsonl"));
    // What may hold data is left behind on purpose with what it needs, and a deletion that was cancelled is not scheduled again.
    let made: Vec<_> = after.keys().filter(|key| !before.contains_key(*key)).cloned().collect();
    let kinds: BTreeSet<&str> = made.iter().map(|(kind, _)| kind.as_str()).collect();
    let kept = [
        "AWS::KMS::Alias",
        "AWS::KMS::Key",
        "AWS::Logs::LogGroup",
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
        "AWS::SQS::Queue",
    ];
    assert_eq!(kinds, kept.into(), "{made:?}");
    made.iter().for_each(|key| drop(after.remove(key)));
    let different: Vec<_> = before.iter().filter(|(key, document)| after.get(*key) != Some(document)).collect();
    let irreversible = ("AWS::KMS::Key".to_owned(), "cc9070a2-eebf-4444-a0a6-28f6ac9cf75a".to_owned());
    let different: Vec<_> = different.into_iter().map(|(key, _)| key).collect();
    assert_eq!(different, [&irreversible]);
}

#[test]
fn what_has_changed_since_is_skipped_and_the_rest_goes_on() {
    let world = planned("lambda-tracing,kms-rotation");
    world.edit_document("shop.jsonl", "shop-notify", |document| {
        if document["type"] == "AWS::Lambda::Function" {
            document["properties"]["Timeout"] = json!(77);
        }
    });
    world.edit_document("shop.jsonl", KEY, |document| document["properties"]["EnableKeyRotation"] = json!(true));
    let told = world.shop(&["apply", "plan.json", "--yes"]).ends(3);
    assert_snapshot!(told.tail(10), @"
    verified   AWS::IAM::Role shop-payments  4d39bf65
    verified   AWS::IAM::Role shop-thumbnails  df365060
    skipped    AWS::KMS::Key 5ade0664-d93d-41b2-ac5a-87410d94abb0  ca4224c2
               it has changed since the plan was made (/EnableKeyRotation); make a new plan
    skipped    AWS::Lambda::Function shop-notify  94fa7d47
               it has changed since the plan was made (/Timeout); make a new plan
    verified   AWS::Lambda::Function shop-payments  45fb17fe
    verified   AWS::Lambda::Function shop-thumbnails  6ba6b9ab
    run RUN TIME  apply  incomplete, 5 of 7 changes verified
    It can be taken back with `rectify undo RUN`.
    ");
    let after = world.documents("shop.jsonl");
    let function = &after[&("AWS::Lambda::Function".into(), "shop-notify".into())];
    assert_eq!((&function["Timeout"], &function["TracingConfig"]["Mode"]), (&json!(77), &json!("PassThrough")));
}

#[test]
fn what_is_gone_is_skipped() {
    let world = planned("kms-rotation");
    let rest: Vec<String> =
        world.read("shop.jsonl").lines().filter(|line| !line.contains(KEY)).map(str::to_owned).collect();
    world.write("shop.jsonl", rest.join("\n"));
    assert_snapshot!(world.shop(&["apply", "plan.json", "--yes"]).ends(3).tail(4), @"
    Plan: 0 to create, 1 to update, 0 to delete; 1 safe, 0 to review, 0 that cannot be undone; 1 call in account 111122223333
    skipped    AWS::KMS::Key 5ade0664-d93d-41b2-ac5a-87410d94abb0  ca4224c2
               it is not there any more
    run RUN TIME  apply  incomplete, 0 of 1 changes verified
    ");
}

#[test]
fn what_depends_on_a_skipped_change_is_skipped() {
    let world = planned("lambda-tracing");
    world.edit_document("shop.jsonl", "shop-payments", |document| {
        if document["type"] == "AWS::IAM::Role" {
            document["properties"]["ManagedPolicyArns"] = json!([]);
        }
    });
    let told = world.shop(&["apply", "plan.json", "--yes", "--format", "json"]).ends(3).json();
    let of = |kind: &str, id: &str| {
        let changes = told["changes"].as_array().unwrap();
        let fits = |change: &&Value| change["resource"]["type"] == kind && change["resource"]["id"] == id;
        let change = changes.iter().find(fits).unwrap();
        (change["status"].as_str().unwrap().to_owned(), change["reason"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(of("AWS::IAM::Role", "shop-payments").0, "skipped");
    let (status, reason) = of("AWS::Lambda::Function", "shop-payments");
    assert_eq!(status, "skipped");
    assert!(reason.starts_with("it depends on change ") && reason.ends_with(", which is not verified"), "{reason}");
    assert_eq!(of("AWS::Lambda::Function", "shop-thumbnails").0, "verified");
    assert_eq!(told["outcome"], "incomplete");
}

#[test]
fn a_plan_is_applied_with_the_parameters_that_it_was_made_with() {
    let world = World::new();
    let rate = "apigw-throttling.rate=7";
    world.shop(&["plan", "--policies", "apigw-throttling", "--set", rate, "--out", "plan.json"]).ends(1);
    let told = world.shop(&["apply", "plan.json", "--yes", "--approve", "all", "--format", "json"]).ends(0).json();
    assert_eq!(told["outcome"], "verified");
    let stage = &world.documents("shop.jsonl")[&("AWS::ApiGateway::Stage".into(), "a1b2c3d4e5|prod".into())];
    assert!(stage.to_string().contains("\"ThrottlingRateLimit\":7"), "{stage}");
}

#[test]
fn with_nothing_to_do_nothing_is_done() {
    let world = World::new();
    world.shop(&["apply", "--policies", "kms-rotation", "--yes"]).ends(0);
    assert_snapshot!(world.shop(&["plan", "--policies", "kms-rotation"]), @"
    Proof: findings 0 → 0, cleared 0, introduced 0
    Plan: nothing to change
    --- exit code 0
    ");
    assert_snapshot!(world.shop(&["apply", "--policies", "kms-rotation", "--yes"]), @"
    Proof: findings 0 → 0, cleared 0, introduced 0
    Plan: nothing to change
    Nothing to apply.
    --- exit code 0
    ");
}

#[test]
fn a_snapshot_is_only_read() {
    let world = World::new();
    world.run(&["--snapshot", "shop.jsonl", "scan"]).ends(1);
    world.run(&["--snapshot", "shop.jsonl", "plan"]).ends(1);
    let apply = ["--snapshot", "shop.jsonl", "apply", "--policies", "kms-rotation", "--yes"];
    assert_snapshot!(world.run(&apply), @"
    --- standard error
    error: a snapshot cannot be changed
    help: --cloud sandbox:FILE applies to the documents of a file
    --- exit code 2
    ");
    assert_eq!(world.read("shop.jsonl"), DEMO);
}

#[test]
fn a_snapshot_of_a_sandbox_is_the_same_account() {
    let world = World::new();
    assert_snapshot!(world.shop(&["snapshot", "copy.jsonl"]), @"
    123 resources of account 111122223333 in copy.jsonl, 0 could not be read
    --- exit code 0
    ");
    let scan = |file: &str| {
        let told = world.run(&["--snapshot", file, "scan", "--format", "json"]).ends(1).json();
        (told["findings"].clone(), told["unread"].clone())
    };
    assert_eq!(scan("copy.jsonl"), scan("shop.jsonl"));
}
