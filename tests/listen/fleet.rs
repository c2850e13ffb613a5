//! Several accounts, on moto, where each account that a role is assumed in has a state of its own.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::boto::{Boto, key_event_in};
use super::support::Emulator;
use super::support::emulator::FLEET_HOME;
use super::world::{World, eventually};

const OTHERS: [&str; 2] = ["222222222222", "333333333333"];
const STRANGER: &str = "444444444444";
const CONFIG: &str = "
regions: [eu-west-1, eu-central-1]
fleet:
  role: remediation
  external_id: rectify-of-acme
  accounts: ['222222222222', '333333333333']
";

#[test]
fn a_scan_is_cut_into_pieces_that_a_worker_does_once() {
    let emulator = Emulator::fleet();
    let boto = Boto::on(&emulator);
    let (queue, dead) = boto.queue(5);
    let accounts: Vec<&str> = [&[FLEET_HOME][..], &OTHERS].concat();
    let keys: Vec<(&str, String)> = accounts.iter().map(|account| (*account, boto.key_in(home(account)))).collect();
    let stranger = boto.key_in(STRANGER);
    let world = World::at(&emulator.endpoint());
    world.write("rectify.yaml", CONFIG);

    let told = world.run(&["fleet", "list"]).ends(0);
    assert_eq!(told.out, "123456789012\n222222222222\n333333333333\n");
    let policies = ["--policies", "kms-rotation,iam-trust-public"];
    let enqueue = [&["fleet", "enqueue", "--queue", &queue, "--format", "json"][..], &policies].concat();
    let told = world.run(&enqueue).ends(0).json();
    // Keys are in two Regions of each account, and roles in none.
    assert_eq!((&told["messages"], &told["accounts"]), (&json!(accounts.len() * 3), &json!(accounts)));
    let bodies = boto.take(&queue);
    let pieces: Vec<Value> = bodies.iter().map(|body| serde_json::from_str(body).unwrap()).collect();
    let place = |piece: &Value| format!("{} {} {}", piece["account"], piece["regions"], piece["types"]);
    assert_eq!(pieces.iter().map(place).collect::<BTreeSet<_>>().len(), accounts.len() * 3, "{pieces:#?}");
    assert_eq!(pieces.iter().filter(|piece| piece["types"] == json!(["AWS::IAM::Role"])).count(), accounts.len());

    let mut listening = world.listen(&queue, &[]);
    boto.send(&queue, &bodies);
    eventually("each piece is done", || listening.events("done") == bodies.len() as f64);
    for (account, key) in &keys {
        assert!(boto.is_rotated_in(home(account), key), "{account}");
    }
    boto.send(&queue, &bodies);
    let strange = key_event_in(STRANGER, "of a stranger", &stranger).to_string();
    boto.send(&queue, &[strange]);
    eventually("the second time and the stranger are ignored", || {
        listening.events("ignored") == (bodies.len() + 1) as f64
    });
    assert!(!boto.is_rotated_in(STRANGER, &stranger));
    let runs = world.runs();
    let changed: BTreeSet<&str> =
        runs.iter().map(|run| run["changes"][0]["resource"]["id"].as_str().unwrap()).collect();
    assert_eq!((runs.len(), changed), (keys.len(), keys.iter().map(|(_, key)| key.as_str()).collect()));
    assert!(listening.told().contains("account 444444444444 is none of ours"));
    listening.signal("-TERM");
    assert_eq!(listening.ended(), Some(0));
    assert_eq!((boto.waiting(&queue), boto.waiting(&dead)), (0, 0));
}

/// An account as [`Boto`] takes it, whose own has no name.
fn home(account: &str) -> &str {
    if account == FLEET_HOME { "" } else { account }
}
