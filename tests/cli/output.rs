//! What goes to which stream, and how it looks.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use serde_json::Value;

use super::runner::{DEMO, Told, World};

#[test]
fn with_json_standard_output_is_one_document() {
    let world = World::new();
    let json = |arguments: &[&str], code: i32| {
        let told = world.shop(&[arguments, &["--format", "json"]].concat()).ends(code);
        assert!(!told.out.contains('\u{1b}'));
        assert_eq!(told.out.trim_end().matches("\n}").count().max(told.out.matches("\n]").count()), 1, "{told}");
        told.json()
    };
    assert_eq!(json(&["scan"], 1)["account"], "111122223333");
    assert_eq!(json(&["plan", "--policies", "kms-rotation", "--out", "plan.json"], 1)["format_version"], 1);
    let kept: Value = serde_json::from_str(&world.read("plan.json")).unwrap();
    assert_eq!(json(&["plan", "--policies", "kms-rotation"], 1)["changes"], kept["changes"]);
    let applied = json(&["apply", "plan.json", "--yes"], 0);
    assert_eq!(applied["outcome"], "verified");
    assert_eq!(applied["changes"][0]["status"], "verified");
    assert_eq!(applied["changes"][0]["resource"]["type"], "AWS::KMS::Key");
    let run = applied["run"].as_str().unwrap();
    assert_eq!(json(&["runs"], 0)[0]["run"], run);
    let shown = json(&["runs", "show", run], 0);
    let told: Vec<(&String, &Value)> = applied.as_object().unwrap().iter().collect();
    let told_again: Vec<(&String, &Value)> = told.iter().map(|(name, _)| (*name, &shown[name.as_str()])).collect();
    assert_eq!(told_again, told, "what apply tells of a run is what is told of it later");
    let undone = json(&["undo", run, "--yes"], 0);
    assert_eq!((&undone["of"], &undone["outcome"]), (&applied["run"], &Value::from("verified")));
    assert_eq!(json(&["undo", run, "--yes"], 0)["outcome"], "nothing");
    assert_eq!(json(&["snapshot", "copy.jsonl"], 0)["account"], "111122223333");
    assert_eq!(json(&["test"], 0)["failed"], 0);
    let policies = json(&["policies"], 0);
    assert_eq!(policies[0]["id"], json(&["policies", "show", policies[0]["id"].as_str().unwrap()], 0)["id"]);
    let playbooks = json(&["playbooks"], 0);
    assert_eq!(playbooks[0]["id"], json(&["playbooks", "show", playbooks[0]["id"].as_str().unwrap()], 0)["id"]);
    assert_eq!(json(&["playbooks", "verbs"], 0)[0]["id"], "set");
    assert_eq!(json(&["demo"], 0)["apply"]["outcome"], "verified");
}

#[test]
fn an_error_leaves_standard_output_empty() {
    let world = World::new();
    for arguments in [&["scan", "--policies", "none"][..], &["apply", "none.json"], &["undo", "zzz"]] {
        let told = world.shop(&[arguments, &["--format", "json"]].concat()).ends(2);
        assert_eq!(told.out, "", "{told}");
        assert!(told.err.starts_with("error: "), "{told}");
    }
}

#[test]
fn colour_is_for_terminals() {
    let world = World::new();
    let scan = ["--cloud", "sandbox:shop.jsonl", "scan", "--policies", "kms-rotation"];
    let mut piped = world.command(&scan);
    assert!(!Told::of(piped.env_remove("NO_COLOR")).out.contains('\u{1b}'));
    let told = world.terminal(&scan, "");
    assert!(told.out.contains("\u{1b}[33mmedium"), "{told:#}");
}

#[test]
fn a_reader_that_goes_away_has_seen_enough() {
    let world = World::new();
    let mut command = world.command(&["--cloud", "sandbox:shop.jsonl", "plan"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(1), ""));
    assert!(first.starts_with("~ AWS::Account"), "{first}");
}

#[test]
fn a_closed_standard_output_is_no_error_either() {
    let world = World::new();
    for arguments in [&["--help"][..], &["completions", "bash"], &["policies", "list"], &["demo"]] {
        let mut command = world.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn every_shell_has_completions() {
    let world = World::empty();
    for (shell, mark) in [
        ("bash", "complete -F _rectify"),
        ("zsh", "#compdef rectify"),
        ("fish", "complete -c rectify"),
        ("elvish", "edit:completion:arg-completer[rectify]"),
        ("powershell", "Register-ArgumentCompleter -Native -CommandName 'rectify'"),
    ] {
        let told = world.run(&["completions", shell]).ends(0);
        assert!(told.out.contains(mark) && told.out.contains("undo"), "{told}");
    }
    assert!(world.run(&["completions", "tcl"]).ends(2).err.contains("possible values: bash"));
}

#[test]
fn a_foreign_name_does_not_steer_the_terminal() {
    let world = World::new();
    world.write("shop.jsonl", DEMO.replace("5ade0664-d93d-41b2-ac5a-87410d94abb0", "evil\\u001b[2J\\nverified"));
    for command in ["scan", "plan"] {
        let told = world.shop(&[command, "--policies", "kms-rotation"]).ends(1);
        assert!(!told.out.contains('\u{1b}'), "{told}");
        assert!(told.out.contains(r"evil\u{1b}[2J\nverified"), "{told}");
    }
}
