//! A change of a function's environment: it is written whole, with values that are in the process's memory only, and taken back by
//! another process that has none of them.

use std::fs;

use serde_json::{Map, Value, json};

use super::support::venv::Venv;
use super::support::{CANARIES, Kind, Open};

const VARIABLES: &str = r#"
import json, sys, boto3
print(json.dumps(boto3.client("lambda").get_function_configuration(FunctionName="checkout")["Environment"]["Variables"]))
"#;

/// The variables of the function, as the account's own client sees them.
fn variables(open: &Open) -> Map<String, Value> {
    let printed = Venv::shared().run(VARIABLES, &[], Some(&open.emulator_endpoint()));
    serde_json::from_str(&printed).unwrap()
}

/// A bundle whose playbook does that to the environment of a function that has no `LOG_LEVEL` yet, or has a `DB_PASSWORD`.
fn bundle(open: &Open, id: &str, condition: &str, patch: &str) {
    let policy = format!(
        "# METADATA\n# title: t\n# description: d\n# custom:\n#   id: {id}\n#   severity: low\n\
         #   resource_types: [AWS::Lambda::Function]\npackage acme.{name}\n\n\
         violation contains {{\"msg\": \"m\", \"path\": \"/Environment\", \"params\": {{}}}} if {{\n\tinput.id == \"checkout\"\n\t{condition}\n}}\n",
        name = id.replace('-', "_"),
    );
    let playbook = format!(
        "playbook: {id}\ndescription: d\nfixes: [{id}]\nresource_types: [AWS::Lambda::Function]\nsafety: safe\nsteps:\n  - patch: {{{patch}}}\n"
    );
    for (folder, name, text) in [("policies", "p.rego", policy), ("playbooks", "p.yaml", playbook)] {
        let folder = open.path(id).join(folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(name), text).unwrap();
    }
}

/// Applies the one fix of a bundle, and gives back the plan and the run's report.
fn applied(open: &Open, id: &str) -> (Value, Value) {
    let plan = [id, ".json"].concat();
    open.rectify(&["plan", "--bundle", id, "--policies", id, "--out", &plan]).ended(1);
    let apply = open.rectify(&["apply", &plan, "--bundle", id, "--yes", "--format", "json"]).ended(0).json();
    let plan: Value = serde_json::from_slice(&fs::read(open.path(&plan)).unwrap()).unwrap();
    (plan, apply)
}

fn no_leak(open: &Open, variables: &Map<String, Value>) {
    let values = variables.values().filter_map(Value::as_str).filter(|value| value.len() > 6);
    for secret in CANARIES.iter().copied().chain(values) {
        let places = open.leaks(secret);
        assert!(places.is_empty(), "{secret} stands in {places:?}");
    }
}

fn a_variable_is_added_and_taken_away_again(kind: Kind) {
    let open = Open::on(kind);
    let before = variables(&open);
    assert!(CANARIES.iter().all(|canary| before.values().any(|value| value.as_str().unwrap().contains(canary))));
    let absent = "not input.properties.Environment.Variables.LOG_LEVEL";
    bundle(&open, "acme-log-level", absent, "set: {/Environment/Variables/LOG_LEVEL: info}");
    let (plan, apply) = applied(&open, "acme-log-level");
    let change = &plan["changes"][0];
    assert_eq!((&change["reversible"], plan["changes"].as_array().unwrap().len()), (&json!(true), 1), "{plan:#}");
    let planned = change["calls"][0]["input"]["Environment"]["Variables"].as_object().unwrap();
    assert_eq!((planned.len(), &planned["LOG_LEVEL"]), (before.len() + 1, &json!("info")));
    let hidden = planned
        .iter()
        .filter(|(name, _)| *name != "LOG_LEVEL")
        .all(|(_, value)| rectify::model::fingerprints(value.as_str().unwrap()).len() == 1);
    assert!(hidden, "{planned:?}");

    let mut with = before.clone();
    with.insert("LOG_LEVEL".to_owned(), json!("info"));
    assert_eq!(variables(&open), with);
    let run = apply["run"].as_str().unwrap();
    // With another key nothing could be compared.
    let told = open.rectify_in(&["undo", run, "--yes"], &[("RECTIFY_FINGERPRINT_KEY", &"0".repeat(64))]);
    told.ended(2);
    assert!(told.err.contains("was made with another fingerprint key"), "{}", told.err);
    assert_eq!(variables(&open), with);
    assert_eq!(open.rectify(&["undo", run, "--yes", "--format", "json"]).ended(0).json()["outcome"], "verified");
    assert_eq!(variables(&open), before);
    no_leak(&open, &before);
}

#[test]
fn a_variable_is_added_and_taken_away_again_on_ministack() {
    a_variable_is_added_and_taken_away_again(Kind::Ministack);
}

#[test]
fn a_variable_is_added_and_taken_away_again_on_moto() {
    a_variable_is_added_and_taken_away_again(Kind::Moto);
}

#[test]
fn a_secret_that_is_taken_out_cannot_be_put_back_and_nothing_is_put_in_its_place() {
    let open = Open::on(Kind::Ministack);
    let before = variables(&open);
    let there = "input.properties.Environment.Variables.DB_PASSWORD";
    bundle(&open, "acme-no-password", there, "remove: [/Environment/Variables/DB_PASSWORD]");
    let (plan, apply) = applied(&open, "acme-no-password");
    let why = plan["changes"][0]["irreversible_because"].as_str().unwrap_or_default();
    assert!(why.starts_with("it takes a secret out of the account that is kept nowhere else"), "{plan:#}");
    let mut without = before.clone();
    without.remove("DB_PASSWORD");
    assert_eq!(variables(&open), without);

    open.proxy.forget();
    let undo = open.rectify(&["undo", apply["run"].as_str().unwrap(), "--yes", "--format", "json"]).ended(1).json();
    assert_eq!((&undo["outcome"], &undo["left"][0]["reason"]), (&json!("nothing"), &json!(why)), "{undo:#}");
    assert_eq!((open.proxy.writes(), variables(&open)), (Vec::new(), without));
    no_leak(&open, &before);
}

#[test]
fn a_plan_that_names_a_value_which_is_gone_sends_nothing() {
    let open = Open::on(Kind::Ministack);
    let before = variables(&open);
    let absent = "not input.properties.Environment.Variables.LOG_LEVEL";
    bundle(&open, "acme-log-level", absent, "set: {/Environment/Variables/LOG_LEVEL: info}");
    open.rectify(&["plan", "--bundle", "acme-log-level", "--policies", "acme-log-level", "--out", "plan.json"])
        .ended(1);
    // Somebody gives the password another value: what the plan's fingerprint stood for is not there any more.
    let change = r#"
import boto3
lambda_ = boto3.client("lambda")
variables = lambda_.get_function_configuration(FunctionName="checkout")["Environment"]["Variables"]
lambda_.update_function_configuration(FunctionName="checkout", Environment={"Variables": {**variables, "DB_PASSWORD": "CANARY-other1"}})
"#;
    Venv::shared().run(change, &[], Some(&open.emulator_endpoint()));
    open.proxy.forget();
    let apply = open.rectify(&["apply", "plan.json", "--bundle", "acme-log-level", "--yes", "--format", "json"]).json();
    assert_eq!(apply["changes"][0]["status"], "skipped", "{apply:#}");
    let mut other = before.clone();
    other.insert("DB_PASSWORD".to_owned(), json!("CANARY-other1"));
    assert_eq!((open.proxy.writes(), variables(&open)), (Vec::new(), other));
    no_leak(&open, &before);
}
