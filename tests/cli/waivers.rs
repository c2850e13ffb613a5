//! What is let be for a while: `waivers.yaml`.

use insta::assert_snapshot;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::runner::{DEMO, World};

const KEY: &str = "5ade0664-d93d-41b2-ac5a-87410d94abb0";

/// The day so many days from now, as a waiver writes it.
fn day(days: i64) -> String {
    let then = Timestamp::now().checked_add(SignedDuration::from_hours(24 * days)).unwrap();
    then.to_string()[..10].to_owned()
}

/// A waiver of some policies; `which` says of which resources.
fn waiver(policies: &str, which: &str, expires: &str) -> String {
    format!(
        "  - policies: [{policies}]\n    {which}\n    owner: ops@example.com\n    reason: its data goes in spring\n    expires: {expires}\n"
    )
}

fn file(waivers: &[String]) -> String {
    format!("waivers:\n{}", waivers.concat())
}

/// The demo's account, with a waiver of what is found of one key, for 30 days.
fn waived() -> World {
    let world = World::new();
    world.write("waivers.yaml", file(&[waiver("kms-rotation", &format!("id: {KEY}"), &day(30))]));
    world
}

/// What was told, with the days by name.
fn shown(told: impl std::fmt::Display) -> String {
    let mut text = told.to_string();
    for (name, days) in [("IN_10_DAYS", 10), ("IN_30_DAYS", 30), ("YESTERDAY", -1)] {
        text = text.replace(&day(days), name);
    }
    text
}

const ROTATION: [&str; 2] = ["--policies", "kms-rotation"];

#[test]
fn what_is_waived_is_told_apart_and_is_no_reason_to_fail() {
    let world = waived();
    let scan = |more: &[&str]| world.shop(&[&["scan"], &ROTATION[..], more].concat());
    assert_snapshot!(shown(scan(&[])), @"");
    let document = scan(&["--format", "json"]).ends(0).json();
    assert_eq!(
        document["summary"],
        json!({
            "read": 4, "judged": 4, "unread": 0, "errors": 0, "waived": 1,
            "findings": {"critical": 0, "high": 0, "medium": 0, "low": 0},
        })
    );
    assert_eq!(document["waivers"], json!({"expiring": [], "unmatched": []}));
    let [finding] = &document["findings"].as_array().unwrap()[..] else { panic!("{document:#}") };
    assert_eq!((&finding["status"], &finding["policy"]), (&json!("waived"), &json!("kms-rotation")));
    let told = json!({
        "owner": "ops@example.com", "reason": "its data goes in spring", "expires": day(30), "waiver": "waivers.yaml:2",
    });
    assert_eq!(finding["waived"], told);
    let reason = format!("waived by ops@example.com until {} (waivers.yaml:2): its data goes in spring", day(30));
    assert_eq!(finding["reason"], reason);
    // Beside what counts.
    let all = world.shop(&["scan"]).ends(1);
    assert!(all.tail(1).contains("), 1 waived in "), "{all}");
}

#[test]
fn what_is_waived_is_not_planned_and_not_changed() {
    let world = waived();
    assert_snapshot!(shown(world.shop(&[&["plan"], &ROTATION[..]].concat())), @"");
    let plan = world.shop(&[&["plan", "--format", "json"], &ROTATION[..]].concat()).ends(0).json();
    assert_eq!((&plan["changes"], &plan["proof"]["before"]), (&json!([]), &json!(0)));
    assert_eq!(
        (&plan["findings"][0]["status"], &plan["findings"][0]["waived"]["expires"]),
        (&json!("waived"), &json!(day(30)))
    );
    assert!(plan["waivers_digest"].as_str().unwrap().starts_with("sha256:"), "{plan:#}");
    assert_snapshot!(shown(world.shop(&[&["apply", "--yes"], &ROTATION[..]].concat())), @"");
    assert_eq!(world.read("shop.jsonl"), DEMO);
}

