//! From a bus over a queue to a verified fix, on moto.

use serde_json::{Value, json};

use super::boto::{Boto, key_event, record};
use super::support::emulator::ACCOUNT;
use super::support::{Emulator, Kind};
use super::world::{World, eventually};

/// A bus of CloudTrail's events in front of a queue; its name.
fn bus(boto: &Boto, queue: &str) -> &'static str {
    let pattern = json!({"detail-type": ["AWS API Call via CloudTrail"], "detail": {"readOnly": [false]}}).to_string();
    boto.call("events", "create_event_bus", json!({"Name": "changes"}));
    boto.call("events", "put_rule", json!({"Name": "changes", "EventBusName": "changes", "EventPattern": pattern}));
    let target = json!({"Id": "queue", "Arn": boto.queue_arn(queue)});
    boto.call("events", "put_targets", json!({"Rule": "changes", "EventBusName": "changes", "Targets": [target]}));
    "changes"
}

#[test]
fn an_event_on_a_bus_becomes_a_verified_fix() {
    let emulator = Emulator::start(Kind::Moto);
    let boto = Boto::on(&emulator);
    let (queue, dead) = boto.queue(2);
    let bus = bus(&boto, &queue);
    let key = boto.key();
    let world = World::at(&emulator.endpoint());
    world.write("rectify.yaml", "journal: runs.db\nregions: [eu-west-1]\n");
    let mut listening = world.listen(&queue, &[]);
    assert_eq!(listening.get("/healthz"), (200, "ok\n".to_owned()));

    let detail = record(ACCOUNT, ["kms.amazonaws.com", "DisableKeyRotation"], json!({"keyId": key})).to_string();
    let entry = |detail: &str| json!({"EventBusName": bus, "Source": "aws.kms", "DetailType": "AWS API Call via CloudTrail", "Detail": detail});
    let put = boto.call("events", "put_events", json!({"Entries": [entry(&detail)]}));
    assert_eq!(put["FailedEntryCount"], 0);
    eventually("the event is done", || listening.events("done") == 1.0);
    assert!(boto.is_rotated(&key));
    assert_eq!(boto.waiting(&queue), 0);
    let runs = world.runs();
    assert_eq!(runs.len(), 1);
    assert_eq!((&runs[0]["outcome"], &runs[0]["changes"][0]["status"]), (&json!("verified"), &json!("verified")));
    assert_eq!(runs[0]["changes"][0]["resource"]["id"], key);

    // What was handled is known, whatever is delivered again and how often.
    let clean = key_event("11111111-1111-4111-8111-111111111111", &boto.key()).to_string();
    boto.send(&queue, std::slice::from_ref(&clean));
    eventually("the event is done", || listening.events("done") == 2.0);
    boto.send(&queue, &[clean.clone(), clean]);
    eventually("the duplicates are ignored", || listening.events("ignored") == 2.0);

    // What is no event does not come between others for ever.
    let garbage = ["no JSON", "[]", r#"{"detail-type": "AWS API Call via CloudTrail"}"#].map(str::to_owned);
    boto.send(&queue, &garbage);
    let mut letters = Vec::new();
    eventually("garbage is with the dead letters", || {
        letters.extend(boto.take(&dead));
        letters.len() == garbage.len()
    });
    letters.sort();
    let mut garbage = garbage.to_vec();
    garbage.sort();
    assert_eq!(letters, garbage);
    assert_eq!(boto.waiting(&queue), 0);
    assert_eq!(world.runs().len(), 2);

    let metrics = listening.metrics();
    let counted = |name: &str| metrics[name];
    assert_eq!(counted("rectify_events_total{outcome=\"later\"}"), 0.0);
    assert_eq!(counted("rectify_events_total{outcome=\"no_event\"}"), 6.0, "each is tried twice");
    assert_eq!(counted("rectify_places_total{outcome=\"fixed\"}"), 2.0);
    assert_eq!(counted("rectify_runs_total{outcome=\"verified\"}"), 2.0);
    assert_eq!(counted("rectify_runs_total{outcome=\"failed\"}"), 0.0);
    assert!(counted("rectify_batch_seconds_count") >= 4.0);
    assert_eq!(listening.get("/healthz"), (200, "ok\n".to_owned()));
    assert_eq!(listening.get("/elsewhere").0, 404);

    listening.signal("-TERM");
    assert_eq!(listening.ended(), Some(0));
    assert!(listening.told().ends_with("stopped\n"), "{}", listening.told());
}

#[test]
fn a_fix_that_the_service_drops_is_told_as_what_it_is() {
    let emulator = Emulator::start(Kind::Moto);
    let boto = Boto::on(&emulator);
    let (queue, dead) = boto.queue(5);
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ]});
    let role = json!({"RoleName": "orders", "AssumeRolePolicyDocument": trust.to_string()});
    let role = boto.call("iam", "create_role", role)["Role"]["Arn"].clone();
    let function = json!({
        "FunctionName": "orders", "Role": role, "Runtime": "python3.13", "Handler": "main.handler",
        "Code": {"ZipFile": "no archive"},
    });
    boto.call("lambda", "create_function", function);
    let other = boto.key();
    let world = World::at(&emulator.endpoint());
    world.write("rectify.yaml", "policies: [lambda-tracing, kms-rotation]\n");
    let listening = world.listen(&queue, &[]);
    let called = ["lambda.amazonaws.com", "UpdateFunctionConfiguration20150331v2"];
    let detail = record(ACCOUNT, called, json!({"functionName": "orders"}));
    let mut event = key_event("22222222-2222-4222-8222-222222222222", "");
    (event["source"], event["detail"]) = (json!("aws.lambda"), detail);
    boto.send(&queue, &[event.to_string()]);
    eventually("the event is done", || listening.events("done") == 1.0);
    let runs = world.runs();
    assert_eq!((runs.len(), &runs[0]["outcome"]), (1, &json!("incomplete")));
    let changed = |change: &Value| {
        [&change["resource"]["type"], &change["status"]].map(|text| text.as_str().unwrap().to_owned()).join(" ")
    };
    let mut changed: Vec<String> = runs[0]["changes"].as_array().unwrap().iter().map(changed).collect();
    changed.sort();
    // moto answers UpdateFunctionConfiguration with success, and drops its TracingConfig.
    assert_eq!(changed, ["AWS::IAM::Role verified", "AWS::Lambda::Function unverified"]);
    let metrics = listening.metrics();
    assert_eq!(metrics["rectify_places_total{outcome=\"unfixed\"}"], 1.0);
    assert_eq!(metrics["rectify_runs_total{outcome=\"failed\"}"], 1.0);
    // Nobody asked about the key, and delivering the event again would bring nothing else.
    assert!(!boto.is_rotated(&other));
    assert_eq!((boto.waiting(&queue), boto.waiting(&dead)), (0, 0));
}
