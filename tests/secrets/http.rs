//! The whole bundle over HTTP, on both emulators: what goes to the account has its secrets, and nothing else has.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::canary::{Canary, by_name, canaries};
use super::support::venv::Venv;
use super::support::{ALL, Fault, Kind, On, Open};

/// Where secrets are planted besides those of the seed.
const PLACES: [&str; 11] = [
    "function variables",
    "function description",
    "function tags",
    "role text",
    "role policy",
    "key text",
    "queue policy",
    "topic policy",
    "log group tags",
    "alarm description",
    "rest api",
];

/// What only one of the emulators has.
const HTTP_API: &str = "http api";

/// What was planted: tags and descriptions have limits, which some kinds exceed.
fn plant(open: &Open) -> Vec<Canary> {
    let mut by_place: BTreeMap<&str, Vec<Canary>> = BTreeMap::new();
    for place in PLACES.into_iter().chain([HTTP_API]) {
        let mut planted = canaries(place);
        // A tag's value has 256 characters at most, and no line ends.
        planted.retain(|canary| place.ends_with("variables") || canary.kind != "private-key");
        if place == "function description" {
            planted.truncate(3);
        }
        if place.ends_with("variables") {
            planted.push(by_name(place));
        }
        by_place.insert(place, planted);
    }
    let pairs = |(place, planted): (&&str, &Vec<Canary>)| {
        let pairs: Vec<Value> = planted.iter().map(|canary| json!([canary.kind, canary.text])).collect();
        ((*place).to_owned(), Value::Array(pairs))
    };
    let argument = Value::Object(by_place.iter().map(pairs).collect()).to_string();
    let printed = Venv::shared().run(include_str!("plant.py"), &[&argument], Some(&open.emulator_endpoint()));
    let printed: Value = serde_json::from_str(&printed).unwrap();
    let taken: Vec<&str> = printed["taken"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let missing: Vec<&str> = PLACES.into_iter().filter(|place| !taken.contains(place)).collect();
    assert!(missing.is_empty(), "the emulator takes nothing at {missing:?}: {printed:#}");
    by_place.into_iter().filter(|(place, _)| taken.contains(place)).flat_map(|(_, planted)| planted).collect()
}

/// Everything that the account has, as its own client sees it.
fn account(open: &Open) -> String {
    Venv::shared().run(include_str!("account.py"), &[], Some(&open.emulator_endpoint()))
}

fn lets_no_secret_out(kind: Kind) {
    let open = Open::on(kind);
    let planted = plant(&open);
    let before = account(&open);
    let seen: Vec<Canary> = planted.iter().filter(|canary| canary.is_in(&before)).cloned().collect();
    assert!(seen.len() * 10 > planted.len() * 7, "{} of {} are in the account", seen.len(), planted.len());

    open.with_parameters(&["scan"]).ended(1);
    open.with_parameters(&["scan", "--format", "json"]).ended(1);
    open.rectify(&["snapshot", "before.jsonl"]).ended(0);
    open.with_parameters(&["plan"]).ended(1);
    open.with_parameters(&["plan", "--out", "plan.json"]).ended(1);
    // A service that repeats what it was sent, of what it was sent and of what it has.
    let variable = planted.iter().find(|canary| canary.kind == "by-name").unwrap();
    let told = format!("Value '{}' and '{}' failed to satisfy constraint", planted[0].text, variable.text);
    let body = json!({"__type": "ValidationException", "message": told, "Message": told}).to_string();
    let refused = open.proxy.fail(On::call("lambda", "UpdateFunctionConfiguration"), Fault::Status(400, body), 1);
    let apply = open.rectify(&[&["apply", "plan.json", "--format", "json", "--hold", "600"], &ALL[..]].concat()).json();
    open.proxy.heal(refused);
    let repeated =
        |change: &Value| change["reason"].as_str().is_some_and(|told| told.contains("failed to satisfy constraint"));
    assert!(apply["changes"].as_array().unwrap().iter().any(repeated), "{apply:#}");
    let run = apply["run"].as_str().unwrap();
    open.rectify(&["runs", "show", run]);

    // What was sent has no fingerprint, wherever it was sent to.
    let writes = open.proxy.writes();
    assert!(writes.len() > 50, "{} writes", writes.len());
    for call in &writes {
        let text = format!("{call:?}");
        assert!(rectify::model::fingerprints(&text).is_empty(), "a fingerprint was written: {text}");
    }
    let undo = open.rectify(&["undo", run, "--yes", "--hold", "600", "--format", "json"]).json();
    let why = "it takes a secret out of the account that is kept nowhere else";
    let left = undo["left"].as_array().unwrap().iter();
    let lost = left.filter(|left| left["reason"].as_str().is_some_and(|told| told.starts_with(why)));
    let lost: Vec<String> = lost.map(|left| left["resource"]["id"].as_str().unwrap().to_owned()).collect();
    open.rectify(&["snapshot", "after.jsonl"]).ended(0);
    for call in open.proxy.writes() {
        assert!(rectify::model::fingerprints(&format!("{call:?}")).is_empty(), "a fingerprint was written: {call:?}");
    }

    let after = account(&open);
    assert!(rectify::model::fingerprints(&after).is_empty(), "a fingerprint stands in the account");
    // What was told to stay away is not looked for.
    let stays =
        |canary: &&Canary| !lost.iter().any(|id| canary.place.starts_with("role") && id.ends_with("shop-admin"));
    let gone: Vec<&Canary> = seen.iter().filter(stays).filter(|canary| !canary.is_in(&after)).collect();
    assert!(gone.is_empty(), "{} of {} secrets are gone from the account: {gone:#?}", gone.len(), seen.len());

    assert!(open.leaks("shop-planted").len() > 3, "the search finds what is there");
    let mut leaks = Vec::new();
    for canary in &planted {
        for look in canary.looks() {
            leaks.extend(
                open.leaks(&look).into_iter().map(|place| format!("{} of {} in {place}", canary.kind, canary.place)),
            );
        }
    }
    assert!(leaks.is_empty(), "{} leaks on {}:\n{}", leaks.len(), kind.name(), leaks.join("\n"));
}

#[test]
fn no_secret_gets_out_of_ministack() {
    lets_no_secret_out(Kind::Ministack);
}

#[test]
fn no_secret_gets_out_of_moto() {
    lets_no_secret_out(Kind::Moto);
}
