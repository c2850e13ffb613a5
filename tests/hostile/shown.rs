//! Hostile texts in every place of an account, through every command, in text and in JSON: what comes out is lines and
//! documents, and nothing else.

use serde_json::{Value, json};

use super::runner::{DEMO, Told, World};
use super::texts::{TEXTS, is_document, is_plain};

/// The key of the demo's account that has no rotation.
const KEY: &str = "5ade0664-d93d-41b2-ac5a-87410d94abb0";

const POLICY: &str = "# METADATA\n# title: TITLE\n# description: TITLE\n# custom:\n#   id: hostile\n#   severity: high\n#   resource_types: [AWS::KMS::Key]\npackage rectify.x.hostile\n\nviolation contains {\"msg\": input.properties.Description, \"path\": \"/Description\", \"params\": {}} if true\n";

/// A key for each text, with the text in its id, description and tags; what could not be read says it too.
fn keys() -> String {
    let mut lines = DEMO.lines();
    let mut header: Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    let key: Value =
        lines.map(|line| serde_json::from_str(line).unwrap()).find(|key: &Value| key["id"] == KEY).unwrap();
    let unread = |text: &&str| {
        let resource = json!({"type": "AWS::KMS::Key", "account": "111122223333", "region": "eu-west-1", "id": format!("unread {text}")});
        json!({"resource": resource, "reason": text})
    };
    header["unread"] = TEXTS.iter().map(unread).collect();
    let mut text = header.to_string() + "\n";
    for (index, hostile) in TEXTS.iter().enumerate() {
        let mut key = key.clone();
        key["id"] = id(index, hostile).into();
        key["properties"]["Description"] = (*hostile).into();
        let stack = json!({"Key": "aws:cloudformation:stack-name", "Value": hostile});
        key["properties"]["Tags"] = json!([{"Key": hostile, "Value": hostile}, stack]);
        key["tags"] = json!({*hostile: hostile, "aws:cloudformation:stack-name": hostile});
        key["owner"] = json!({"stack": hostile, "logical_id": hostile});
        text += &(key.to_string() + "\n");
    }
    text
}

fn id(index: usize, hostile: &str) -> String {
    format!("{index} {hostile}")
}

fn world() -> World {
    let world = World::empty();
    world.write("shop.jsonl", keys());
    world.write("own/policies/x/hostile.rego", POLICY);
    world.write("rectify.yaml", "bundles: [own]\n");
    world
}

/// What people see of a command, which ends with a code.
#[track_caller]
fn text(world: &World, arguments: &[&str], code: i32) -> Told {
    let told = world.shop(arguments).ends(code);
    is_plain(&told.out);
    is_plain(&told.err);
    told
}

/// The document that a command prints, and what it says beside.
#[track_caller]
fn document(world: &World, arguments: &[&str], code: i32) -> Value {
    let told = world.shop(&[arguments, &["--format", "json"]].concat()).ends(code);
    is_plain(&told.err);
    is_document(&told.out)
}

#[test]
fn findings_and_what_could_not_be_read() {
    let world = world();
    let told = text(&world, &["scan", "--policies", "hostile,kms-rotation"], 1);
    // Shown, and not left out: an escape as it would be written.
    for shown in [
        r"\u{1b}]8;;https://evil.example\u{1b}\click",
        r"a\nFORGED: all is well",
        r"\u{202e}gnp.exe",
        "<script>alert(1)",
    ] {
        assert!(told.out.matches(shown).count() >= 3, "{shown} in\n{told}");
    }
    let scan = document(&world, &["scan", "--policies", "hostile,kms-rotation"], 1);
    let found = scan["findings"].as_array().unwrap();
    assert_eq!(found.len(), 2 * TEXTS.len());
    for (index, hostile) in TEXTS.iter().enumerate() {
        let of_key =
            |finding: &&Value| finding["resource"]["id"] == id(index, hostile) && finding["policy"] == "hostile";
        assert_eq!(found.iter().find(of_key).unwrap()["message"], *hostile);
        assert_eq!(scan["unread"].as_array().unwrap().iter().filter(|unread| unread["reason"] == *hostile).count(), 1);
    }
}

#[test]
fn a_terminal_gets_no_command_but_styles() {
    let world = world();
    let told = world.terminal(&["--cloud", "sandbox:shop.jsonl", "scan", "--policies", "hostile,kms-rotation"], "");
    assert!(told.out.contains("\u{1b}[33mmedium"), "{told:#}");
    for command in
        ["\u{1b}]", "\u{1b}[2J", "\u{1b}[8m", "\u{9b}", "\u{90}", "\u{7}", "\u{202e}", "\u{2066}", "\u{200b}", "\u{0}"]
    {
        assert!(!told.out.contains(command), "{command:?} in {:?}", told.out);
    }
}

#[test]
fn a_plan_its_run_and_its_undo() {
    let world = world();
    text(&world, &["plan", "--policies", "hostile,kms-rotation"], 1);
    let plan = document(&world, &["plan", "--policies", "kms-rotation", "--out", "plan.json"], 1);
    assert_eq!(plan["changes"].as_array().unwrap().len(), TEXTS.len());
    is_document(&world.read("plan.json"));
    // The texts are told in the log too. What has a `/` in it is no key to the sandbox's service, which says so in its words.
    text(&world, &["-vvv", "apply", "plan.json", "--yes", "--limit", "max_failures=50"], 3);
    let run = world.last_run();
    text(&world, &["runs"], 0);
    text(&world, &["runs", "show", &run], 0);
    let shown = document(&world, &["runs", "show", &run], 0);
    let ids: Vec<&str> =
        shown["changes"].as_array().unwrap().iter().map(|change| change["resource"]["id"].as_str().unwrap()).collect();
    for (index, hostile) in TEXTS.iter().enumerate() {
        assert!(ids.contains(&id(index, hostile).as_str()), "{hostile:?} in {ids:?}");
    }
    // Somebody changes one meanwhile: undo says what stays, and why.
    let first = id(0, TEXTS[0]);
    world.edit_document("shop.jsonl", &first, |key| key["properties"]["EnableKeyRotation"] = false.into());
    let told = world.shop(&["undo", &run, "--yes"]);
    is_plain(&told.out);
    is_plain(&told.err);
    assert_eq!(
        document(&world, &["scan", "--policies", "kms-rotation"], 1)["findings"].as_array().unwrap().len(),
        TEXTS.len()
    );
    assert!(!world.path("FORGED").exists());
}

