//! The whole bundle over the demo's account with secrets in every document that can hold them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::canary::{Canary, by_name, canaries, fingerprints, none_is_in};
use super::runner::{DEMO, Told, World};
use super::support::ALL;

/// Some kinds for a place, others for the next: in places of one sort there are all of them.
fn some(place: &str) -> Vec<Canary> {
    let turn = place.bytes().map(usize::from).sum::<usize>() % 3;
    let turns = canaries(place).into_iter().enumerate().filter(|(index, _)| index % 3 == turn);
    turns.map(|(_, canary)| canary).collect()
}

/// Plants secrets in the documents of a snapshot: the text of the new one, and what was planted.
fn planted(snapshot: &str) -> (String, Vec<Canary>) {
    let mut all = Vec::new();
    let mut lines = snapshot.lines();
    let mut text = format!("{}\n", lines.next().unwrap());
    for line in lines {
        let mut document: Value = serde_json::from_str(line).unwrap();
        let name = format!("{} {}", document["type"].as_str().unwrap(), document["id"].as_str().unwrap());
        plant(&name, &mut document, &mut all);
        // Tags stand in a document twice.
        let tags = document["properties"].get("Tags").cloned();
        match tags {
            Some(Value::Array(pairs)) => {
                let pair = |tag: &Value| (tag["Key"].as_str().unwrap().to_owned(), tag["Value"].clone());
                document["tags"] = Value::Object(pairs.iter().map(pair).collect());
            }
            Some(map @ Value::Object(_)) => document["tags"] = map,
            _ => {}
        }
        text.push_str(&document.to_string());
        text.push('\n');
    }
    all.sort_by(|one, other| (&one.place, one.kind).cmp(&(&other.place, other.kind)));
    // Two lists of statements of one document have the same.
    all.dedup();
    (text, all)
}

fn plant(name: &str, document: &mut Value, all: &mut Vec<Canary>) {
    let type_name = document["type"].as_str().unwrap().to_owned();
    let properties = &mut document["properties"];
    let variables = match type_name.as_str() {
        "AWS::Lambda::Function" => Some("/Environment/Variables"),
        "AWS::ApiGateway::Stage" => Some("/Variables"),
        "AWS::ApiGatewayV2::Stage" => Some("/StageVariables"),
        _ => None,
    };
    if let Some(place) = variables {
        if properties.pointer(place).is_none() {
            match place {
                "/Environment/Variables" => properties["Environment"] = json!({"Variables": {}}),
                place => properties[&place[1..]] = json!({}),
            }
        }
        let plain = by_name(&format!("a variable of {name}"));
        let variables = properties.pointer_mut(place).unwrap().as_object_mut().unwrap();
        for canary in some(&format!("variables of {name}")).into_iter().chain([plain]) {
            variables.insert(format!("V_{}", canary.kind.replace('-', "_")), json!(canary.text));
            all.push(canary);
        }
    }
    walk(name, properties, all);
}

fn walk(name: &str, value: &mut Value, all: &mut Vec<Canary>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| walk(name, item, all)),
        Value::Object(members) => {
            for (member, value) in members {
                match (member.as_str(), &mut *value) {
                    ("Description" | "AlarmDescription", Value::String(text)) => {
                        for canary in some(&format!("the description of {name}")) {
                            *text = format!("{text} ({})", canary.text);
                            all.push(canary);
                        }
                    }
                    ("Tags", Value::Array(tags)) => {
                        for (key, canary) in tags_of(name) {
                            tags.push(json!({"Key": key, "Value": canary.text}));
                            all.push(canary);
                        }
                    }
                    ("Tags", Value::Object(tags)) => {
                        for (key, canary) in tags_of(name) {
                            tags.insert(key, json!(canary.text));
                            all.push(canary);
                        }
                    }
                    ("Statement", Value::Array(statements)) => {
                        for (index, statement) in statements.iter_mut().enumerate() {
                            let own = some(&format!("statement {index} of {name}"));
                            statement["Sid"] =
                                own.iter().map(|canary| canary.text.clone()).collect::<Vec<_>>().join(" ").into();
                            all.extend(own);
                        }
                    }
                    ("Uri" | "IntegrationUri", Value::String(text)) => {
                        let url = canaries(&format!("the URL of {name}"))
                            .into_iter()
                            .find(|one| one.kind == "basic-auth-url");
                        let query = by_name(&format!("the query of {name}"));
                        let url = url.unwrap();
                        *text = format!("{}?api_key={}", url.text, query.text);
                        all.extend([url, query]);
                    }
                    _ => walk(name, value, all),
                }
            }
        }
        _ => {}
    }
}

