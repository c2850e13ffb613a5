//! Events from a file, and what they leave for a person.

use std::io::Write;
use std::process::Stdio;

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::runner::{DEMO, Told, World};

const KEY: &str = "5ade0664-d93d-41b2-ac5a-87410d94abb0";

/// What EventBridge delivers of a call.
fn event(id: &str, source: &str, name: &str, parameters: Value) -> String {
    json!({
        "version": "0", "id": id, "detail-type": "AWS API Call via CloudTrail", "source": format!("aws.{source}"),
        "account": "111122223333", "time": "2026-11-22T00:00:00Z", "region": "eu-west-1", "resources": [],
        "detail": {
            "eventVersion": "1.11", "eventTime": "2026-11-22T00:00:00Z", "eventName": name,
            "eventSource": format!("{source}.amazonaws.com"), "awsRegion": "eu-west-1", "readOnly": false,
            "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/alice"},
            "requestParameters": parameters, "eventType": "AwsApiCall", "recipientAccountId": "111122223333",
        },
    })
    .to_string()
}

/// The same of a call that changes a key.
pub fn key_event(id: &str) -> String {
    event(id, "kms", "DisableKeyRotation", json!({"keyId": KEY}))
}

/// A world with an event about a key, and one about a function URL whose fix needs a review.
fn world() -> World {
    let world = World::new();
    world.write("key.json", key_event("event-1"));
    let url = json!({"functionName": "shop-catalog", "authType": "NONE"});
    world.write("url.json", event("event-2", "lambda", "CreateFunctionUrlConfig", url));
    world
}

