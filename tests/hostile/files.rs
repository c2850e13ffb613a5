//! Every file that is read: too large, too deep, twice the same name, no text, a bomb. Each is refused with its place, soon and
//! in bounded memory, and nothing else happens.

use std::fs::File;

use super::bounded;
use super::runner::{DEMO, World};
use super::texts::is_plain;

/// How a file is read, and what it is there.
struct Reader {
    /// Its name.
    file: &'static str,
    /// The command that reads it.
    arguments: &'static [&'static str],
    /// A good one that has `HERE` where any value may stand.
    good: String,
}

const SCAN: &[&str] = &["--cloud", "sandbox:shop.jsonl", "scan", "--policies", "kms-rotation"];
const OWN: &[&str] = &["--cloud", "sandbox:shop.jsonl", "--bundle", "own", "scan", "--policies", "kms-rotation"];

const PLAYBOOK: &str = "playbook: plain\ndescription: d\nfixes: [kms-rotation]\nresource_types: [AWS::KMS::Key]\nsafety: safe\nsteps:\n  - patch: {set: {/EnableKeyRotation: HERE}}\n";
const METADATA: &str = "# METADATA\n# title: t\n# description: d\n# custom:\n#   id: plain\n#   severity: low\n#   resource_types: [AWS::KMS::Key]\n#   parameters:\n#     p: {type: object, default: HERE}\npackage rectify.x.plain\n\nviolation contains {\"msg\": \"m\", \"path\": \"\", \"params\": {}} if input.id == \"\"\n";

fn json_readers() -> Vec<Reader> {
    let world = World::new();
    world.shop(&["plan", "--policies", "kms-rotation", "--out", "plan.json"]).ends(1);
    let plan = world.read("plan.json").replacen("\"Description\": ", "\"HERE\": HERE,\n \"Description\": ", 1);
    let snapshot = DEMO.replacen("\"properties\":{", "\"properties\":{\"HERE\":HERE,", 1);
    let event = "{\"id\": \"1\", \"detail-type\": \"AWS API Call via CloudTrail\", \"detail\": HERE}".to_owned();
    let read = |file, arguments, good: String| {
        assert!(good.contains("HERE"), "{file}: {good}");
        Reader { file, arguments, good }
    };
    vec![
        read("plan.json", &["--cloud", "sandbox:shop.jsonl", "apply", "plan.json", "--yes"], plan),
        read("other.jsonl", &["--snapshot", "other.jsonl", "scan"], snapshot),
        read("event.json", &["--cloud", "sandbox:shop.jsonl", "event", "event.json"], event),
        read("own/policies/data/table.json", OWN, "{\"a\": HERE}".to_owned()),
    ]
}

fn yaml_readers() -> Vec<Reader> {
    let read = |file, arguments, good: &str| Reader { file, arguments, good: good.to_owned() };
    vec![
        read("rectify.yaml", SCAN, "parameters: {kms-rotation: {p: HERE}}\n"),
        read("waivers.yaml", SCAN, "waivers: HERE\n"),
        read("own/playbooks/x/plain.yaml", OWN, PLAYBOOK),
        read("own/playbooks/shared/plain.yaml", OWN, PLAYBOOK),
        read("own/policies/x/plain.rego", OWN, METADATA),
    ]
}

/// Writes a file in the place of a good one, reads it, and it is refused with these words.
#[track_caller]
fn is_refused(reader: &Reader, content: &[u8], words: &[&str]) {
    let world = World::new();
    // Without any of its own a bundle is none.
    world.write("own/policies/y/other.rego", METADATA.replace("plain", "other").replace("HERE", "{}"));
    world.write(reader.file, content);
    let before = world.files();
    let told = bounded::run(&mut world.command(reader.arguments)).ends(2);
    assert_eq!(told.out, "", "{}", reader.file);
    assert!(words.iter().any(|word| told.err.contains(word)), "{}: none of {words:?} in\n{told}", reader.file);
    assert!(told.err.contains(reader.file) || reader.file == "event.json", "{told}");
    assert!(told.err.len() < 10_000, "{}: {} bytes", reader.file, told.err.len());
    is_plain(&told.err);
    assert_eq!(world.files(), before, "{}", reader.file);
}

#[test]
fn json_that_is_none_or_says_two_things() {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let objects = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    for reader in json_readers() {
        // The first is a name where the place has one.
        let put = |value: &str| {
            let (before, after) = reader.good.rsplit_once("HERE").unwrap();
            format!("{}{value}{after}", before.replace("HERE", "x")).into_bytes()
        };
        is_refused(&reader, &put(&deep), &["recursion limit exceeded"]);
        is_refused(&reader, &put(&objects), &["recursion limit exceeded"]);
        is_refused(&reader, &put("{\"a\": 1, \"a\": 2}"), &["duplicate entry with key \"a\""]);
        is_refused(&reader, &put("1e999"), &["number out of range"]);
        is_refused(&reader, &put("\"\\ud800\""), &["surrogate", "hex escape"]);
        is_refused(&reader, &put("\"\u{1b}[2J\u{0}\""), &["control character"]);
        is_refused(&reader, &put("\"a"), &["control character", "EOF while parsing", "expected"]);
        let mut bytes = put("1");
        bytes.extend(b"\xff\xfe");
        is_refused(&reader, &bytes, &["a byte that is not UTF-8"]);
    }
}