#[test]
fn what_is_waived_neither_passes_nor_fails_a_control() {
    let world = waived();
    let scan = ["scan", "--framework", "fsbp", "--types", "AWS::KMS::Key"];
    let card = |told: &str| {
        told.lines().filter(|line| line.contains("KMS.4") || line.starts_with("score")).collect::<Vec<_>>().join("\n")
    };
    let told = world.shop(&scan);
    assert_snapshot!(card(&told.out), @"");
    let json = world.shop(&[&scan[..], &["--format", "json"]].concat()).json();
    let controls = json["framework"]["controls"].as_array().unwrap();
    let control = controls.iter().find(|control| control["control"] == "KMS.4").unwrap();
    assert_eq!(
        (&control["verdict"], &control["failing"], &control["waived"]),
        (&json!("waived"), &json!(0), &json!(1))
    );
    assert_eq!(json["framework"]["waived"], 1);
    world.write("waivers.yaml", "waivers: []\n");
    assert_snapshot!(card(&world.shop(&scan).out), @"");
}

#[test]
fn a_waiver_that_has_run_out_is_a_finding_and_what_it_was_about_counts_again() {
    let world = World::new();
    world.write("waivers.yaml", file(&[waiver("kms-rotation", &format!("id: {KEY}"), &day(-1))]));
    assert_snapshot!(shown(world.shop(&[&["scan"], &ROTATION[..]].concat())), @"");
    let plan = world.shop(&[&["plan", "--out", "plan.json"], &ROTATION[..]].concat());
    assert_snapshot!(shown(plan), @"");
    let kept: Value = serde_json::from_str(&world.read("plan.json")).unwrap();
    let statuses: Vec<_> =
        kept["findings"].as_array().unwrap().iter().map(|finding| (&finding["policy"], &finding["status"])).collect();
    assert_eq!(
        statuses,
        [(&json!("kms-rotation"), &json!("planned")), (&json!("rectify-waiver-expired"), &json!("manual"))]
    );
    world.shop(&["apply", "plan.json", "--yes"]).ends(0);
    // The file is still to be put right.
    assert_snapshot!(shown(world.shop(&["scan", "--severity", "medium"]).ends(1).out.lines().filter(|line| line.contains("aiver")).collect::<Vec<_>>().join("\n")), @"");
    // It is no finding of those who look elsewhere.
    world.shop(&[&["scan"], &ROTATION[..]].concat()).ends(0);
}

#[test]
fn the_clock_shows_what_will_count_again() {
    let world = waived();
    let scan = |days: i64| {
        let now = format!("{}T00:00:00Z", day(days));
        world.shop(&[&["scan", "--now", &now], &ROTATION[..]].concat())
    };
    scan(0).ends(0);
    // A day counts to its end.
    assert_snapshot!(shown(scan(30)), @"");
    let told = scan(31).ends(1);
    assert!(told.out.contains("rectify-waiver-expired"), "{told}");
}

#[test]
fn a_clock_that_is_set_forward_does_not_end_a_waiver_for_what_is_applied() {
    let world = waived();
    let now = format!("{}T00:00:00Z", day(60));
    let later = [&["--now", &now], &ROTATION[..]].concat();
    world.shop(&[&["plan", "--out", "plan.json"], &later[..]].concat()).ends(1);
    for apply in [["apply", "plan.json", "--yes"].to_vec(), [&["apply", "--yes"], &later[..]].concat()] {
        let told = world.shop(&apply).ends(2);
        assert_snapshot!(shown(&told.err), @"");
    }
    assert_eq!(world.read("shop.jsonl"), DEMO);
}

#[test]
fn what_was_waived_since_a_plan_was_made_is_not_changed() {
    let world = World::new();
    world.shop(&[&["plan", "--out", "plan.json"], &ROTATION[..]].concat()).ends(1);
    // Another waiver, or none, is nothing to it.
    world.write("waivers.yaml", file(&[waiver("kms-rotation", "id: another", &day(30))]));
    let copy = world.read("shop.jsonl");
    world.shop(&["apply", "plan.json", "--yes"]).ends(0);
    world.write("shop.jsonl", copy);
    world.shop(&[&["plan", "--out", "plan.json"], &ROTATION[..]].concat()).ends(1);
    for which in [format!("id: {KEY}"), format!("arn: arn:aws:kms:*:111122223333:key/{}*", &KEY[..8])] {
        world.write("waivers.yaml", file(&[waiver("kms-rotation", &which, &day(30))]));
        let before = world.files();
        let told = world.shop(&["apply", "plan.json", "--yes"]).ends(2);
        assert_eq!(
            shown(&told),
            "--- standard error\nerror: change ca4224c2 fixes kms-rotation on AWS::KMS::Key 5ade0664-d93d-41b2-ac5a-87410d94abb0, which waivers.yaml:2 waives by now (ops@example.com, until IN_30_DAYS); make a new plan with `rectify plan --out`\n--- exit code 2"
        );
        assert_eq!(world.files(), before);
    }
    // Of what is only approved, too.
    world.write("waivers.yaml", file(&[waiver("kms-rotation", &format!("id: {KEY}"), &day(-1))]));
    world.shop(&["apply", "plan.json", "--yes"]).ends(0);
}

