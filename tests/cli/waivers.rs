//! What is let be for a while: `waivers.yaml`.

use insta::assert_snapshot;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::events::key_event;
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
    assert_snapshot!(shown(scan(&[])), @"
    Waived
    medium   kms-rotation
             5ade0664-d93d-41b2-ac5a-87410d94abb0 KMS::Key eu-west-1
               The key is not rotated automatically.
               waived by ops@example.com until IN_30_DAYS (waivers.yaml:2): its data goes in spring

    no findings, 1 waived in 4 resources of account 111122223333
    --- exit code 0
    ");
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
    assert_snapshot!(shown(world.shop(&[&["plan"], &ROTATION[..]].concat())), @"
    Stays unresolved
      waived       medium   kms-rotation
                   5ade0664-d93d-41b2-ac5a-87410d94abb0: The key is not rotated automatically.
                   waived by ops@example.com until IN_30_DAYS (waivers.yaml:2): its data goes in spring

    Proof: findings 0 → 0, cleared 0, introduced 0; 1 waived
    Plan: nothing to change
    --- exit code 0
    ");
    let plan = world.shop(&[&["plan", "--format", "json"], &ROTATION[..]].concat()).ends(0).json();
    assert_eq!((&plan["changes"], &plan["proof"]["before"]), (&json!([]), &json!(0)));
    assert_eq!(
        (&plan["findings"][0]["status"], &plan["findings"][0]["waived"]["expires"]),
        (&json!("waived"), &json!(day(30)))
    );
    assert!(plan["waivers_digest"].as_str().unwrap().starts_with("sha256:"), "{plan:#}");
    assert_snapshot!(shown(world.shop(&[&["apply", "--yes"], &ROTATION[..]].concat())), @"
    Stays unresolved
      waived       medium   kms-rotation
                   5ade0664-d93d-41b2-ac5a-87410d94abb0: The key is not rotated automatically.
                   waived by ops@example.com until IN_30_DAYS (waivers.yaml:2): its data goes in spring

    Proof: findings 0 → 0, cleared 0, introduced 0; 1 waived
    Plan: nothing to change
    Nothing to apply.
    --- exit code 0
    ");
    assert_eq!(world.read("shop.jsonl"), DEMO);
}

#[test]
fn what_is_waived_neither_passes_nor_fails_a_control() {
    let world = waived();
    let scan = ["scan", "--framework", "cis_aws", "--types", "AWS::KMS::Key"];
    let card = |told: &str| {
        told.lines()
            .filter(|line| line.contains("3.0.0/3.6") || line.starts_with("score"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let told = world.shop(&scan);
    assert_snapshot!(card(&told.out), @"  3.0.0/3.6  waived        1 of 4 resources     kms-rotation");
    let json = world.shop(&[&scan[..], &["--format", "json"]].concat()).json();
    let controls = json["framework"]["controls"].as_array().unwrap();
    let control = controls.iter().find(|control| control["control"] == "3.0.0/3.6").unwrap();
    assert_eq!(
        (&control["verdict"], &control["failing"], &control["waived"]),
        (&json!("waived"), &json!(0), &json!(1))
    );
    assert_eq!(json["framework"]["waived"], 1);
    world.write("waivers.yaml", "waivers: []\n");
    assert_snapshot!(card(&world.shop(&scan).out), @"
      3.0.0/3.6  failed        1 of 4 resources     kms-rotation
    score 0 %: 0 passed, 1 failed of 1 control that policies cover
    ");
}

#[test]
fn a_waiver_that_has_run_out_is_a_finding_and_what_it_was_about_counts_again() {
    let world = World::new();
    world.write("waivers.yaml", file(&[waiver("kms-rotation", &format!("id: {KEY}"), &day(-1))]));
    assert_snapshot!(shown(world.shop(&[&["scan"], &ROTATION[..]].concat())), @"
    medium   kms-rotation
             5ade0664-d93d-41b2-ac5a-87410d94abb0 KMS::Key eu-west-1
               The key is not rotated automatically.
    medium   rectify-waiver-expired
             waivers.yaml:2 Rectify::Waiver
               The waiver of kms-rotation expired: it held until YESTERDAY.
               ops@example.com answers for it (its data goes in spring); what it was about counts again: put that right and take the waiver out, or have ops@example.com agree to a new `expires`

    2 findings (2 medium) in 4 resources of account 111122223333
    --- exit code 1
    ");
    let plan = world.shop(&[&["plan", "--out", "plan.json"], &ROTATION[..]].concat());
    assert_snapshot!(shown(plan), @r#"
    ~ AWS::KMS::Key 5ade0664-d93d-41b2-ac5a-87410d94abb0 eu-west-1  [safe]  ca4224c2
        ~ /EnableKeyRotation  false → true
        fixes    kms-rotation (medium)
        calls    kms:EnableKeyRotation {"KeyId":"5ade0664-d93d-41b2-ac5a-87410d94abb0"}
        warning  1

    Warnings
       1  AWS KMS bills the key material of a key's first two rotations.

    Stays unresolved
      manual       medium   rectify-waiver-expired
                   waivers.yaml:2: The waiver of kms-rotation expired: it held until YESTERDAY.
                   ops@example.com answers for it (its data goes in spring); what it was about counts again: put that right and take the waiver out, or have ops@example.com agree to a new `expires`

    Proof: findings 1 → 0, cleared 1, introduced 0
    Plan: 0 to create, 1 to update, 0 to delete; 1 safe, 0 to review, 0 that cannot be undone; 1 call in account 111122223333
    The plan is kept in plan.json: rectify apply plan.json
    --- exit code 1
    "#);
    let kept: Value = serde_json::from_str(&world.read("plan.json")).unwrap();
    let statuses: Vec<_> =
        kept["findings"].as_array().unwrap().iter().map(|finding| (&finding["policy"], &finding["status"])).collect();
    assert_eq!(
        statuses,
        [(&json!("kms-rotation"), &json!("planned")), (&json!("rectify-waiver-expired"), &json!("manual"))]
    );
    world.shop(&["apply", "plan.json", "--yes"]).ends(0);
    // The file is still to be put right.
    assert_snapshot!(shown(world.shop(&["scan", "--severity", "medium"]).ends(1).out.lines().filter(|line| line.contains("aiver")).collect::<Vec<_>>().join("\n")), @"
    medium   rectify-waiver-expired
             waivers.yaml:2 Rectify::Waiver
               The waiver of kms-rotation expired: it held until YESTERDAY.
               ops@example.com answers for it (its data goes in spring); what it was about counts again: put that right and take the waiver out, or have ops@example.com agree to a new `expires`
    ");
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
    assert_snapshot!(shown(scan(30)), @"
    Waived
    medium   kms-rotation
             5ade0664-d93d-41b2-ac5a-87410d94abb0 KMS::Key eu-west-1
               The key is not rotated automatically.
               waived by ops@example.com until IN_30_DAYS (waivers.yaml:2): its data goes in spring

    no findings, 1 waived in 4 resources of account 111122223333
    --- standard error
    warning: waivers.yaml:2: the waiver of kms-rotation (ops@example.com) holds only until IN_30_DAYS
    --- exit code 0
    ");
    let told = scan(31).ends(1);
    assert!(told.out.contains("rectify-waiver-expired"), "{told}");
}

#[test]
fn a_clock_that_is_set_forward_does_not_end_a_waiver_for_what_is_applied() {
    let world = waived();
    let now = format!("{}T00:00:00Z", day(60));
    let later = [&["--now", &now], &ROTATION[..]].concat();
    world.shop(&[&["plan", "--out", "plan.json"], &later[..]].concat()).ends(1);
    let told = world.shop(&[&["apply", "--yes"], &later[..]].concat()).ends(2);
    assert!(world.shop(&["apply", "plan.json", "--yes"]).ends(2).err.ends_with(&told.err));
    assert_snapshot!(shown(&told.err), @"error: change ca4224c2 fixes kms-rotation on AWS::KMS::Key 5ade0664-d93d-41b2-ac5a-87410d94abb0, which waivers.yaml:2 waives by now (ops@example.com, until IN_30_DAYS); make a new plan with `rectify plan --out`");
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
    assert_snapshot!(told(&ROTATION), @"
    warning: waivers.yaml:2: the waiver of kms-rotation (ops@example.com) fits nothing that was found: take it out, or see what it should be about
    warning: waivers.yaml:7: the waiver of kms-rotation (ops@example.com) holds only until IN_10_DAYS
    ");
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
        &["listen", "--queue", "https://sqs.eu-west-1.amazonaws.com/111122223333/events", "--mode", "enforce"],
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
        mistake(&world)
    };
    assert_snapshot!(with("owner:", "onwer:"), @"
    error: waivers.yaml:9:5: waivers[1]: unknown field `onwer`, expected one of `policies`, `id`, `arn`, `tags`, `accounts`, `regions`, `types`, `owner`, `reason`, `expires`
      |
    9 |     onwer: ops@example.com
      |     ^
    help: did you mean `owner`?
    ");
    assert_snapshot!(with("    owner: ops@example.com\n", ""), @"
    error: waivers.yaml:7:5: waivers[1]: missing field `owner`
      |
    7 |   - policies: [lambda-tracing]
      |     ^
    help: each of `waivers` has `policies`, what says which resources (`id`, `arn`, `tags`), `owner`, `reason` and `expires`; a file without any says `waivers: []`
    ");
    assert_snapshot!(with("ops@example.com", "''"), @"
    error: waivers.yaml:9:5: `owner` is empty: a waiver says who answers for it, and why
      |
    9 |     owner: ''
      |     ^
    ");
    assert_snapshot!(with("lambda-tracing", "lambda-tracin"), @"
    error: waivers.yaml:7:16: there is no policy `lambda-tracin`
      |
    7 |   - policies: [lambda-tracin]
      |                ^
    help: did you mean `lambda-tracing`?
    ");
    assert_snapshot!(with("lambda-tracing", "'*'"), @"
    error: waivers.yaml:7:17: there is no policy `*`
      |
    7 |   - policies: ['*']
      |                 ^
    help: every waiver names its policies by their ids; there is no wildcard
    ");
    assert_snapshot!(with("[lambda-tracing]", "[]"), @"
    error: waivers.yaml:7:5: the waiver names no policy
      |
    7 |   - policies: []
      |     ^
    help: every waiver names its policies by their ids; there is no wildcard
    ");
    assert_snapshot!(with("    id: pay\n", ""), @"
    error: waivers.yaml:7:5: the waiver names no resource
      |
    7 |   - policies: [lambda-tracing]
      |     ^
    help: `id`, `arn` or `tags` say which resources it is about; `accounts`, `regions` and `types` only narrow that down
    ");
    assert_snapshot!(with("id: pay", "id: '*'"), @"
    error: waivers.yaml:8:5: `*` is no id of a resource, which is exact
      |
    8 |     id: '*'
      |     ^
    help: `arn` may have wildcards
    ");
    assert_snapshot!(with("id: pay", "id:"), @"
    error: waivers.yaml:7:5: waivers[1]: a key has no value: take it out, or give it one
      |
    7 |   - policies: [lambda-tracing]
      |     ^
    help: each of `waivers` has `policies`, what says which resources (`id`, `arn`, `tags`), `owner`, `reason` and `expires`; a file without any says `waivers: []`
    ");
    assert_snapshot!(with("id: pay", "arn: '*'"), @"
    error: waivers.yaml:8:5: `*` is no ARN, which is arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE
      |
    8 |     arn: '*'
      |     ^
    help: `*` is any text and `?` any one character of one part, as in arn:aws:lambda:*:111122223333:function:shop-*
    ");
    assert_snapshot!(with("id: pay", "arn: arn:aws:lambda:*:*:*"), @"
    error: waivers.yaml:8:5: `arn:aws:lambda:*:*:*` names no resource: after the account there is nothing but wildcards
      |
    8 |     arn: arn:aws:lambda:*:*:*
      |     ^
    help: `*` is any text and `?` any one character of one part, as in arn:aws:lambda:*:111122223333:function:shop-*
    ");
    assert_snapshot!(with("id: pay", "tags: {}"), @"
    error: waivers.yaml:8:5: `tags` names no tag
      |
    8 |     tags: {}
      |     ^
    ");
    assert_snapshot!(with("id: pay", "tags:"), @"
    error: waivers.yaml:7:5: waivers[1]: a key has no value: take it out, or give it one
      |
    7 |   - policies: [lambda-tracing]
      |     ^
    help: each of `waivers` has `policies`, what says which resources (`id`, `arn`, `tags`), `owner`, `reason` and `expires`; a file without any says `waivers: []`
    ");
    assert_snapshot!(with("id: pay", "id: pay\n    types: [AWS::Lambda::Fnction]"), @"
    error: waivers.yaml:9:13: there is no resource type `AWS::Lambda::Fnction`
      |
    9 |     types: [AWS::Lambda::Fnction]
      |             ^
    help: did you mean `AWS::Lambda::Function`?
    ");
    assert_snapshot!(with("id: pay", "id: pay\n    accounts: [1234]"), @"
    error: waivers.yaml:9:16: `1234` is no account, which has twelve digits
      |
    9 |     accounts: [1234]
      |                ^
    ");
    assert_snapshot!(with("id: pay", "id: pay\n    regions: []"), @"
    error: waivers.yaml:9:5: `regions` is empty
      |
    9 |     regions: []
      |     ^
    help: leave it out for any
    ");
    assert_snapshot!(with(&day(30), "soon"), @"
    error: waivers.yaml:11:5: `soon` is no day and no moment
       |
    11 |     expires: soon
       |     ^
    help: a day is 2026-12-31, to its end in UTC; a moment is RFC 3339, as TIME
    ");
    assert_snapshot!(with(&day(30), "2199-12-31"), @"
    error: waivers.yaml:11:5: `2199-12-31` is more than 366 days away
       |
    11 |     expires: 2199-12-31
       |     ^
    help: a waiver is agreed on anew once a year at the least: until then it may be forgotten
    ");
    assert_snapshot!(with(&day(30), &format!("{}\n    expires: {}", day(30), day(10))), @r#"
    error: waivers.yaml:12:5: waivers[1]: duplicate entry with key "expires"
       |
    12 |     expires: IN_10_DAYS
       |     ^
    help: each of `waivers` has `policies`, what says which resources (`id`, `arn`, `tags`), `owner`, `reason` and `expires`; a file without any says `waivers: []`
    "#);
    assert_snapshot!(with("  - policies", "  policies"), @"
    error: waivers.yaml:7:3: did not find expected '-' indicator at line 7 column 3, while parsing a block collection
      |
    7 |   policies: [lambda-tracing]
      |   ^
    help: each of `waivers` has `policies`, what says which resources (`id`, `arn`, `tags`), `owner`, `reason` and `expires`; a file without any says `waivers: []`
    ");
    for (name, text) in
        [("an empty file", ""), ("no list", "waivers:\n"), ("two documents", "waivers: []\n---\nwaivers: []\n")]
    {
        world.write("waivers.yaml", text);
        assert!(mistake(&world).starts_with("error: waivers.yaml"), "{name}");
    }
    world.write("waivers.yaml", [b'w', 0xff]);
    assert_snapshot!(refused(&world), @"
    error: waivers.yaml:1:2: a byte that is not UTF-8
    help: it has to be a text file
    ");
    world.write("waivers.yaml", "waivers: []\n");
    world.shop(&[&["scan"], &ROTATION[..]].concat()).ends(1);
}

/// What a scan says of a file that it refuses.
#[track_caller]
fn mistake(world: &World) -> String {
    let told = world.shop(&[&["scan"], &ROTATION[..]].concat()).ends(2);
    assert_eq!(told.out, "", "{told}");
    shown(told.err)
}

#[test]
fn every_mistake_is_told_at_once() {
    let world = World::new();
    let text = file(&[waiver("kms-rotatoin", "tags: {}", "never")]);
    world.write("waivers.yaml", text);
    assert_snapshot!(refused(&world), @"
    error: waivers.yaml:2:16: there is no policy `kms-rotatoin`
      |
    2 |   - policies: [kms-rotatoin]
      |                ^
    help: did you mean `kms-rotation`?
    error: waivers.yaml:3:5: `tags` names no tag
      |
    3 |     tags: {}
      |     ^
    error: waivers.yaml:6:5: `never` is no day and no moment
      |
    6 |     expires: never
      |     ^
    help: a day is 2026-12-31, to its end in UTC; a moment is RFC 3339, as TIME
    ");
    // Where waivers do not stand on lines of their own, their number is told.
    let one =
        |expires: &str| format!("{{policies: [kms-rotation], id: {KEY}, owner: o, reason: r, expires: {expires}}}");
    world.write("waivers.yaml", format!("waivers: [{}, {}]\n", one(&day(30)), one("never")));
    assert_snapshot!(refused(&world), @"
    error: waivers.yaml: waiver 2: `never` is no day and no moment
    help: a day is 2026-12-31, to its end in UTC; a moment is RFC 3339, as TIME
    ");
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
    assert_snapshot!(told.err, @"
    error: there is security/waivers.yaml and waivers.yaml
    help: name the one that is meant, with `waivers` in rectify.yaml or with --waivers
    ");
    world.write("security/rectify.yaml", "waivers: more.yaml\n");
    scan(&config).ends(0);
    scan(&[&config[..], &["--waivers", "waivers.yaml"]].concat()).ends(1);
    // What is named and is not there is a mistake.
    assert_snapshot!(scan(&["--waivers", "none.yaml"]).ends(2).err, @"
    error: none.yaml: No such file or directory (os error 2)
    help: nothing is waived by a file that is not there, and nothing is changed without it: write it, or do not name it
    ");
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
    world.write("key.json", key_event("event-1"));
    world.write("rectify.yaml", "policies: [kms-rotation]\n");
    let told = |mode: &str| shown(world.shop(&["event", "key.json", "--mode", mode]));
    let observed = told("observe");
    assert_snapshot!(observed, @"
    event-1: kms:DisableKeyRotation
    Stays unresolved
      waived       medium   kms-rotation
                   5ade0664-d93d-41b2-ac5a-87410d94abb0: The key is not rotated automatically.
                   waived by ops@example.com until IN_30_DAYS (waivers.yaml:2): its data goes in spring

    Proof: findings 0 → 0, cleared 0, introduced 0; 1 waived
    Plan: nothing to change
    AWS::KMS::Key 5ade0664-d93d-41b2-ac5a-87410d94abb0: what is wrong is waived; nothing is changed
    --- exit code 0
    ");
    assert_eq!(told("enforce"), observed);
    assert_eq!(world.read("shop.jsonl"), DEMO);
    assert_eq!(world.run(&["runs", "--format", "json"]).json(), json!([]));
    // When it has run out, the next event fixes it.
    world.write("waivers.yaml", file(&[waiver("kms-rotation", &format!("id: {KEY}"), &day(-1))]));
    let later = key_event("event-2");
    world.write("again.json", later.replace("2026-11-22T00:00:00Z", &Timestamp::now().to_string()));
    let told = world.shop(&["event", "again.json", "--mode", "enforce", "--format", "json"]).ends(0).json();
    let looked = &told["looked"][0];
    assert_eq!(looked["outcome"], "fixed");
    let found: Vec<&Value> =
        looked["plan"]["findings"].as_array().unwrap().iter().map(|finding| &finding["policy"]).collect();
    assert_eq!(found, ["kms-rotation", "rectify-waiver-expired"]);
}