#[test]
fn yaml_that_is_a_bomb_or_says_two_things() {
    let comment = |reader: &Reader, text: String| match reader.file.ends_with(".rego") {
        // METADATA stands in a comment.
        true => text.replace('\n', "\n# "),
        false => text,
    };
    let mut billion = String::from("[&a [x, x, x, x, x, x, x, x, x]");
    for (name, of) in "bcdefghi".chars().zip("abcdefgh".chars()) {
        billion += &format!(", &{name} [{}]", vec![format!("*{of}"); 9].join(", "));
    }
    billion.push(']');
    let large = format!("[&a \"{}\", {}]", "x".repeat(100_000), "*a, ".repeat(30_000));
    for reader in yaml_readers() {
        let put = |value: String| reader.good.replace("HERE", &comment(&reader, value)).into_bytes();
        let deep = ["nested too deeply"];
        is_refused(&reader, &put("[".repeat(100_000)), &deep);
        is_refused(&reader, &put("{a: ".repeat(100_000)), &deep);
        is_refused(&reader, &put("[\n            ".repeat(10_000)), &deep);
        is_refused(&reader, &put("[ '] #', ".repeat(100_000)), &deep);
        is_refused(&reader, &put(billion.clone()), &["the aliases make too much of the text"]);
        is_refused(&reader, &put(large.clone()), &["the aliases make too much of the text"]);
        is_refused(&reader, &put("{a: 1, a: 2}".to_owned()), &["duplicate entry with key \"a\""]);
        is_refused(&reader, &put("\"\\ud800\"".to_owned()), &["escape", "unicode", "Unicode", "code"]);
        is_refused(&reader, &put("\"\u{1b}[2J\"".to_owned()), &["control characters are not allowed", "control"]);
        let mut bytes = put("1".to_owned());
        bytes.extend(b"\xff\xfe");
        is_refused(&reader, &bytes, &["a byte that is not UTF-8"]);
        is_refused(
            &reader,
            &put("1\0".to_owned()),
            &["control characters are not allowed", "control", "not allowed", "invalid", "nul", "expecting `package`"],
        );
    }
}

#[test]
fn what_is_larger_than_its_kind_may_be_is_not_read() {
    let sizes = [("plan.json", 256_u64), ("other.jsonl", 1024), ("event.json", 2)];
    for reader in json_readers().into_iter().chain(yaml_readers()) {
        let most = sizes.iter().find(|(file, _)| *file == reader.file).map_or(4, |(_, most)| *most);
        let world = World::new();
        world.write("own/policies/y/other.rego", METADATA.replace("plain", "other").replace("HERE", "{}"));
        world.write(reader.file, "");
        // It takes no room on the disk.
        File::options().write(true).open(world.path(reader.file)).unwrap().set_len((most << 20) + 1).unwrap();
        let told = bounded::run(&mut world.command(reader.arguments)).ends(2);
        let words = format!("{}: larger than {most} MiB, which is the most that ", reader.file);
        assert!(told.err.contains(&words), "{told}");
    }
    // A pipe tells its size by ending, or not at all.
    let world = World::new();
    let mut command = world.command(&["--cloud", "sandbox:shop.jsonl", "event", "-"]);
    command.stdin(File::open("/dev/zero").unwrap());
    let told = bounded::run(&mut command).ends(2);
    assert!(told.err.contains("standard input: larger than 2 MiB, which is the most that an event may have"), "{told}");
    let world = World::new();
    let told = bounded::run(&mut world.command(&["--config", "/dev/zero", "scan"])).ends(2);
    assert!(told.err.contains("/dev/zero: larger than 4 MiB"), "{told}");
}

#[test]
fn a_document_of_a_snapshot_has_a_size_too() {
    let mut lines = DEMO.lines();
    let text = format!("{}\n{}{}\n", lines.next().unwrap(), lines.next().unwrap(), " ".repeat(4 << 20));
    let reader = Reader { file: "other.jsonl", arguments: &["--snapshot", "other.jsonl", "scan"], good: String::new() };
    is_refused(&reader, text.as_bytes(), &["and a document has at most 4194304"]);
}

#[test]
fn a_full_file_of_small_values_is_bounded_too() {
    for content in
        ["a: [".to_owned() + &"a,".repeat((1 << 19) - 10) + "]\n", "a:\n".to_owned() + &"- \n".repeat(340_000)]
    {
        assert!(content.len() <= 1 << 20);
        let reader = Reader { file: "rectify.yaml", arguments: SCAN, good: String::new() };
        is_refused(&reader, content.as_bytes(), &["unknown field `a`"]);
    }
}