#[test]
fn a_tag_waives_and_is_read_for_it() {
    let world = World::new();
    world.edit_document("shop.jsonl", KEY, |key| {
        key["properties"]["Tags"] = json!([{"Key": "env", "Value": "dev"}]);
        key["tags"] = json!({"env": "dev"});
    });
    for (tags, code) in [("{env: dev}", 0), ("{env: '*'}", 0), ("{env: prod}", 1), ("{env: dev, team: '*'}", 1)] {
        world.write("waivers.yaml", file(&[waiver("kms-rotation", &format!("tags: {tags}"), &day(30))]));
        world.shop(&[&["scan"], &ROTATION[..]].concat()).ends(code);
        world.shop(&[&["plan"], &ROTATION[..]].concat()).ends(code);
    }
}

#[test]
fn all_that_a_waiver_names_has_to_fit() {
    let world = World::new();
    let key = format!("id: {KEY}");
    for (more, code) in [
        ("accounts: ['111122223333']", 0),
        ("accounts: ['444455556666']", 1),
        ("regions: [eu-west-1]", 0),
        ("regions: [us-east-1]", 1),
        ("types: [AWS::KMS::Key]", 0),
        ("types: [AWS::KMS::Alias]", 1),
        ("arn: arn:aws:kms:*:*:key/*", 0),
        ("arn: arn:aws:kms:*:*:alias/*", 1),
        ("tags: {env: dev}", 1),
    ] {
        world.write("waivers.yaml", file(&[waiver("kms-rotation", &format!("{key}\n    {more}"), &day(30))]));
        let told = world.shop(&[&["scan"], &ROTATION[..]].concat());
        assert_eq!(told.code, Some(code), "{more}\n{told}");
    }
    // Another policy is not waived with it.
    world.write("waivers.yaml", file(&[waiver("kms-pending-deletion", &key, &day(30))]));
    world.shop(&[&["scan"], &ROTATION[..]].concat()).ends(1);
}

#[test]
fn what_fits_nothing_and_what_ends_soon_is_warned_of() {
    let world = World::new();
    world.write(
        "waivers.yaml",
        file(&[
            waiver("kms-rotation", "id: gone", &day(30)),
            waiver("kms-rotation", &format!("id: {KEY}"), &day(10)),
            waiver("lambda-tracing", "id: gone", &day(30)),
            waiver("kms-rotation", "accounts: ['444455556666']\n    id: gone", &day(30)),
        ]),
    );
    let told = |more: &[&str]| shown(world.shop(&[&["scan"], more].concat()).err);
    assert_snapshot!(told(&ROTATION), @"");
    assert_eq!(told(&ROTATION), shown(world.shop(&[&["plan"], &ROTATION[..]].concat()).err));
    assert_eq!(told(&[]).lines().count(), 3, "all policies were asked");
    // Who looks at less does not know.
    assert!(!told(&["--types", "AWS::KMS::Key"]).contains("fits nothing"));
    assert!(!told(&[&ROTATION[..], &["--resource", KEY]].concat()).contains("fits nothing"));
    assert!(!told(&["--policies", "lambda-url-auth"]).contains("fits nothing"));
    let json = world.shop(&[&["scan", "--format", "json"], &ROTATION[..]].concat()).json();
    let note = |line: usize, days: i64| json!({"waiver": format!("waivers.yaml:{line}"), "policies": ["kms-rotation"], "owner": "ops@example.com", "expires": day(days)});
    assert_eq!(json["waivers"], json!({"unmatched": [note(2, 30)], "expiring": [note(7, 10)]}));
}