/// Tags with a secret each, one of which is a secret by its key alone.
fn tags_of(name: &str) -> Vec<(String, Canary)> {
    let named = by_name(&format!("a tag of {name}"));
    let kinds = some(&format!("tags of {name}")).into_iter().map(|canary| (format!("t-{}", canary.kind), canary));
    kinds.chain([("db-password".to_owned(), named)]).collect()
}

/// A world whose account has secrets.
struct Kept {
    world: World,
    canaries: Vec<Canary>,
    told: BTreeMap<String, String>,
}

impl Kept {
    fn new() -> Self {
        let world = World::empty();
        let (text, canaries) = planted(DEMO);
        world.write("shop.jsonl", text);
        Self { world, canaries, told: BTreeMap::new() }
    }

    /// Runs rectify as loud as it gets, and keeps what it told.
    fn run(&mut self, arguments: &[&str]) -> Told {
        let mut command = self.world.command(&[&["--cloud", "sandbox:shop.jsonl", "-vvv"], arguments].concat());
        command.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full");
        let told = Told::of(&mut command);
        let number = self.told.len();
        self.told.insert(format!("{number} {}", arguments.join(" ")), told.to_string());
        told
    }

    /// Applies the plan. Documents of this size are no matter of seconds where others test at the same time.
    fn apply(&mut self) -> Value {
        self.run(&[&["apply", "plan.json", "--format", "json", "--hold", "600"], &ALL[..]].concat()).json()
    }

    /// Everything that was told, and every file but the account itself.
    #[track_caller]
    fn no_leak(&self) {
        let account = self.world.path("shop.jsonl");
        let files: Vec<(String, String)> = self
            .world
            .files()
            .into_iter()
            .filter(|(path, _)| *path != account)
            .map(|(path, bytes)| (path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()))
            .collect();
        let texts = self.told.iter().chain(files.iter().map(|(name, text)| (name, text)));
        none_is_in(&self.canaries, texts.map(|(name, text)| (name.as_str(), text.as_str())));
    }
}