#[test]
fn an_event_is_observed_or_acted_on_and_undone() {
    let world = world();
    assert_snapshot!(world.shop(&["event", "key.json"]), @r#"
    event-1: kms:DisableKeyRotation
    ~ AWS::KMS::Key 5ade0664-d93d-41b2-ac5a-87410d94abb0 eu-west-1  [safe]  ca4224c2
        ~ /EnableKeyRotation  false → true
        fixes    kms-rotation (medium)
        calls    kms:EnableKeyRotation {"KeyId":"5ade0664-d93d-41b2-ac5a-87410d94abb0"}
        warning  1

    Warnings
       1  AWS KMS bills the key material of a key's first two rotations.

    Proof: findings 1 → 0, cleared 1, introduced 0
    Plan: 0 to create, 1 to update, 0 to delete; 1 safe, 0 to review, 0 that cannot be undone; 1 call in account 111122223333
    AWS::KMS::Key 5ade0664-d93d-41b2-ac5a-87410d94abb0: observed; nothing is changed
    --- exit code 1
    "#);
    assert_eq!(world.read("shop.jsonl"), DEMO);
    // The same event is acted on, once.
    assert_snapshot!(world.shop(&["event", "key.json", "--mode", "enforce"]), @r#"
    event-1: kms:DisableKeyRotation
    ~ AWS::KMS::Key 5ade0664-d93d-41b2-ac5a-87410d94abb0 eu-west-1  [safe]  ca4224c2
        ~ /EnableKeyRotation  false → true
        fixes    kms-rotation (medium)
        calls    kms:EnableKeyRotation {"KeyId":"5ade0664-d93d-41b2-ac5a-87410d94abb0"}
        warning  1

    Warnings
       1  AWS KMS bills the key material of a key's first two rotations.

    Proof: findings 1 → 0, cleared 1, introduced 0
    Plan: 0 to create, 1 to update, 0 to delete; 1 safe, 0 to review, 0 that cannot be undone; 1 call in account 111122223333
    verified   AWS::KMS::Key 5ade0664-d93d-41b2-ac5a-87410d94abb0  ca4224c2
    run RUN TIME  apply  verified, 1 of 1 changes verified
    AWS::KMS::Key 5ade0664-d93d-41b2-ac5a-87410d94abb0: fixed and verified
    --- exit code 0
    "#);
    assert_snapshot!(world.shop(&["event", "key.json", "--mode", "enforce"]), @"
    event-1: nothing to look at: it was handled before: fixed
    --- exit code 0
    ");
    let run = world.last_run();
    world.shop(&["undo", &run, "--yes"]).ends(0);
    assert_eq!(world.documents("shop.jsonl"), super::runner::documents(DEMO));
}

#[test]
fn an_event_that_is_not_for_us_is_ignored() {
    let world = World::new();
    world.write("read.json", event("event-1", "kms", "DescribeKey", json!({"keyId": KEY})));
    assert_snapshot!(world.shop(&["event", "read.json"]), @"
    event-1: nothing to look at: no resource type is changed by kms:DescribeKey
    --- exit code 0
    ");
    world.write(
        "other.json",
        event("event-2", "kms", "DisableKeyRotation", json!({"keyId": KEY})).replace("111122223333", "444455556666"),
    );
    assert_snapshot!(world.shop(&["event", "other.json", "--format", "json"]), @r#"
    {
      "event": "event-2",
      "ignored": "account 444455556666 is none of ours",
      "looked": [],
      "what": "kms:DisableKeyRotation"
    }
    --- exit code 0
    "#);
}

#[test]
fn what_is_no_event_is_told() {
    let world = World::new();
    world.write("broken.json", "{\"detail-type\": \n");
    assert_snapshot!(world.shop(&["event", "broken.json"]), @"
    --- standard error
    error: broken.json:2:1: EOF while parsing a value
    --- exit code 2
    ");
    world.write("plain.json", "{}");
    assert_snapshot!(world.shop(&["event", "plain.json"]), @r#"
    --- standard error
    error: plain.json: no `detail-type`; expected an EventBridge event, or {"rectify": "scan"}
    help: it is an event as EventBridge delivers it
    --- exit code 2
    "#);
    world.write("scan.json", r#"{"rectify": "scan", "types": ["AWS::KMS::Kye"]}"#);
    assert_snapshot!(world.shop(&["event", "scan.json"]), @r#"
    --- standard error
    error: scan.json: unknown resource type `AWS::KMS::Kye` (did you mean `AWS::KMS::Key`?); expected {"rectify": "scan"} with "id", "account", "regions", "types" or "policies"
    help: it is an event as EventBridge delivers it
    --- exit code 2
    "#);
    assert_snapshot!(world.shop(&["event", "nowhere.json"]), @"
    --- standard error
    error: nowhere.json: No such file or directory (os error 2)
    --- exit code 2
    ");
    assert_snapshot!(world.shop(&["event", "scan.json", "--mode", "dry"]), @"
    --- standard error
    error: invalid value 'dry' for '--mode <MODE>': it is observe or enforce

    For more information, try '--help'.
    --- exit code 2
    ");
}

#[test]
fn an_event_comes_from_standard_input() {
    let world = world();
    let mut command = world.command(&["--cloud", "sandbox:shop.jsonl", "event", "-", "--mode", "enforce"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(key_event("event-1").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let told = Told { out: text(output.stdout), err: text(output.stderr), code: output.status.code() }.ends(0);
    assert_snapshot!(told.tail(1), @"AWS::KMS::Key 5ade0664-d93d-41b2-ac5a-87410d94abb0: fixed and verified");
}

#[test]
fn a_plan_waits_until_somebody_approves_it() {
    let world = world();
    assert_snapshot!(world.shop(&["event", "url.json", "--mode", "enforce"]).ends(1).tail(1), @"AWS::Lambda::Url arn:aws:lambda:eu-west-1:111122223333:function:shop-catalog: its plan waits for an approval: `rectify plans` lists it");
    let plans = world.run(&["plans", "list", "--format", "json"]).json();
    let digest = plans[0]["digest"].as_str().unwrap().trim_start_matches("sha256:")[..12].to_owned();
    let shown = |told: Told| told.to_string().replace(&digest, "DIGEST");
    assert_snapshot!(shown(world.run(&["plans"])), @"
    DIGEST  account 111122223333  1 change  until TIME
    --- exit code 0
    ");
    assert_snapshot!(shown(world.run(&["plans", "show", &digest])), @r#"
    ~ AWS::Lambda::Url arn:aws:lambda:eu-west-1:111122223333:function:shop-catalog eu-west-1  [review]  bf1f5223
        ~ /AuthType  "NONE" → "AWS_IAM"
        fixes    lambda-url-auth (high)
        calls    lambda:UpdateFunctionUrlConfig {"AuthType":"AWS_IAM","FunctionName":"shop-catalog"}
        warning  1, 2

    Warnings
       1  A browser or a webhook that cannot sign needs another front door, such as an API with an authorizer.
       2  Callers have to sign their requests (SigV4) and be allowed lambda:InvokeFunctionUrl and lambda:InvokeFunction; others get 403.

    Proof: findings 1 → 0, cleared 1, introduced 0
    Plan: 0 to create, 1 to update, 0 to delete; 0 safe, 1 to review, 0 that cannot be undone; 1 call in account 111122223333
    --- exit code 0
    "#);
    // An empty digest is not the only plan's.
    for empty in ["waiting:", "waiting:sha256:"] {
        for command in [&["apply", empty, "--approve", "all", "--yes"][..], &["approve", empty, "--by", "ann", "--yes"]]
        {
            let told = world.shop(command).ends(2);
            assert_eq!(
                told.err,
                "error: the digest of the plan is empty: say which plan; `rectify plans` lists those that wait\n"
            );
        }
    }
    world.run(&["plans", "drop", ""]).ends(2);
    let waiting = format!("waiting:{digest}");
    assert_snapshot!(world.shop(&["apply", &waiting, "--yes"]).ends(1).tail(2), @"
    1 of 1 changes wait for an approval: approve a change with --approve ID, or all with --approve all
    Nothing is applied.
    ");
    assert_snapshot!(world.shop(&["apply", &waiting, "--approve", "all", "--yes"]).ends(0).tail(3), @"
    verified   AWS::Lambda::Url arn:aws:lambda:eu-west-1:111122223333:function:shop-catalog  bf1f5223
    run RUN TIME  apply  verified, 1 of 1 changes verified
    It can be taken back with `rectify undo RUN`.
    ");
    assert_snapshot!(world.run(&["plans"]), @"
    none
    --- exit code 0
    ");
    assert_snapshot!(shown(world.shop(&["apply", &waiting, "--yes"])), @"
    --- standard error
    error: no plan DIGEST waits for approval
    --- exit code 2
    ");

    let world = self::world();
    world.shop(&["event", "url.json", "--mode", "enforce"]).ends(1);
    let plans = world.run(&["plans", "--format", "json"]).json();
    let digest = plans[0]["digest"].as_str().unwrap().to_owned();
    let told = world.run(&["plans", "drop", &digest]).ends(0).to_string().replace(&digest, "DIGEST");
    assert_snapshot!(told, @"
    The plan DIGEST is forgotten.
    --- exit code 0
    ");
    assert_eq!(world.run(&["plans", "--format", "json"]).json(), json!([]));
}

#[test]
fn the_switch_stops_changes_and_nothing_else() {
    let world = world();
    assert_snapshot!(world.run(&["switch"]), @"
    on: events may change what they are allowed to
    --- exit code 0
    ");
    let mut off = world.command(&["switch", "off", "--reason", "the release of Friday"]);
    assert_snapshot!(Told::of(off.env("USER", "alice")), @"
    off since TIME by alice: the release of Friday
    --- exit code 0
    ");
    assert_snapshot!(world.shop(&["event", "key.json", "--mode", "enforce"]).ends(1).tail(1), @"AWS::KMS::Key 5ade0664-d93d-41b2-ac5a-87410d94abb0: observed; nothing is changed: alice has switched changes off: the release of Friday");
    assert_eq!(world.read("shop.jsonl"), DEMO);
    assert_snapshot!(world.run(&["switch", "on"]), @"
    on: events may change what they are allowed to
    --- exit code 0
    ");
    world.write("again.json", key_event("event-2").replace("2026-11-22", "2099-11-22"));
    world.shop(&["event", "again.json", "--mode", "enforce"]).ends(0);
}

#[test]
fn a_resource_that_is_changed_back_is_left_alone() {
    let world = World::new();
    world.write("rectify.yaml", "events:\n  quarantine: {fixes: 2}\n");
    let round = |number: usize| {
        world.edit_document("shop.jsonl", KEY, |key| key["properties"]["EnableKeyRotation"] = json!(false));
        world.write("key.json", key_event(&format!("event-{number}")).replace("2026-11-22", "2099-11-22"));
        world.shop(&["event", "key.json", "--mode", "enforce"])
    };
    assert_snapshot!(world.run(&["quarantine"]), @"
    none
    --- exit code 0
    ");
    round(1).ends(0);
    round(2).ends(0);
    assert_snapshot!(round(3).ends(1).tail(1), @"AWS::KMS::Key 5ade0664-d93d-41b2-ac5a-87410d94abb0: observed; nothing is changed: AWS::KMS::Key 5ade0664-d93d-41b2-ac5a-87410d94abb0 is left alone until TIME: it was fixed 2 times within 24 hours, and is violated again, by arn:aws:iam::111122223333:user/alice");
    assert_snapshot!(world.run(&["quarantine", "list"]), @"
    AWS::KMS::Key 5ade0664-d93d-41b2-ac5a-87410d94abb0  until TIME: it was fixed 2 times within 24 hours, and is violated again, by arn:aws:iam::111122223333:user/alice
    --- exit code 0
    ");
    assert_snapshot!(world.run(&["quarantine", "lift", "shop-catalog"]), @"
    --- standard error
    error: there is no resource in quarantine, `shop-catalog`
    help: there are: 5ade0664-d93d-41b2-ac5a-87410d94abb0
    --- exit code 2
    ");
    assert_snapshot!(world.run(&["quarantine", "lift", KEY]), @"
    AWS::KMS::Key 5ade0664-d93d-41b2-ac5a-87410d94abb0 may be changed again.
    --- exit code 0
    ");
    assert_snapshot!(world.run(&["quarantine", "list"]), @"
    none
    --- exit code 0
    ");
    round(4).ends(0);
}

#[test]
fn a_mistake_in_the_configuration_is_told_where_it_stands() {
    let world = world();
    let told = |text: &str| {
        world.write("rectify.yaml", text);
        world.shop(&["event", "key.json"])
    };
    assert_snapshot!(told("events:\n  mode: enforced\n"), @"
    --- standard error
    error: rectify.yaml:2:9: events.mode: unknown variant `enforced`, expected `observe` or `enforce`
      |
    2 |   mode: enforced
      |         ^
    help: did you mean `enforce`?
    --- exit code 2
    ");
    assert_snapshot!(told("events:\n  rules:\n    - mode: observe\n      policy: [kms-rotation]\n"), @"
    --- standard error
    error: rectify.yaml:4:7: events.rules[0]: unknown field `policy`, expected one of `mode`, `accounts`, `policies`, `tags`
      |
    4 |       policy: [kms-rotation]
      |       ^
    help: did you mean `policies`?
    --- exit code 2
    ");
    assert_snapshot!(told("events:\n  rules:\n    - mode: observe\n      policies: [kms-rotatoin]\n"), @"
    --- standard error
    error: rectify.yaml:4:18: there is no policy `kms-rotatoin`
      |
    4 |       policies: [kms-rotatoin]
      |                  ^
    help: did you mean `kms-rotation`?
    --- exit code 2
    ");
    assert_snapshot!(told("events:\n  quarantine: {fixes: three}\n"), @r#"
    --- standard error
    error: rectify.yaml:2:23: events.quarantine.fixes: invalid type: string "three", expected u32
      |
    2 |   quarantine: {fixes: three}
      |                       ^
    --- exit code 2
    "#);
    assert_snapshot!(told("notices:\n  - webhok: {url_env: HOOK}\n"), @"
    --- standard error
    error: rectify.yaml:2:5: notices[0]: unknown field `webhok`, expected one of `webhook`, `sns`, `event_bus`
      |
    2 |   - webhok: {url_env: HOOK}
      |     ^
    help: did you mean `webhook`?
    --- exit code 2
    ");
    assert_snapshot!(told("notices:\n  - webhook: {url_env: HOOK}\n"), @"
    --- standard error
    error: rectify.yaml:2:24: notice 1: the environment variable HOOK, which names its URL, is not set
      |
    2 |   - webhook: {url_env: HOOK}
      |                        ^
    --- exit code 2
    ");
    assert_snapshot!(told("notices:\n  - webhook: {format: json}\n"), @"
    --- standard error
    error: rectify.yaml:2:5: notice 1: it has either `url` or `url_env`
      |
    2 |   - webhook: {format: json}
      |     ^
    --- exit code 2
    ");
    assert_snapshot!(told("notices:\n  - webhook: {url_env: HOOK, format: teams}\n"), @"
    --- standard error
    error: rectify.yaml:2:38: notices[0].webhook.format: unknown variant `teams`, expected `json` or `slack`
      |
    2 |   - webhook: {url_env: HOOK, format: teams}
      |                                      ^
    help: known here: json, slack
    --- exit code 2
    ");
    assert_snapshot!(told("notices:\n  - {}\n"), @"
    --- standard error
    error: rectify.yaml:1:1: notice 1: it is one of `webhook`, `sns` and `event_bus`
      |
    1 | notices:
      | ^
    --- exit code 2
    ");
    assert_snapshot!(told("fleet:\n  accounts: 222222222222\n"), @"
    --- standard error
    error: rectify.yaml:2:13: fleet.accounts: invalid type: integer `222222222222`, expected a sequence
      |
    2 |   accounts: 222222222222
      |             ^
    --- exit code 2
    ");
    assert_snapshot!(told("fleet:\n  roles: remediation\n"), @"
    --- standard error
    error: rectify.yaml:2:3: fleet: unknown field `roles`, expected one of `role`, `external_id`, `accounts`, `organization`
      |
    2 |   roles: remediation
      |   ^
    help: did you mean `role`?
    --- exit code 2
    ");
    assert_snapshot!(told("fleet:\n  role: r\n  accounts: ['2222']\n"), @"
    --- standard error
    error: rectify.yaml:3:15: `2222` is no account, which has twelve digits
      |
    3 |   accounts: ['2222']
      |               ^
    --- exit code 2
    ");
    assert_snapshot!(told("fleet:\n  accounts: ['222222222222']\n"), @"
    --- standard error
    error: rectify.yaml:1:1: the fleet has other accounts, and no `role` to assume there
      |
    1 | fleet:
      | ^
    --- exit code 2
    ");
    assert_snapshot!(told("events:\n  rules: [{mode: observe, accounts: [prod]}]\n"), @"
    --- standard error
    error: rectify.yaml:2:38: `prod` is no account, which has twelve digits
      |
    2 |   rules: [{mode: observe, accounts: [prod]}]
      |                                      ^
    --- exit code 2
    ");
    assert_eq!(world.read("shop.jsonl"), DEMO);
}
