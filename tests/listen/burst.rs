//! A burst of events, two processes on one queue with one journal in DynamoDB, and one of them killed.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::boto::{Boto, key_event};
use super::shutdown::enabled;
use super::support::{Emulator, Fault, Kind, On, Proxy};
use super::world::{World, eventually};

const KEYS: usize = 10;
const EVENTS: usize = 60;
/// Seconds for which a process that is killed keeps others away.
const HOLD: &str = "10";

#[test]
fn each_resource_is_fixed_once_whoever_dies() {
    let emulator = Emulator::start(Kind::Ministack);
    let boto = Boto::on(&emulator);
    let (queue, dead) = boto.queue(10);
    let text = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
    let table = json!({
        "TableName": "journal", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": [text("pk"), text("sk")],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    });
    boto.call("dynamodb", "create_table", table);
    let keys: Vec<String> = (0..KEYS).map(|_| boto.key()).collect();
    let event = |index: usize| key_event(&format!("event {index}"), &keys[index % KEYS]).to_string();
    boto.send(&queue, &(0..EVENTS).map(event).collect::<Vec<_>>());
    let proxy = Proxy::before(&emulator);
    proxy.fail(On::call("kms", "EnableKeyRotation"), Fault::Delay(Duration::from_millis(700)), KEYS);
    let world = World::at(&proxy.endpoint()).with("RECTIFY_JOURNAL", "dynamodb:journal");

    let arguments = ["--workers", "2", "--hold", HOLD];
    let mut first = world.listen(&queue, &arguments);
    let mut second = world.listen(&queue, &arguments);
    eventually("they are in the middle", || enabled(&proxy).len() >= 3);
    first.signal("-KILL");
    assert_eq!(first.ended(), None);

    eventually("the queue is empty", || boto.waiting(&queue) == 0);
    assert!(keys.iter().all(|key| boto.is_rotated(key)));
    let calls = enabled(&proxy);
    assert_eq!(calls.len(), calls.iter().collect::<BTreeSet<_>>().len(), "no key twice: {calls:?}");
    assert_eq!(calls.len(), KEYS);
    // Where the process died between writing a call down and sending it, nobody knows what came of it: its run ends with that,
    // and what is still wrong is planned for anew.
    let (verified, others): (Vec<Value>, _) = world.runs().into_iter().partition(|run| run["outcome"] == "verified");
    let reasons: BTreeSet<String> = others.iter().map(|run| run["changes"][0]["reason"].to_string()).collect();
    let interrupted = r#""kms:EnableKeyRotation: the run was interrupted here""#;
    assert!(reasons.iter().all(|reason| reason == interrupted), "{others:#?}");
    let changed = |run: &Value| run["changes"][0]["resource"]["id"].as_str().unwrap().to_owned();
    assert_eq!(verified.len(), KEYS, "{verified:#?}");
    assert_eq!(verified.iter().map(changed).collect::<BTreeSet<_>>(), keys.iter().cloned().collect());
    assert_eq!(boto.waiting(&dead), 0);
    second.signal("-TERM");
    assert_eq!(second.ended(), Some(0));
    println!("{EVENTS} events on {KEYS} keys: {} requests", proxy.requests().len());
}
