//! Law 9 without a wire: what the calls take follows from what differs, as the types and the bundle say it without a document.

use std::collections::{BTreeMap, BTreeSet};

use rectify::engine::Rights;
use rectify::model::{Call, ChangeKind, Place, Resource, ResourceType};
use serde_json::Value;

use super::days::Day;
use super::worlds::{all_hold, documents, types};

/// The properties that differ, with the values that they get where a resource is created.
fn differing(before: Option<&Resource>, after: Option<&Resource>) -> BTreeMap<String, Option<Value>> {
    let members = |of: Option<&Resource>| of.and_then(|of| of.properties.as_object().cloned()).unwrap_or_default();
    let (old, new) = (members(before), members(after));
    let names: BTreeSet<&String> =
        old.keys().chain(new.keys()).filter(|name| old.get(*name) != new.get(*name)).collect();
    names.into_iter().map(|name| (name.clone(), new.get(name).filter(|_| before.is_none()).cloned())).collect()
}

/// Permissions of calls that the type does not say they take.
fn unsaid(kind: &dyn ResourceType, before: Option<&Resource>, after: Option<&Resource>, calls: &[Call]) -> Vec<String> {
    let done = match (before, after) {
        (None, _) => ChangeKind::Create,
        (_, None) => ChangeKind::Delete,
        _ => ChangeKind::Update,
    };
    let said: BTreeSet<&str> = kind.rights_to(done, &differing(before, after)).map(|right| right.action).collect();
    let taken: BTreeSet<&str> = calls.iter().flat_map(|call| &call.permissions).map(String::as_str).collect();
    let name = kind.name();
    taken
        .difference(&said)
        .map(|taken| format!("{name}: {done:?} takes {taken}, and `writes` does not say so"))
        .collect()
}

/// Every document with each property as another document of its type has it, or without it; made, and deleted.
#[test]
fn what_calls_take_follows_from_what_differs() {
    let (types, documents) = (types(), documents());
    let mut told = BTreeSet::new();
    let mut count = 0;
    let mut check = |kind: &dyn ResourceType, before: Option<&Resource>, after: Option<&Resource>| {
        for (before, after) in [(before, after), (after, before)] {
            if let Ok(calls) = kind.calls(before, after) {
                count += calls.len();
                told.extend(unsaid(kind, before, after, &calls));
            }
        }
    };
    for (_, document) in &documents {
        let kind = types.find(&document.type_name).unwrap();
        check(kind, Some(document), None);
        let alike = documents.iter().filter(|(_, other)| other.type_name == document.type_name);
        let mut values: BTreeMap<&String, BTreeSet<String>> = BTreeMap::new();
        for (name, value) in alike.flat_map(|(_, other)| other.properties.as_object().unwrap()) {
            values.entry(name).or_default().insert(value.to_string());
        }
        for (name, values) in values {
            let texts = values.iter().take(5).map(|text| Some(serde_json::from_str::<Value>(text).unwrap()));
            for value in texts.chain([None]) {
                let mut properties = document.properties.clone();
                match value {
                    Some(value) => drop(properties.as_object_mut().unwrap().insert(name.clone(), value)),
                    None => drop(properties.as_object_mut().unwrap().remove(name)),
                }
                check(kind, Some(document), Some(&document.with_properties(properties)));
            }
        }
    }
    assert!(count > 1_000, "the law was tested on {count} calls");
    all_hold(told.into_iter().collect());
}

/// What a type says that writing takes is what some call takes, but for properties that no document has.
#[test]
fn every_type_says_what_reading_and_writing_takes() {
    let mut broken = Vec::new();
    for kind in types().all() {
        if kind.reads().is_empty() {
            broken.push(format!("{}: reading takes nothing", kind.name()));
        }
        let known: BTreeSet<&str> = kind.parts().iter().flat_map(|part| part.properties).copied().collect();
        let named = kind.writes().iter().flat_map(|write| write.properties);
        let unknown = named.filter(|name| !known.contains(*name));
        broken.extend(unknown.map(|name| format!("{}: `writes` names {name}, which it has not", kind.name())));
        for right in kind.writes().iter().flat_map(|write| write.rights) {
            if !right.action.contains(':') || !(right.on == "*" || right.on.starts_with("arn:${partition}:")) {
                broken.push(format!("{}: {right:?}", kind.name()));
            }
        }
    }
    all_hold(broken);
}

/// Of every plan over every world, and of its undo: the bundle alone says what it takes.
#[test]
fn law_9_what_plans_take_follows_from_the_bundle() {
    let types = types();
    let anywhere = Place { partition: "aws".into(), account: "*".into(), region: "*".into() };
    let mut broken = Vec::new();
    let mut count = 0;
    let mut known: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for Day { world, plan, .. } in Day::all() {
        for change in &plan.changes {
            let kind = types.find(&change.resource.type_name).unwrap();
            let (before, after) = (change.before.as_ref(), change.after.as_ref());
            let back = kind.calls(after, before).unwrap_or_default();
            broken.extend(unsaid(kind, before, after, &change.calls));
            broken.extend(unsaid(kind, after, before, &back));
            let policies: BTreeSet<&str> = plan
                .findings
                .iter()
                .filter(|finding| change.fixes.contains(&finding.id))
                .map(|finding| finding.policy.as_str())
                .collect();
            let wants = |policy: &rectify::policy::Policy, _: &_| policies.contains(policy.id().as_str());
            let bundle: Vec<_> = world.bundle.playbooks.keys().collect();
            let allowed = known.entry((bundle, policies.clone().into_iter().map(str::to_owned).collect::<Vec<_>>()));
            let allowed = allowed.or_insert_with(|| {
                let rights = Rights::of(&world.bundle, &types, wants, &anywhere);
                rights.write.into_iter().flat_map(|statement| statement.actions).collect()
            });
            let taken: BTreeSet<String> =
                change.calls.iter().chain(&back).flat_map(|call| &call.permissions).cloned().collect();
            count += taken.len();
            broken.extend(taken.difference(allowed).map(|taken| {
                format!("{}: {} takes {taken}, and {policies:?} do not say so", world.name, change.resource)
            }));
        }
    }
    assert!(count > 100, "the law was tested on {count} permissions");
    all_hold(broken);
}
