//! The same where only the interpreter evaluates: policies that need it, unit tests, and playbooks' `when`. Each flood is
//! stopped or refused in each of the three, what it has no part in goes on, and the process stays small.

use std::process::Command;

use super::bounded::measured;
use super::runner::{DEMO, Told, World};

/// MiB that the process may take at its peak.
const MOST: u64 = 512;

/// How a flood ends, and what is told of it.
#[derive(Clone, Copy)]
enum End {
    /// Its evaluation is the error.
    Stopped(&'static str),
    /// Its module is not loaded.
    Refused(&'static str),
}

use End::{Refused, Stopped};

const PLAIN: &str = "# METADATA\n# title: t\n# description: d\n# custom:\n#   id: plain\n#   severity: low\n#   resource_types: [AWS::KMS::Key]\npackage rectify.x.plain\n\nviolation contains {\"msg\": \"m\", \"path\": \"\", \"params\": {}} if input.id != \"\"\n";

const PLAYBOOK: &str = "playbook: plain\ndescription: d\nfixes: [plain]\nresource_types: [AWS::KMS::Key]\nsafety: safe\nsteps:\n  - patch: {set: {/EnableKeyRotation: true}}\n";

/// Lines that let one value grow, and ask for the last.
fn grows(first: &str, steps: usize, step: impl Fn(&str) -> String, last: &str) -> Vec<String> {
    let mut lines = vec![format!("a0 := {first}")];
    lines.extend((1..=steps).map(|n| format!("a{n} := {}", step(&format!("a{}", n - 1)))));
    lines.push(last.replace("$", &format!("a{steps}")));
    lines
}

fn text(steps: usize, step: impl Fn(&str) -> String) -> Vec<String> {
    grows("\"xxxxxxxxxxxxxxxx\"", steps, step, "count($) < 0")
}

/// A value of 2⁴⁰ parts, which is small in memory: each holds the one before it twice.
fn shared(last: &str) -> Vec<String> {
    grows("[1]", 40, |a| format!("[{a}, {a}]"), last)
}

fn digits(lines: &[&str]) -> Vec<String> {
    let digits = "d := [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]";
    [digits].iter().chain(lines).map(|line| (*line).to_owned()).collect()
}

/// A policy that only the interpreter evaluates, a unit test, and a `when`, each of these lines.
#[track_caller]
fn ends(lines: &[String], end: End) {
    as_a_policy(lines, end);
    as_a_unit_test(lines, end);
    as_a_condition(lines, end);
}

#[track_caller]
fn as_a_policy(lines: &[String], end: End) {
    let world = World::new();
    let mut body = lines.join("\n\t");
    body += "\n\tinput.now == \"x\" with input.now as \"x\"";
    let policy = PLAIN.replace("plain", "hostile").replace("if input.id != \"\"", &format!("if {{\n\t{body}\n}}"));
    world.write("own/policies/x/hostile.rego", policy);
    let told = shop(&world, &["scan", "--policies", "hostile,kms-rotation", "--format", "json"]);
    let Stopped(why) = end else { return is_refused(told, "hostile.rego:", end) };
    let document = told.ends(1).json();
    let errors = document["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 4, "{document:#}");
    for error in errors {
        assert_eq!(error["policy"], "hostile");
        assert!(error["message"].as_str().unwrap().contains(why), "{error}");
    }
    assert_eq!(found(&document, "policy"), ["kms-rotation"]);
    assert_eq!(world.read("shop.jsonl"), DEMO);
}

#[track_caller]
fn as_a_unit_test(lines: &[String], end: End) {
    let world = World::new();
    world.write("own/policies/x/plain.rego", PLAIN);
    world.write("rectify.yaml", "builtin: false\n");
    let fine = "test_fine if {\n\tcount(plain.violation) == 1 with input as {\"id\": \"a\"}\n}";
    let body = lines.join("\n\t");
    let test = format!(
        "package rectify.x.plain_test\n\nimport data.rectify.x.plain\n\n{fine}\n\ntest_hostile if {{\n\t{body}\n}}\n"
    );
    world.write("own/policies/x/plain_test.rego", test);
    let told = small(&mut world.command(&["--bundle", "own", "test"]));
    let Stopped(why) = end else { return is_refused(told, "plain_test.rego:", end) };
    let told = told.ends(1);
    let failed: Vec<&str> = told.out.lines().filter(|line| line.starts_with("failed ")).collect();
    assert_eq!(failed, ["failed own/policies/x/plain_test.rego: test_hostile"], "{told}");
    assert!(told.out.contains(why), "no {why} in\n{told}");
}

#[track_caller]
fn as_a_condition(lines: &[String], end: End) {
    let world = World::new();
    world.write("own/policies/x/plain.rego", PLAIN);
    let when = lines.join("\n  ");
    world.write("own/playbooks/x/plain.yaml", PLAYBOOK.replace("steps:", &format!("when: |\n  {when}\nsteps:")));
    let told = shop(&world, &["plan", "--policies", "plain,kms-rotation", "--format", "json"]);
    let Stopped(why) = end else { return is_refused(told, "plain.yaml:", end) };
    let document = told.ends(1).json();
    assert_eq!(found(&document, "status"), ["planned", "manual", "manual", "manual", "manual"]);
    for finding in document["findings"].as_array().unwrap().iter().skip(1) {
        let reason = finding["reason"].as_str().unwrap();
        assert!(reason.starts_with("playbook plain cannot be followed: ") && reason.contains(why), "{reason}");
    }
    assert_eq!(document["changes"].as_array().unwrap().len(), 1);
}

#[track_caller]
fn is_refused(told: Told, place: &str, end: End) {
    let Refused(why) = end else { return };
    let told = told.ends(2);
    assert!(told.err.contains(why) && told.err.contains(place), "no {why} in\n{told}");
    assert_eq!(told.out, "");
}

fn found(document: &serde_json::Value, member: &str) -> Vec<String> {
    let findings = document["findings"].as_array().unwrap().iter();
    findings.map(|finding| finding[member].as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn shop(world: &World, arguments: &[&str]) -> Told {
    let before = ["--cloud", "sandbox:shop.jsonl", "--bundle", "own"];
    small(&mut world.command(&[&before, arguments].concat()))
}

/// Runs a command to its end, which comes soon, and looks at its memory.
#[track_caller]
fn small(command: &mut Command) -> Told {
    let (told, peak, _) = measured(command);
    assert!(peak < MOST, "{peak} MiB\n{told}");
    told
}

#[test]
fn a_text_that_grows_is_stopped() {
    ends(&text(40, |a| format!("concat(\"\", [{a}, {a}])")), Stopped("what concat is given is larger than 256 KiB"));
    let replaced = |a: &str| format!("replace({a}, \"x\", \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\")");
    ends(&text(9, replaced), Stopped("what replace is given is larger than 256 KiB"));
    ends(&text(40, |a| format!("sprintf(\"%s%s\", [{a}, {a}])")), Stopped("what sprintf is given is larger than 256"));
    let replaced = |a: &str| format!("regex.replace({a}, \"x\", \"$0$0$0$0$0$0$0$0\")");
    ends(&text(9, replaced), Stopped("what regex.replace is given is larger than 256 KiB"));
}

#[test]
fn a_list_that_grows_is_stopped() {
    let doubled = |steps, last| grows("[0, 1, 2, 3]", steps, |a| format!("array.concat({a}, {a})"), last);
    ends(&doubled(40, "count($) < 0"), Stopped("exceeded memory limit: 64 MiB"));
    let product = doubled(8, "count([array.concat($, $) | some a in $; some b in $]) < 0");
    ends(&product, Stopped("exceeded memory limit: 64 MiB"));
}

#[test]
fn what_is_small_in_memory_and_large_in_writing_is_stopped() {
    ends(&shared("count(json.marshal($)) < 0"), Stopped("what json.marshal is given is larger than 256 KiB"));
    ends(&shared("count(sprintf(\"%v\", [$])) < 0"), Stopped("what sprintf is given is larger than 256 KiB"));
    ends(&shared("count([path | walk($, [path, _])]) < 0"), Stopped("exceeded memory limit: 64 MiB"));
    let text = "concat(\"\", [\"xxxxxxxxxxxxxxxx\" | some a in d; some b in d; some c in d; some e in d; some f in d])";
    ends(&digits(&[&format!("count({text}) < 0")]), Stopped("what concat is given is larger than 256 KiB"));
}

#[test]
fn a_pattern_that_grows_is_stopped() {
    let pattern = "regex.match(\"((a{1,100}){1,100}){1,100}\", \"aaaa\")".to_owned();
    ends(&[pattern], Stopped("ompiled regex exceeded size limit"));
    let long =
        grows("\"aaaaaaaaaaaaaaaa\"", 12, |a| format!("concat(\"\", [{a}, {a}])"), "regex.match(`(a*)*(a|aa)+b`, $)");
    as_a_unit_test(&long, Stopped("the rule is undefined"));
}

#[test]
fn loops_are_stopped() {
    let loops: Vec<String> = (0..14).map(|n| format!("some x{n} in d")).collect();
    let lines: Vec<&str> = loops.iter().map(String::as_str).chain(["x0 < 0"]).collect();
    as_a_unit_test(&digits(&lines), Stopped("exceeded time limit: 3 seconds"));
    as_a_condition(&digits(&lines), Stopped("exceeded time limit: 3 seconds"));
}

#[test]
fn a_range_of_numbers_is_refused() {
    as_a_policy(
        &["count(numbers.range(1, 1000000000)) < 0".to_owned()],
        Refused("a policy may not call numbers.range"),
    );
    as_a_unit_test(&["count(numbers.range(1, 1000000000)) < 0".to_owned()], Refused("may not call numbers.range"));
    as_a_condition(&["count(numbers.range(1, 1000000000)) < 0".to_owned()], Refused("may not call numbers.range"));
}
