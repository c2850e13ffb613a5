//! What is told of events, over HTTP, SNS and EventBridge.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex};
use std::{fs, thread};

use serde_json::{Value, json};

use super::boto::{Boto, key_event, record};
use super::support::emulator::ACCOUNT;
use super::support::http::Message;
use super::support::{CANARIES, Emulator, Kind, Shop};
use super::world::{Told, World};

/// What nobody else may see of the webhook's URL.
const TOKEN: &str = "T0K3N-5f1c";

/// Somebody who is told over HTTP, and answers as it was made to: the statuses in turn, the last one for ever.
struct Hook {
    url: String,
    got: Arc<Mutex<Vec<Message>>>,
}

impl Hook {
    fn new(statuses: &'static [u16]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url = format!("http://{}/services/{TOKEN}", listener.local_addr().unwrap());
        let got = Arc::new(Mutex::new(Vec::new()));
        let (taken, elsewhere) = (got.clone(), url.replace("services", "elsewhere"));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let Ok(Some(message)) = Message::read(&stream) else { continue };
                let mut taken = taken.lock().unwrap();
                let status = statuses.get(taken.len()).or(statuses.last()).unwrap();
                taken.push(message);
                let answer = Message::new(&format!("HTTP/1.1 {status} So"), &[("Location", &elsewhere)], "");
                let _ = answer.write(&stream);
            }
        });
        Self { url, got }
    }

    /// The bodies that it got.
    fn bodies(&self) -> Vec<Value> {
        let got = self.got.lock().unwrap();
        let body = |message: &Message| {
            assert_eq!(message.start, format!("POST /services/{TOKEN} HTTP/1.1"));
            assert_eq!(message.header("content-type"), Some("application/json"));
            serde_json::from_slice(&message.body).unwrap()
        };
        got.iter().map(body).collect()
    }
}

/// A world on an emulator with two keys that are not rotated, told to a webhook.
fn told_to(emulator: &Emulator, hook: &Hook, format: &str) -> (World, Boto, [String; 2]) {
    let boto = Boto::on(emulator);
    let keys = [boto.key(), boto.key()];
    let world = World::at(&emulator.endpoint()).with("HOOK", &hook.url);
    world.write("rectify.yaml", &format!("notices:\n  - webhook: {{url_env: HOOK, format: {format}}}\n"));
    for (index, key) in keys.iter().enumerate() {
        world.write(&format!("{index}.json"), &key_event(&format!("event-{index}"), key).to_string());
    }
    (world, boto, keys)
}

fn event(world: &World, file: &str) -> Told {
    let told = world.run(&["event", file, "--mode", "enforce", "-vvv"]).ends(0);
    assert!(!told.out.contains(TOKEN) && !told.err.contains(TOKEN), "{}{}", told.out, told.err);
    told
}

#[test]
fn a_webhook_that_fails_fails_nothing_and_is_told_later() {
    let emulator = Emulator::start(Kind::Moto);
    let hook = Hook::new(&[500, 200]);
    let (world, boto, keys) = told_to(&emulator, &hook, "json");
    let told = event(&world, "0.json");
    assert!(told.err.contains("a notice was not taken, and is kept"), "{}", told.err);
    assert!(told.err.contains("it answers with 500"), "{}", told.err);
    assert!(boto.is_rotated(&keys[0]));
    event(&world, "1.json");
    let bodies = hook.bodies();
    assert_eq!(bodies.len(), 3, "{bodies:#?}");
    assert_eq!(bodies[0], bodies[1], "the same once more");
    let runs = world.runs();
    for (body, (run, key)) in bodies[1..].iter().zip(runs.iter().rev().zip(&keys)) {
        assert_eq!(body["subject"], "rectify.run.finished");
        assert_eq!((&body["account"], &body["who"]), (&json!(ACCOUNT), &json!(super::boto::SOMEBODY)));
        assert_eq!(body["summary"], "1 change was made and verified.");
        assert_eq!(body["findings"][0]["policy"], "kms-rotation");
        assert_eq!(body["findings"][0]["resource"]["id"], *key);
        assert_eq!((&body["run"]["run"], &body["run"]["outcome"]), (&run["run"], &json!("verified")));
        assert_eq!(body["run"]["changes"][0]["status"], "verified");
        assert_eq!(body["left"], 0);
    }
    for entry in fs::read_dir(world.path("home")).unwrap() {
        let path = entry.unwrap().path();
        let holds = fs::read(&path).unwrap().windows(TOKEN.len()).any(|bytes| bytes == TOKEN.as_bytes());
        assert!(!holds, "{} holds the URL", path.display());
    }
}

