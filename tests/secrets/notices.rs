//! Who is told of what events lead to, is told no secret.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::json;

use super::canary::{Canary, canaries, none_is_in};
use super::runner::{Told, World};
use super::support::http::Message;

/// A webhook that remembers what it was told.
fn hook() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let bodies = Arc::new(Mutex::new(Vec::new()));
    let keep = bodies.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            if let Ok(Some(message)) = Message::read(&stream) {
                keep.lock().unwrap().push(String::from_utf8_lossy(&message.body).into_owned());
                let _ = Message::new("HTTP/1.1 200 OK", &[], "").write(&stream);
            }
        }
    });
    (url, bodies)
}

#[test]
fn notices_of_what_waits_and_of_what_was_done_have_no_secret() {
    let world = World::new();
    let mut all: Vec<Canary> = Vec::new();
    for id in ["shop-payments", "5ade0664-d93d-41b2-ac5a-87410d94abb0"] {
        let (described, tagged) = (canaries(&format!("the description of {id}")), canaries(&format!("tags of {id}")));
        world.edit_document("shop.jsonl", id, |document| {
            let texts: Vec<&str> = described.iter().map(|canary| canary.text.as_str()).collect();
            document["properties"]["Description"] = texts.join(" ").into();
            let tags = tagged.iter().map(|canary| json!({"Key": canary.kind, "Value": canary.text}));
            document["properties"]["Tags"] = tags.collect();
            document["tags"] = tagged.iter().map(|canary| (canary.kind.to_owned(), json!(canary.text))).collect();
        });
        all.extend(described.into_iter().chain(tagged));
    }
    let (url, bodies) = hook();
    world.write(
        "rectify.yaml",
        format!("notices:\n  - webhook: {{url: {url}json}}\n  - webhook: {{url: {url}slack, format: slack}}\n"),
    );
    let call = |id: &str, source: &str, name: &str, parameters: serde_json::Value| {
        let time = "2026-11-22T12:00:00Z";
        json!({"id": id, "detail-type": "AWS API Call via CloudTrail", "time": time, "detail": {
            "eventSource": source, "eventName": name, "eventTime": time, "recipientAccountId": "111122223333",
            "awsRegion": "eu-west-1", "requestParameters": parameters,
        }})
    };
    let key = json!({"keyId": "5ade0664-d93d-41b2-ac5a-87410d94abb0", "description": all[0].text});
    let function = json!({"functionName": "shop-payments", "description": all[1].text});
    let mut told = String::new();
    for event in [
        call("1", "kms.amazonaws.com", "DisableKeyRotation", key),
        call("2", "lambda.amazonaws.com", "UpdateFunctionConfiguration20150331v2", function),
    ] {
        world.write("event.json", event.to_string());
        let arguments = ["--cloud", "sandbox:shop.jsonl", "event", "event.json", "--mode", "enforce", "-vvv"];
        told.push_str(&Told::of(world.command(&arguments).env("RUST_LOG", "trace")).to_string());
    }
    let bodies = bodies.lock().unwrap().clone();
    assert!(bodies.len() >= 4, "both were told of, in both formats: {bodies:#?}\n{told}");
    world.write("event.json", "{}");
    let account = world.path("shop.jsonl");
    let files = world.files().into_iter().filter(|(path, _)| *path != account);
    let files: String = files.map(|(_, bytes)| String::from_utf8_lossy(&bytes).into_owned()).collect();
    let bodies = bodies.join("\n");
    none_is_in(&all, [("what was told", told.as_str()), ("a notice", bodies.as_str()), ("a file", files.as_str())]);
}