#[test]
fn the_whole_bundle_lets_no_secret_out_and_loses_none() {
    let mut kept = Kept::new();
    for place in ["variables of", "tags of", "the description of", "statement "] {
        let here = kept.canaries.iter().filter(|canary| canary.place.starts_with(place));
        let kinds: BTreeSet<&str> = here.map(|canary| canary.kind).collect();
        assert!(kinds.len() >= 12, "planted in {place}: {kinds:?}");
    }
    assert!(kept.canaries.iter().any(|canary| canary.place.starts_with("the URL of")));
    let before = kept.world.read("shop.jsonl");
    assert!(kept.canaries.iter().all(|canary| canary.is_in(&before)));

    kept.run(&["scan"]).ends(1);
    kept.run(&["scan", "--format", "json"]).ends(1);
    kept.run(&["scan", "--framework", "fsbp"]).ends(1);
    kept.run(&["snapshot", "copy.jsonl"]).ends(0);
    kept.run(&["plan", "--format", "json"]).ends(1);
    kept.run(&["plan", "--out", "plan.json"]).ends(1);
    kept.no_leak();
    let (copy, secrets) = (fingerprints(&kept.world.read("copy.jsonl")).len(), kept.canaries.len());
    assert!(copy >= secrets, "a copy has {copy} fingerprints in place of {secrets} secrets");

    let apply = kept.apply();
    let changes = apply["changes"].as_array().unwrap();
    let failed: Vec<&Value> = changes.iter().filter(|change| change["status"] != "verified").collect();
    assert!(changes.len() > 60 && failed.is_empty(), "{} changes, of which not verified: {failed:#?}", changes.len());
    let run = apply["run"].as_str().unwrap().to_owned();
    kept.run(&["runs"]).ends(0);
    kept.run(&["runs", "show", &run]).ends(0);
    kept.run(&["runs", "show", &run, "--format", "json"]).ends(0);
    kept.run(&["undo", &run, "--yes", "--format", "json", "--hold", "600"]);
    kept.no_leak();

    // Nothing but what the plan takes away is gone, and no fingerprint was written.
    let after = kept.world.read("shop.jsonl");
    assert_eq!(fingerprints(&after), fingerprints(&before), "the documents have the fingerprints that they had");
    let plan: Value = serde_json::from_str(&kept.world.read("plan.json")).unwrap();
    let stays = |canary: &&Canary| {
        let taken = |change: &Value| {
            let of = format!(
                "{} {}",
                change["resource"]["type"].as_str().unwrap(),
                change["resource"]["id"].as_str().unwrap()
            );
            canary.place.ends_with(&of) && change["reversible"] == false
        };
        !plan["changes"].as_array().unwrap().iter().any(taken)
    };
    let gone: Vec<&Canary> = kept.canaries.iter().filter(stays).filter(|canary| !canary.is_in(&after)).collect();
    assert!(gone.is_empty(), "{} of {} secrets are gone: {gone:#?}", gone.len(), kept.canaries.len());
}

#[test]
fn what_would_take_a_secret_away_for_good_says_so_and_stays_when_the_rest_is_undone() {
    let mut kept = Kept::new();
    kept.run(&["plan", "--out", "plan.json"]).ends(1);
    let plan: Value = serde_json::from_str(&kept.world.read("plan.json")).unwrap();
    let why = "it takes a secret out of the account that is kept nowhere else";
    let lost = |change: &&Value| change["irreversible_because"].as_str().is_some_and(|told| told.starts_with(why));
    let lost: Vec<&str> =
        plan["changes"].as_array().unwrap().iter().filter(lost).map(|change| change["id"].as_str().unwrap()).collect();
    // A statement that lets everyone in goes, and its text with it.
    assert!(!lost.is_empty());
    let run = kept.apply()["run"].as_str().unwrap().to_owned();
    let undo = kept.run(&["undo", &run, "--yes", "--format", "json", "--hold", "600"]).json();
    let left = undo["left"].as_array().unwrap();
    for id in &lost {
        let told = left.iter().find(|left| left["id"] == *id).unwrap_or_else(|| panic!("{id} is not told: {left:#?}"));
        assert!(told["reason"].as_str().unwrap().starts_with(why), "{told:#}");
    }
    kept.no_leak();
}

#[test]
fn what_is_wrong_with_a_file_is_told_without_what_stands_in_it() {
    let mut kept = Kept::new();
    let whole = kept.world.read("shop.jsonl");
    let broken: String = whole.lines().map(|line| line.replacen("\"account\":", "\"acount\":", 1) + "\n").collect();
    for text in [broken, whole.replace("\"facts\":{", "\"facts\":[{"), whole.replace('}', "")] {
        kept.world.write("shop.jsonl", text);
        kept.run(&["scan"]).ends(2);
    }
    kept.world.write("shop.jsonl", &whole);
    // What is a secret by its name alone is none where nothing names it.
    let recognized = kept.canaries.iter().filter(|canary| canary.kind != "by-name").step_by(40).cloned();
    for canary in recognized.collect::<Vec<_>>() {
        let event = json!({"id": "1", "detail-type": "AWS API Call via CloudTrail", "detail": {"requestParameters": canary.text}});
        kept.world.write("event.json", event.to_string());
        kept.run(&["event", "event.json"]);
        kept.world.write("event.json", event.to_string().trim_end_matches('}'));
        kept.run(&["event", "event.json"]).ends(2);
    }
    kept.world.write("event.json", "{}");
    kept.no_leak();
}
