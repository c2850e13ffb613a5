//! What cannot be read is told, counted, and neither judged nor changed; the others go on.

use std::collections::{BTreeMap, BTreeSet};

use rectify::cloud::aws::TYPES;
use rectify::model::{Snapshot, Unread};
use serde_json::Value;

use super::support::{CANARIES, Fault, Kind, On, Open};

const FOREVER: usize = usize::MAX;

/// Whatever reading may not be done: each document is there as it is, or somebody is told that it could not be read.
#[test]
fn nothing_is_left_out_in_silence() {
    let open = Open::on(Kind::Ministack);
    let whole = open.snapshot("whole.jsonl");
    let requests = open.proxy.requests();
    let mut reads: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for call in requests.into_iter().map(|request| request.call).filter(|call| call.service != "sts") {
        reads.entry(call.service).or_default().insert(call.operation);
    }
    assert!(reads.values().map(BTreeSet::len).sum::<usize>() > 60, "{reads:?}");
    let without = |denied: BTreeSet<(String, String)>| {
        let rule = open.proxy.fail(
            On::matching(move |request| {
                denied.contains(&(request.call.service.clone(), request.call.operation.clone()))
            }),
            Fault::Error(403, "AccessDeniedException"),
            FOREVER,
        );
        let snapshot = open.snapshot("denied.jsonl");
        open.proxy.heal(rule);
        snapshot
    };
    let told_of = |snapshot: &Snapshot, operation: &str| {
        let named = format!(":{operation}: ");
        snapshot.header.unread.iter().any(|unread| unread.reason.contains(&named))
    };
    let mut broken = Vec::new();
    // One operation of each service at a time.
    for round in 0..reads.values().map(BTreeSet::len).max().unwrap_or(0) {
        let denied: BTreeSet<(String, String)> =
            reads.iter().filter_map(|(service, all)| Some((service.clone(), all.iter().nth(round)?.clone()))).collect();
        let snapshot = without(denied.clone());
        let told = silent(&whole, &snapshot).into_iter().map(|told| format!("without {denied:?}: {told}"));
        broken.extend(told);
        for (service, operation) in denied.iter().filter(|(_, operation)| !told_of(&snapshot, operation)) {
            // It may be that another of them came first, so that this one was not asked for at all.
            let alone = without([(service.clone(), operation.clone())].into());
            if !told_of(&alone, operation) {
                broken.push(format!("without {service}:{operation}: nobody is told"));
            }
        }
    }
    assert!(broken.is_empty(), "{} times:\n{}", broken.len(), broken.join("\n"));
}

/// Documents that are missing or not whole, and that the unread do not name.
fn silent(whole: &Snapshot, snapshot: &Snapshot) -> Vec<String> {
    let told = |unread: &&Unread, document: &rectify::model::Resource| {
        let key = &unread.resource;
        let kind = TYPES.iter().find(|kind| kind.name() == key.type_name.as_str());
        let parent = |id: &str| kind.and_then(|kind| kind.parent(id));
        let whose = parent(&document.id);
        let named = key.id.is_empty()
            || key.id == document.id
            || whose.as_deref() == Some(key.id.split('|').next().unwrap_or_default())
            || (whose.is_some() && whose == parent(&key.id));
        key.type_name == document.type_name && named
    };
    let left_out = whole.resources().filter(|document| match snapshot.get(&document.key()) {
        Some(read) => read.properties != document.properties,
        None => !snapshot.header.unread.iter().any(|unread| told(&unread, document)),
    });
    left_out.map(|document| format!("{} is not as it is", document.key())).collect()
}

/// One resource that may not be read, and one that is deleted while the account is read.
#[test]
fn what_cannot_be_read_is_counted_and_left_alone() {
    let open = Open::on(Kind::Ministack);
    let key = |policy: &str| open.shop.violating.iter().find(|seeded| seeded.policy == policy).unwrap().id.clone();
    let (denied, gone) = (key("kms-rotation"), key("kms-no-public-policy"));
    let of = |operation: &'static str, id: &str| {
        let id = id.to_owned();
        On::matching(move |request| request.call.operation == operation && request.call.input["KeyId"] == *id)
    };
    open.proxy.fail(of("GetKeyPolicy", &denied), Fault::Error(403, "AccessDeniedException"), FOREVER);
    open.proxy.fail(of("GetKeyPolicy", &gone), Fault::Error(400, "NotFoundException"), FOREVER);

    let scan = open.with_parameters(&["scan", "--format", "json"]).ended(1).json();
    let unread: BTreeSet<&str> = list(&scan["unread"]).filter_map(|unread| unread["resource"]["id"].as_str()).collect();
    assert_eq!(unread, BTreeSet::from([denied.as_str(), gone.as_str()]));
    assert_eq!(scan["summary"]["unread"], 2);
    let judged: BTreeSet<&str> = list(&scan["findings"]).filter_map(|found| found["resource"]["id"].as_str()).collect();
    assert!(judged.is_disjoint(&unread), "{judged:?}");
    let text = open.rectify(&["scan"]).ended(1).out.clone();
    assert!(text.contains("could not be read") && text.contains(&denied), "{text}");

    open.rectify(&["plan", "--out", "plan.json"]).ended(1);
    let plan = open.plan("plan.json");
    assert_eq!(plan.unread.len(), 2);
    assert!(plan.changes.iter().all(|change| !unread.contains(change.resource.id.as_str())));
    let others = open.shop.violating.iter().filter(|seeded| !unread.contains(seeded.id.as_str()));
    let missed: Vec<_> = others.filter(|seeded| !judged.contains(seeded.id.as_str())).collect();
    assert!(missed.is_empty(), "the others go on: {missed:?}");
}

/// An answer that cannot be understood is not repeated to anybody.
#[test]
fn a_broken_answer_is_not_shown() {
    let open = Open::on(Kind::Ministack);
    let body = format!(r#"<html>{{"Environment": {{"Variables": {{"DB_PASSWORD": "{}"}}}}}}"#, CANARIES[0]);
    for operation in ["ListFunctions", "GetFunctionConfiguration", "GetFunction", "UpdateFunctionConfiguration"] {
        for status in [200, 500] {
            let rule = open.proxy.fail(On::call("lambda", operation), Fault::Status(status, body.clone()), FOREVER);
            open.rectify(&["apply", "--approve", "all", "--yes", "--policies", "lambda-supported-runtime"]);
            open.proxy.heal(rule);
        }
    }
    assert_eq!(open.leaks(CANARIES[0]), BTreeSet::new());
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
