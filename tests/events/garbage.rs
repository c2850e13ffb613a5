//! Nothing that anyone may put on a queue ends the process: it is read, ignored or refused.

use std::sync::LazyLock;

use proptest::prelude::*;
use rectify::event;
use rectify::model::ResourceTypes;
use serde_json::{Value, json};

use super::{samples, types};

static TYPES: LazyLock<ResourceTypes> = LazyLock::new(types);

/// A record of each call, and one event of each other kind.
static EVENTS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let mut events: Vec<Value> = samples().into_iter().map(|sample| sample.event).collect();
    let arn = "arn:aws:lambda:eu-west-1:111122223333:function:pay";
    events.push(json!({"id": "c1", "detail-type": "Config Configuration Item Change", "account": "111122223333",
        "time": "2026-03-01T12:00:09Z", "region": "eu-west-1", "detail": {"configurationItem": {"ARN": arn,
        "resourceType": "AWS::Lambda::Function", "resourceId": "pay", "resourceName": "pay", "awsRegion": "eu-west-1",
        "awsAccountId": "111122223333", "configurationItemCaptureTime": "2026-03-01T12:00:07.000Z"}}}));
    events.push(json!({"id": "s1", "detail-type": "Security Hub Findings - Imported", "account": "111122223333",
        "time": "2026-03-01T12:00:09Z", "region": "eu-west-1", "detail": {"findings": [{"AwsAccountId": "111122223333",
        "Region": "eu-west-1", "Resources": [{"Id": arn, "Region": "eu-west-1"}]}]}}));
    events.push(json!({"rectify": "scan", "id": "1", "account": "111122223333", "regions": ["eu-west-1"],
        "types": ["AWS::IAM::Role"], "policies": ["p"]}));
    events
});

/// Reads it twice: it must not panic, and must say the same again.
fn survives(event: &Value) {
    assert_eq!(event::read(event, &TYPES), event::read(event, &TYPES));
}

/// The pointers of all values below a value.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                pointers(value, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                pointers(item, &format!("{at}/{index}"), found);
            }
        }
        _ => {}
    }
}

fn remove(value: &mut Value, pointer: &str) {
    let Some((parent, name)) = pointer.rsplit_once('/') else { return };
    match value.pointer_mut(parent) {
        Some(Value::Object(members)) => drop(members.remove(&name.replace("~1", "/").replace("~0", "~"))),
        Some(Value::Array(items)) => drop(items.pop()),
        _ => {}
    }
}

fn confused() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(""),
        json!("ä\u{0}%FF|/:€"),
        json!([]),
        json!({}),
        json!([{"": [null]}]),
    ]
}

/// Whether names and ARNs stand there that are taken apart.
fn tells(pointer: &str) -> bool {
    let places =
        ["requestParameters", "responseElements", "resources", "userIdentity/arn", "configurationItem", "findings"];
    places.iter().any(|place| pointer.starts_with(&format!("/detail/{place}")))
}

#[test]
fn every_value_may_be_missing_or_of_another_type() {
    for (index, event) in EVENTS.iter().enumerate() {
        let mut found = Vec::new();
        pointers(event, "", &mut found);
        // What is around a record is alike in all of them.
        found.retain(|pointer| tells(pointer) || index % 20 == 0 || event.pointer("/detail/eventName").is_none());
        for pointer in found {
            let mut changed = event.clone();
            for other in confused() {
                *changed.pointer_mut(&pointer).unwrap() = other;
                let _ = event::read(&changed, &TYPES);
            }
            remove(&mut changed, &pointer);
            survives(&changed);
        }
    }
}

#[test]
fn every_name_may_be_cut_short() {
    for event in EVENTS.iter() {
        let mut found = Vec::new();
        pointers(event, "", &mut found);
        for pointer in found.iter().filter(|pointer| tells(pointer)) {
            let Some(text) = event.pointer(pointer).unwrap().as_str() else { continue };
            let mut changed = event.clone();
            for (end, _) in text.char_indices() {
                *changed.pointer_mut(pointer).unwrap() = text[..end].into();
                let _ = event::read(&changed, &TYPES);
            }
        }
    }
}

#[test]
fn every_beginning_of_a_text_is_refused_or_read() {
    // One of each kind; the first is of a call.
    let kinds: Vec<&Value> = EVENTS.iter().take(1).chain(EVENTS.iter().rev().take(3)).collect();
    for event in kinds {
        let text = event.to_string();
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            if let Ok(read) = serde_json::from_str::<Value>(&text[..end]) {
                survives(&read);
            }
        }
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "[a-z:/|%$.*A-Z0-9-]{0,40}".prop_map(Value::from),
        prop::sample::select(confused()),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-zA-Z_-]{0,10}|arn|ARN|keyId|functionName|Input", inner, 0..4)
                .prop_map(|members| json!(members)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_events_are_survived(
        which in any::<prop::sample::Index>(),
        mutations in prop::collection::vec((any::<prop::sample::Index>(), prop::option::weighted(0.8, any_json())), 1..6),
    ) {
        let mut event = EVENTS[which.index(EVENTS.len())].clone();
        for (place, new) in mutations {
            let mut found = Vec::new();
            pointers(&event, "", &mut found);
            let pointer = &found[place.index(found.len())];
            match new {
                Some(new) => *event.pointer_mut(pointer).unwrap() = new,
                None => remove(&mut event, pointer),
            }
        }
        survives(&event);
    }

    #[test]
    fn anything_is_survived(event in any_json()) {
        survives(&event);
    }
}