#[test]
fn a_change_that_clears_what_is_waived_on_its_way_is_made() {
    let world = World::new();
    let policy = include_str!("../../policies/kms/rotation.rego");
    let policy = policy.replace("kms-rotation", "acme-rotation").replace("rectify.kms.rotation", "acme.kms.rotation");
    world.write("acme/policies/kms/rotation.rego", policy);
    world.write("waivers.yaml", file(&[waiver("acme-rotation", &format!("id: {KEY}"), &day(30))]));
    let both = ["--bundle", "acme", "--policies", "kms-rotation,acme-rotation"];
    let plan = world.shop(&[&["plan", "--format", "json", "--out", "plan.json"], &both[..]].concat()).ends(1).json();
    let statuses: Vec<_> =
        plan["findings"].as_array().unwrap().iter().map(|finding| (&finding["policy"], &finding["status"])).collect();
    assert_eq!(statuses, [(&json!("acme-rotation"), &json!("waived")), (&json!("kms-rotation"), &json!("planned"))]);
    assert_eq!(plan["changes"][0]["fixes"].as_array().unwrap().len(), 1);
    assert_eq!((&plan["proof"]["before"], &plan["proof"]["after"]), (&json!(1), &json!(0)));
    world.shop(&["apply", "plan.json", "--yes", "--bundle", "acme"]).ends(0);
}