#[test]
fn slack_gets_a_text_and_a_redirection_is_not_followed() {
    let emulator = Emulator::start(Kind::Moto);
    let hook = Hook::new(&[302, 200]);
    let (world, _, keys) = told_to(&emulator, &hook, "slack");
    let told = event(&world, "0.json");
    assert!(told.err.contains("it answers with 302"), "{}", told.err);
    event(&world, "1.json");
    let bodies = hook.bodies();
    assert_eq!(bodies.len(), 3, "{bodies:#?}");
    let expected = format!(
        "1 change was made and verified.\n\
         - medium kms-rotation on AWS::KMS::Key {key}: The key is not rotated automatically.\n\
         - verified AWS::KMS::Key {key}\n\
         0 findings are left.\n\
         Caused by {who}.\n\
         Account {ACCOUNT}, event event-0.",
        key = keys[0],
        who = super::boto::SOMEBODY,
    );
    let plain = json!({"text": expected, "mrkdwn": false, "unfurl_links": false, "unfurl_media": false});
    assert_eq!(bodies[1], plain);
}

#[test]
fn topics_and_buses_are_told_and_no_secret_with_it() {
    let emulator = Emulator::start(Kind::Ministack);
    let shop = Shop::open(&emulator, &CANARIES);
    let boto = Boto::on(&emulator);
    let queue = |name: &str| {
        let url = boto.call("sqs", "create_queue", json!({"QueueName": name}))["QueueUrl"].as_str().unwrap().to_owned();
        (boto.queue_arn(&url), url)
    };
    let (of_topic, of_bus) = (queue("of-topic"), queue("of-bus"));
    let topic = boto.call("sns", "create_topic", json!({"Name": "notices"}))["TopicArn"].as_str().unwrap().to_owned();
    boto.call("sns", "subscribe", json!({"TopicArn": topic, "Protocol": "sqs", "Endpoint": of_topic.0}));
    let pattern = json!({"source": ["rectify"]}).to_string();
    boto.call("events", "create_event_bus", json!({"Name": "notices"}));
    boto.call("events", "put_rule", json!({"Name": "all", "EventBusName": "notices", "EventPattern": pattern}));
    let target = json!({"Id": "queue", "Arn": of_bus.0});
    boto.call("events", "put_targets", json!({"Rule": "all", "EventBusName": "notices", "Targets": [target]}));

    let hook = Hook::new(&[200]);
    let world = World::at(&emulator.endpoint()).with("HOOK", &hook.url);
    let config = format!("notices:\n  - webhook: {{url_env: HOOK}}\n  - sns: {topic}\n  - event_bus: notices\n");
    world.write("rectify.yaml", &config);
    // What a function with secrets needs waits for a review, and what a key needs is done.
    let called = ["lambda.amazonaws.com", "UpdateFunctionConfiguration20150331v2"];
    let detail = record(ACCOUNT, called, json!({"functionName": "checkout"}));
    let mut function = key_event("event-1", "");
    (function["source"], function["detail"]) = (json!("aws.lambda"), detail);
    world.write("function.json", &function.to_string());
    world.write("key.json", &key_event("event-2", &boto.key()).to_string());
    let arguments = |file| ["event", file, "--mode", "enforce", "-vvv", "--format", "json"];
    let told = [world.run(&arguments("function.json")).ends(1), world.run(&arguments("key.json")).ends(0)];

    let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let inner = |value: &Value| parsed(value.as_str().unwrap());
    let by_topic: Vec<Value> = boto.take(&of_topic.1).iter().map(|body| inner(&parsed(body)["Message"])).collect();
    let by_bus: Vec<Value> = boto.take(&of_bus.1).iter().map(|body| parsed(body)).collect();
    let sorted = |mut notices: Vec<Value>| {
        notices.sort_by_key(|notice| notice["subject"].to_string());
        notices
    };
    let by_hook = sorted(hook.bodies());
    assert_eq!(sorted(by_topic), by_hook);
    assert!(
        by_bus.iter().all(|event| event["detail-type"] == event["detail"]["subject"] && event["source"] == "rectify")
    );
    assert_eq!(sorted(by_bus.iter().map(|event| event["detail"].clone()).collect()), by_hook);

    let subjects: Vec<&Value> = by_hook.iter().map(|notice| &notice["subject"]).collect();
    assert_eq!(subjects, ["rectify.plan.waiting", "rectify.run.finished"]);
    let (waiting, finished) = (&by_hook[0], &by_hook[1]);
    assert_eq!(finished["run"]["outcome"], "verified", "{finished:#}");
    assert_eq!((finished["findings"].as_array().unwrap().len(), &finished["left"]), (1, &json!(0)));
    let found = waiting["findings"].as_array().unwrap();
    assert!(found.iter().any(|finding| finding["policy"] == "lambda-env-secrets"), "{waiting:#}");
    assert_eq!((&waiting["left"], &waiting["run"]), (&json!(found.len()), &Value::Null));
    let digest = waiting["plan"].as_str().unwrap();
    let plans = world.run(&["plans", "--format", "json"]).ends(0).json();
    assert_eq!(plans[0]["digest"], digest);
    let told = told.iter().flat_map(|told| [told.out.clone(), told.err.clone()]);
    let all: String = by_hook.iter().map(Value::to_string).chain(told).collect();
    for secret in CANARIES.iter().chain([&TOKEN]) {
        assert!(!all.contains(secret), "{secret} got out");
    }
    assert!(!shop.canaries.is_empty());
}
