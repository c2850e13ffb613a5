//! A plan of a thousand changes reads well.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::runner::{DEMO, World};

/// The header and a thousand functions like one of the demo's.
fn thousand() -> String {
    let mut lines = DEMO.lines();
    let mut text = lines.next().unwrap().to_owned() + "\n";
    let fits = |document: &Value| document["type"] == "AWS::Lambda::Function" && document["id"] == "shop-notify";
    let like: Value = lines.map(|line| serde_json::from_str(line).unwrap()).find(fits).unwrap();
    for number in 0..1000 {
        let mut function = like.clone();
        let name = format!("worker-{number:04}");
        function["id"] = json!(name);
        function["arn"] = json!(format!("arn:aws:lambda:eu-west-1:111122223333:function:{name}"));
        function["properties"]["FunctionName"] = json!(name);
        text += &(function.to_string() + "\n");
    }
    // The role that they share, which may write traces already.
    let mut role: Value = DEMO
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .find(|document: &Value| document["type"] == "AWS::IAM::Role" && document["arn"] == like["properties"]["Role"])
        .unwrap();
    let traces = json!("arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess");
    role["properties"]["ManagedPolicyArns"].as_array_mut().unwrap().push(traces);
    text + &role.to_string() + "\n"
}

#[test]
fn a_thousand_changes_are_summarised() {
    let world = World::empty();
    world.write("shop.jsonl", thousand());
    let told = world.shop(&["plan", "--policies", "lambda-tracing", "--out", "plan.json"]).ends(1);
    let lines: Vec<&str> = told.out.lines().collect();
    assert!(lines.len() < 360, "{} lines", lines.len());
    let about = |range: std::ops::Range<usize>| lines[range].join("\n");
    assert_snapshot!(about(0..9), @r#"
    ~ AWS::Lambda::Function worker-0000 eu-west-1  [safe]  c72cb2fd
        ~ /TracingConfig/Mode  "PassThrough" → "Active"
        fixes    lambda-tracing (low)
        calls    lambda:UpdateFunctionConfiguration {"FunctionName":"worker-0000","RevisionId":"${rectify:current.RevisionId}","TracingConfig":{"Mode":"Active"}}
        warning  1

      ~ the same change of 999 more:
          worker-0001 (ecba627f)  worker-0002 (5731ad95)  worker-0003 (ce4e82fd)
          worker-0004 (e393338f)  worker-0005 (0afa5c15)  worker-0006 (16c6b63e)
    "#);
    assert_snapshot!(about(lines.len() - 8..lines.len()), @"
          worker-0997 (4e2ff516)  worker-0998 (5db6fb36)  worker-0999 (10629ac4)

    Warnings
       1  X-Ray charges for the traces that it records beyond its free tier.

    Proof: findings 1000 → 0, cleared 1000, introduced 0
    Plan: 0 to create, 1000 to update, 0 to delete; 1000 safe, 0 to review, 0 that cannot be undone; 1000 calls in account 111122223333
    The plan is kept in plan.json: rectify apply plan.json
    ");
    let told = world.shop(&["apply", "plan.json", "--yes"]).ends(2);
    assert_snapshot!(told.err, @"
    error: the plan has 1000 changes, and at most 50 are applied in one run; select fewer, or use --limit max_changes=1000
    error: the plan changes 1000 of 1000 resources of AWS::Lambda::Function, and at most 25 % of a type are changed in one run; select fewer, or use --limit max_share=100
    ");
    assert_eq!(world.read("shop.jsonl"), thousand());
}