/// Everything that reads the file refuses it, and does nothing.
#[track_caller]
fn refused(world: &World) -> String {
    world.write("scan.json", r#"{"rectify": "scan", "id": "s"}"#);
    let before = world.files();
    let mut errors: Vec<String> = Vec::new();
    for arguments in [
        &["scan"][..],
        &["plan", "--out", "plan.json"],
        &["apply", "--yes"],
        &["snapshot", "copy.jsonl"],
        &["event", "scan.json"],
        &["event", "scan.json", "--mode", "enforce"],
    ] {
        let told = world.shop(arguments).ends(2);
        assert_eq!(told.out, "", "{told}");
        errors.push(told.err);
    }
    errors.dedup();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    assert_eq!(world.files(), before);
    shown(errors.remove(0))
}

#[test]
fn a_file_with_a_mistake_waives_nothing_and_nothing_is_done() {
    let world = World::new();
    let with = |from: &str, to: &str| {
        let good = waiver("kms-rotation", &format!("id: {KEY}"), &day(30));
        let bad = waiver("lambda-tracing", "id: pay", &day(30));
        assert!(bad.contains(from), "{bad}");
        world.write("waivers.yaml", file(&[good, bad.replacen(from, to, 1)]));
        refused(&world)
    };
    assert_snapshot!(with("owner:", "onwer:"), @"");
    assert_snapshot!(with("    owner: ops@example.com\n", ""), @"");
    assert_snapshot!(with("ops@example.com", "''"), @"");
    assert_snapshot!(with("lambda-tracing", "lambda-tracin"), @"");
    assert_snapshot!(with("lambda-tracing", "'*'"), @"");
    assert_snapshot!(with("[lambda-tracing]", "[]"), @"");
    assert_snapshot!(with("    id: pay\n", ""), @"");
    assert_snapshot!(with("id: pay", "id: '*'"), @"");
    assert_snapshot!(with("id: pay", "id:"), @"");
    assert_snapshot!(with("id: pay", "arn: '*'"), @"");
    assert_snapshot!(with("id: pay", "arn: arn:aws:lambda:*:*:*"), @"");
    assert_snapshot!(with("id: pay", "tags: {}"), @"");
    assert_snapshot!(with("id: pay", "tags:"), @"");
    assert_snapshot!(with("id: pay", "id: pay\n    types: [AWS::Lambda::Fnction]"), @"");
    assert_snapshot!(with("id: pay", "id: pay\n    accounts: [1234]"), @"");
    assert_snapshot!(with("id: pay", "id: pay\n    regions: []"), @"");
    assert_snapshot!(with(&day(30), "soon"), @"");
    assert_snapshot!(with(&day(30), "2199-12-31"), @"");
    assert_snapshot!(with(&day(30), &format!("{}\n    expires: {}", day(30), day(10))), @"");
    assert_snapshot!(with("  - policies", "  policies"), @"");
    for (name, text) in
        [("an empty file", ""), ("no list", "waivers:\n"), ("two documents", "waivers: []\n---\nwaivers: []\n")]
    {
        world.write("waivers.yaml", text);
        assert!(refused(&world).starts_with("error: waivers.yaml"), "{name}");
    }
    world.write("waivers.yaml", [b'w', 0xff]);
    assert_snapshot!(refused(&world), @"");
    world.write("waivers.yaml", "waivers: []\n");
    world.shop(&[&["scan"], &ROTATION[..]].concat()).ends(1);
}

#[test]
fn every_mistake_is_told_at_once() {
    let world = World::new();
    let text = file(&[waiver("kms-rotatoin", "tags: {}", "never")]);
    world.write("waivers.yaml", text);
    assert_snapshot!(refused(&world), @"");
    // Where waivers do not stand on lines of their own, their number is told.
    let one =
        |expires: &str| format!("{{policies: [kms-rotation], id: {KEY}, owner: o, reason: r, expires: {expires}}}");
    world.write("waivers.yaml", format!("waivers: [{}, {}]\n", one(&day(30)), one("never")));
    assert_snapshot!(refused(&world), @"");
    world.write("waivers.yaml", format!("waivers: [{}]\n", one(&day(30))));
    let told = world.shop(&[&["scan"], &ROTATION[..]].concat()).ends(0);
    assert!(told.out.contains("(waivers.yaml, waiver 1): r"), "{told}");
}

#[test]
fn the_file_is_the_one_that_is_named_or_stands_beside_the_configuration() {
    let world = waived();
    let text = world.read("waivers.yaml");
    std::fs::remove_file(world.path("waivers.yaml")).unwrap();
    let scan = |more: &[&str]| world.shop(&[&["scan"], &ROTATION[..], more].concat());
    scan(&[]).ends(1);
    world.write("security/waivers.yaml", &text);
    world.write("security/rectify.yaml", "");
    let config = ["--config", "security/rectify.yaml"];
    let told = scan(&config).ends(0);
    assert!(told.out.contains("(security/waivers.yaml:2)"), "{told}");
    world.write("security/more.yaml", &text);
    world.write("waivers.yaml", "waivers: []\n");
    let told = scan(&config).ends(2);
    assert_snapshot!(told.err, @"");
    world.write("security/rectify.yaml", "waivers: more.yaml\n");
    scan(&config).ends(0);
    scan(&[&config[..], &["--waivers", "waivers.yaml"]].concat()).ends(1);
    // What is named and is not there is a mistake.
    assert_snapshot!(scan(&["--waivers", "none.yaml"]).ends(2).err, @"");
    world.write("rectify.yaml", "waivers: none.yaml\n");
    assert!(refused(&world).starts_with("error: none.yaml: No such file"));
    // A link to nowhere is there, and cannot be read.
    std::fs::remove_file(world.path("waivers.yaml")).unwrap();
    std::fs::remove_file(world.path("rectify.yaml")).unwrap();
    std::os::unix::fs::symlink("nowhere", world.path("waivers.yaml")).unwrap();
    scan(&[]).ends(2);
}

#[test]
fn a_waiver_of_a_policy_that_is_off_is_no_mistake() {
    let world = waived();
    world.write("rectify.yaml", "disabled_policies: [kms-rotation]\n");
    world.shop(&["scan", "--policies", "lambda-url-auth"]).ends(1);
}

#[test]
fn events_do_not_touch_what_is_waived() {
    let world = waived();
    let call = json!({
        "id": "event-1", "detail-type": "AWS API Call via CloudTrail", "time": "2026-11-22T00:00:00Z",
        "detail": {
            "eventTime": "2026-11-22T00:00:00Z", "eventName": "DisableKeyRotation", "eventSource": "kms.amazonaws.com",
            "awsRegion": "eu-west-1", "recipientAccountId": "111122223333", "requestParameters": {"keyId": KEY},
        },
    });
    world.write("key.json", call.to_string());
    world.write("again.json", call.to_string().replace("event-1", "event-2"));
    world.write("rectify.yaml", "policies: [kms-rotation]\n");
    for mode in ["observe", "enforce"] {
        let told = shown(world.shop(&["event", "key.json", "--mode", mode]));
        assert_snapshot!(told, @"");
    }
    assert_eq!(world.read("shop.jsonl"), DEMO);
    assert_eq!(world.run(&["runs", "--format", "json"]).json(), json!([]));
    // When it has run out, the next event fixes it.
    world.write("waivers.yaml", file(&[waiver("kms-rotation", &format!("id: {KEY}"), &day(-1))]));
    let told = world.shop(&["event", "again.json", "--mode", "enforce", "--format", "json"]).ends(0).json();
    let looked = &told["looked"][0];
    assert_eq!(looked["outcome"], "fixed");
    let found: Vec<&Value> =
        looked["plan"]["findings"].as_array().unwrap().iter().map(|finding| &finding["policy"]).collect();
    assert_eq!(found, ["kms-rotation", "rectify-waiver-expired"]);
}