#[test]
fn events_and_the_log_of_handling_them() {
    let world = world();
    world.write("rectify.yaml", "policies: [kms-rotation]\n");
    for (index, hostile) in TEXTS.iter().enumerate() {
        world.write("event.json", event(index, hostile).to_string());
        let told = world.shop(&["-vvv", "event", "event.json", "--mode", "enforce"]);
        is_plain(&told.out);
        is_plain(&told.err);
        // What has a `/` or a `:` in it is taken apart as an ARN, and is no key.
        assert!(
            hostile.contains(['/', ':']) || (told.code == Some(0) && told.out.contains("fixed and verified")),
            "{told}"
        );
        // A kind that nobody knows, and what is no event at all.
        world.write(
            "odd.json",
            json!({"id": hostile, "detail-type": hostile, "detail": {(*hostile): hostile}}).to_string(),
        );
        text(&world, &["-vvv", "event", "odd.json"], 0);
        world.write("odd.json", json!({"rectify": hostile, "id": hostile}).to_string());
        text(&world, &["event", "odd.json"], 2);
    }
    world.write("event.json", event(0, TEXTS[0]).to_string());
    let read = document(&world, &["event", "event.json", "--mode", "observe"], 0);
    assert_eq!(read["event"], event(0, TEXTS[0])["id"]);
    text(&world, &["runs"], 0);
    text(&world, &["plans"], 0);
    text(&world, &["quarantine"], 0);
}

/// Somebody switches the rotation of a key off, under a name of their own choice.
fn event(index: usize, hostile: &str) -> Value {
    let key = id(index, hostile);
    let detail = json!({
        "eventSource": "kms.amazonaws.com", "eventName": "DisableKeyRotation", "eventTime": "2026-11-22T12:00:00Z",
        "recipientAccountId": "111122223333", "awsRegion": "eu-west-1", "requestParameters": {"keyId": key},
        "userIdentity": {"type": "AssumedRole", "arn": format!("arn:aws:sts::111122223333:assumed-role/r/{hostile}"), "principalId": hostile},
        "userAgent": hostile, "sourceIPAddress": hostile, "errorMessage": Value::Null,
    });
    json!({"id": format!("event-{index} {hostile}"), "detail-type": "AWS API Call via CloudTrail",
        "time": "2026-11-22T12:00:00Z", "source": hostile, "detail": detail})
}

/// A text between quotes in YAML.
fn quoted(text: &str) -> String {
    let escaped = |c: char| match c {
        '"' | '\\' => format!("\\{c}"),
        ' '..='~' => c.to_string(),
        c => format!("\\U{:08x}", u32::from(c)),
    };
    format!("\"{}\"", text.chars().map(escaped).collect::<String>())
}

const WRONG: [&[&str]; 5] = [
    &["scan", "--policies"],
    &["policies", "show"],
    &["undo", "--yes"],
    &["apply", "--approve"],
    &["scan", "--severity"],
];

#[test]
fn what_people_write_in_bundles_and_on_the_command_line() {
    let world = world();
    for (index, hostile) in TEXTS.iter().enumerate() {
        // An argument of a process has no NUL.
        let argument = hostile.replace('\0', " ");
        world.write("own/policies/x/hostile.rego", POLICY.replace("TITLE", &quoted(hostile)));
        let told = world.shop(&["policies", "show", "hostile"]).ends(0);
        is_plain(&told.out.replace('\t', " "));
        text(&world, &["switch", "off", &format!("--reason={argument}")], 0);
        text(&world, &["switch"], 0);
        let told = world.shop(&[WRONG[index % WRONG.len()], &[&format!("x{argument}")]].concat()).ends(2);
        is_plain(&told.err);
        assert_eq!(told.out, "");
        // A key of theirs in a file of theirs.
        world.write("other.yaml", format!("{}: 1\n", quoted(hostile)));
        is_plain(&world.shop(&["--config", "other.yaml", "policies"]).ends(2).err);
    }
    let shown = document(&world, &["policies", "show", "hostile"], 0);
    assert_eq!(shown["title"], TEXTS[TEXTS.len() - 1], "{shown}");
    document(&world, &["switch"], 0);
}

#[test]
fn a_text_without_an_end_is_cut() {
    let world = World::new();
    let long = "x".repeat(1 << 20);
    world.edit_document("shop.jsonl", KEY, |key| {
        key["properties"]["Description"] = long.as_str().into();
        key["properties"]["Tags"] = json!([{"Key": "aws:cloudformation:stack-name", "Value": long}]);
    });
    world.write("own/policies/x/hostile.rego", POLICY);
    let arguments = ["--cloud", "sandbox:shop.jsonl", "--bundle", "own", "plan", "--policies", "hostile,kms-rotation"];
    let told = super::bounded::run(&mut world.command(&arguments)).ends(1);
    assert!(told.out.len() < 200_000, "{} bytes", told.out.len());
    assert!(
        told.out.contains("… and 1028096 more bytes; --format json tells all"),
        "{}",
        &told.out[told.out.len() - 2000..]
    );
}
