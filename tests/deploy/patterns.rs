//! What the rules let through.

use rectify::event::deploy::{LONGEST, Rule, rules};
use rectify::model::{Told, Trail};
use serde_json::{Value, json};

use crate::fixture;

/// Whether an event matches a pattern: the few operators that the rules use.
fn matches(pattern: &Value, event: Option<&Value>) -> bool {
    match pattern {
        Value::Object(fields) => {
            fields.iter().all(|(name, wanted)| matches(wanted, event.and_then(|event| event.get(name))))
        }
        Value::Array(allowed) => allowed.iter().any(|allowed| match allowed.get("exists") {
            Some(exists) => event.is_some() == exists.as_bool().unwrap(),
            None => event == Some(allowed),
        }),
        other => panic!("{other} is no pattern"),
    }
}

fn event(source: &str, name: &str) -> Value {
    let service = source.split('.').next().unwrap();
    json!({
        "source": format!("aws.{service}"),
        "detail-type": "AWS API Call via CloudTrail",
        "detail": {"eventSource": source, "eventName": name, "requestParameters": {}},
    })
}

fn nothing(_: &Value) -> Vec<Told> {
    Vec::new()
}

/// The calls of the whole bundle, and those of a service with more than one rule holds.
fn trails() -> Vec<&'static Trail> {
    let mut trails: Vec<&Trail> =
        fixture::read_by(&fixture::policies()).into_iter().flat_map(fixture::trails).collect();
    for index in 0..150 {
        let name = Box::leak(format!("UpdateWhatHasALongName{index}").into_boxed_str());
        trails.push(Box::leak(Box::new(Trail { source: "states.amazonaws.com", name, tells: nothing })));
    }
    trails
}

#[test]
fn each_event_matches_one_rule_and_foreign_ones_none() {
    let trails = trails();
    let rules = rules(trails.iter().copied());
    let matched = |event: &Value| rules.iter().filter(|rule| matches(&rule.pattern, Some(event))).count();
    for trail in &trails {
        let mut event = event(trail.source, trail.name);
        assert_eq!(matched(&event), 1, "{}:{}", trail.source, trail.name);
        event["detail"]["errorCode"] = "AccessDenied".into();
        assert_eq!(matched(&event), 0, "a failed {}:{}", trail.source, trail.name);
    }
    for source in ["lambda.amazonaws.com", "iam.amazonaws.com", "states.amazonaws.com", "s3.amazonaws.com"] {
        assert_eq!(matched(&event(source, "GetWhatever")), 0);
        let mut other = event(source, "UpdateWhatHasALongName7");
        other["detail-type"] = "AWS Console Sign In via CloudTrail".into();
        assert_eq!(matched(&other), 0);
    }
    assert_eq!(matched(&event("s3.amazonaws.com", "UpdateWhatHasALongName7")), 0);
}

#[test]
fn no_pattern_is_too_long_and_no_name_is_there_twice() {
    let rules: Vec<Rule> = rules(trails());
    let mut ids: Vec<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
    assert!(ids.contains(&"StatesRule2"), "{ids:?}");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), rules.len());
    for rule in &rules {
        assert!(rule.pattern.to_string().len() <= LONGEST, "{}", rule.id);
    }
}
