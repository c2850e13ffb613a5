//! What every resource type promises: its calls and their effect are two halves of one thing, and its parts are the whole document.

use std::collections::BTreeSet;

use rayon::prelude::*;
use rectify::model::{Change, Place, Resource, ResourceKey, ResourceType, Snapshot, TypeName};
use serde_json::{Map, Value};

use super::account::Account;
use super::days::Day;
use super::support::same::differing;
use super::worlds::{World, all_hold, documents, types};

/// Between any two documents of a type, the calls lead as far from the first towards the second as the type says that it can
/// be done; and none are needed where nothing differs.
#[test]
fn calls_and_effect_agree() {
    let (mut led, mut broken) = (0, Vec::new());
    for kind in types().all() {
        let documents = of_type(kind);
        let mut changed = 0;
        for (world, before) in &documents {
            assert_eq!(kind.calls(Some(before), Some(before)), Ok(vec![]), "{}", before.key());
            for (_, other) in &documents {
                let after = towards(kind, before, other);
                changed += usize::from(after.properties != before.properties);
                let told = not_led(kind, before, &after, world).into_iter();
                broken.extend(told.map(|told| format!("{}: {told}", before.key())));
            }
        }
        // An alias's name and a statement's function are all that there is of some documents.
        // What never changes says so by what it writes.
        assert!(
            changed > 0 || documents.len() < 3 || kind.writes().is_empty(),
            "nothing can be changed of {}",
            kind.name()
        );
        led += changed;
    }
    assert!(led > 1000, "{led} pairs of documents");
    all_hold(broken);
}

/// A document with as much of another's properties as the type can change.
fn towards(kind: &dyn ResourceType, before: &Resource, other: &Resource) -> Resource {
    let members = |document: &Resource| document.properties.as_object().cloned().unwrap_or_default();
    let (mine, theirs) = (members(before), members(other));
    // Tags are written by the ARN, which the documents of some cases lack.
    let names = mine.keys().chain(theirs.keys()).filter(|name| *name != "Tags" || !before.arn.is_empty());
    let names: BTreeSet<&String> = names.collect();
    let mut properties = mine.clone();
    for name in names {
        let mut next = properties.clone();
        match theirs.get(name) {
            Some(value) => drop(next.insert(name.clone(), value.clone())),
            None => drop(next.remove(name)),
        }
        if kind.calls(Some(before), Some(&before.with_properties(Value::Object(next.clone())))).is_ok() {
            properties = next;
        }
    }
    before.with_properties(Value::Object(properties))
}

/// What is not as it should be after the calls between two documents.
fn not_led(kind: &dyn ResourceType, before: &Resource, after: &Resource, world: &Snapshot) -> Vec<String> {
    let place = Place { partition: "aws".into(), account: before.account.clone(), region: before.region.clone() };
    let mut world = world.clone();
    // Whom the other document's route asks is an authorizer of another API, and would be refused.
    let asks =
        after.text("/AuthorizerId").zip(after.text("/ApiId")).filter(|_| kind.name() == "AWS::ApiGatewayV2::Route");
    if let Some((id, api)) = asks {
        let type_name = TypeName::from("AWS::ApiGatewayV2::Authorizer");
        let asked = if after.text("/AuthorizationType") == Some("JWT") { "JWT" } else { "REQUEST" };
        let properties = [("ApiId", api), ("AuthorizerType", asked)].map(|(name, text)| (name.to_owned(), text.into()));
        let key = ResourceKey { type_name, id: format!("{id}|{api}"), ..after.key() };
        world.insert(Resource::new(key, "", Map::from_iter(properties), Map::new()));
    }
    for mut call in kind.calls(Some(before), Some(after)).expect("it can be changed so far") {
        // The facts that a call names are not what is tested here.
        if let Some(members) = call.input.as_object_mut() {
            members.retain(|_, value| !value.as_str().is_some_and(|text| text.starts_with("${rectify:current.")));
        }
        if let Err(message) = kind.effect(&place, &call, &mut world) {
            // So is a route that asks for tokens, and names nobody who looks at them.
            if asks.is_none() && message.contains("Invalid authorizer ID") {
                return vec![];
            }
            return vec![format!("{} {}: {message}", call.operation, call.input)];
        }
    }
    let Some(actual) = world.get(&after.key()) else { return vec!["it is gone".into()] };
    // A default that one says and the other does not is no difference to the type itself.
    let settled = kind.calls(Some(actual), Some(after)) == Ok(vec![]);
    let told = differing(&after.properties, &actual.properties).into_iter();
    let told = told.filter(|d| !settled || (d.before.is_some() && d.after.is_some()));
    told.map(|d| format!("{} should be {:?} and is {:?}", d.path, d.before, d.after)).collect()
}

/// Every document of a type, with the account that it stands in.
fn of_type(kind: &dyn ResourceType) -> Vec<(Snapshot, Resource)> {
    let mut found = Vec::new();
    for world in World::all().iter().filter(|world| !world.twice) {
        let documents = world.snapshot.of_type(kind.name());
        found.extend(documents.map(|document| (world.snapshot.clone(), Resource::clone(document))));
    }
    found
}

/// Every property and fact stands in one part, or says which resource it is.
#[test]
fn parts_are_the_whole_document() {
    let mut broken = BTreeSet::new();
    for kind in types().all() {
        let mut seen = BTreeSet::new();
        for part in kind.parts() {
            let names = part
                .properties
                .iter()
                .map(|name| ("property", *name))
                .chain(part.facts.iter().map(|name| ("fact", *name)));
            broken.extend(
                names.filter(|name| !seen.insert(*name)).map(|name| format!("{} has {name:?} twice", kind.name())),
            );
        }
    }
    for (world, document) in documents() {
        let kind = types().find(&document.type_name).unwrap();
        let brought: BTreeSet<&str> = kind.parts().iter().flat_map(|part| part.properties.iter().copied()).collect();
        let names = document.properties.as_object().unwrap().iter();
        let lost = names.filter(|(name, value)| !brought.contains(name.as_str()) && !identifies(&document, value));
        broken.extend(lost.map(|(name, _)| format!("{}: {name} is in no part of {}", world, document.type_name)));
    }
    all_hold(broken.into_iter().collect());
}

/// Whether a value stands in the resource's id or ARN.
fn identifies(document: &Resource, value: &Value) -> bool {
    value.as_str().is_some_and(|text| document.id.contains(text) || document.arn.contains(text))
}

/// The reading brings what the policies and playbooks need: with everything read, the plan is the same.
#[test]
fn a_part_that_is_not_read_changes_nothing() {
    let over = |Day { world, plan: sparing, .. }: &Day| {
        let mut broken = Vec::new();
        let ids = |changes: &[Change]| -> Vec<_> { changes.iter().map(|change| change.id.clone()).collect() };
        let lavish = Account::of(world).plan_over(&world.snapshot);
        if ids(&sparing.changes) != ids(&lavish.changes) {
            let told = |plan: &[Change]| plan.iter().map(|change| change.resource.to_string()).collect::<Vec<_>>();
            broken.push(format!(
                "{}: {:?}, and {:?} with everything read",
                world.name,
                told(&sparing.changes),
                told(&lavish.changes)
            ));
        }
        let findings = |plan: &rectify::model::Plan| -> BTreeSet<_> {
            plan.findings.iter().map(|finding| finding.id.clone()).collect()
        };
        if findings(sparing) != findings(&lavish) {
            broken.push(format!("{}: other findings with everything read", world.name));
        }
        broken
    };
    all_hold(Day::all().par_iter().flat_map_iter(over).collect());
}
