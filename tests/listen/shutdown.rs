//! The end that is asked for: what is under way is ended properly, and the rest goes back to the queue.

use std::collections::BTreeSet;
use std::time::Duration;

use super::boto::{Boto, key_event};
use super::support::{Emulator, Fault, Kind, On, Proxy};
use super::world::{World, eventually};

const KEYS: usize = 12;
const ENABLE: &str = "EnableKeyRotation";

/// The keys whose rotation was switched on, in order.
pub fn enabled(proxy: &Proxy) -> Vec<String> {
    let calls = proxy.writes().into_iter().filter(|call| call.operation == ENABLE);
    calls.map(|call| call.input["KeyId"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn nothing_is_lost_where_it_is_told_to_end() {
    let emulator = Emulator::start(Kind::Moto);
    let boto = Boto::on(&emulator);
    let (queue, dead) = boto.queue(5);
    let keys: BTreeSet<String> = (0..KEYS).map(|_| boto.key()).collect();
    let events = keys.iter().map(|key| key_event(&format!("event of {key}"), key).to_string());
    boto.send(&queue, &events.collect::<Vec<_>>());
    let proxy = Proxy::before(&emulator);
    let slow = proxy.fail(On::call("kms", ENABLE), Fault::Delay(Duration::from_secs(2)), KEYS);
    let world = World::at(&proxy.endpoint());

    let mut listening = world.listen(&queue, &["--workers", "1"]);
    eventually("a change is under way", || !enabled(&proxy).is_empty());
    listening.signal("-TERM");
    assert_eq!(listening.ended(), Some(0));
    proxy.heal(slow);
    let begun = enabled(&proxy);
    let rotated = || keys.iter().filter(|key| boto.is_rotated(key)).cloned().collect::<BTreeSet<_>>();
    assert_eq!(rotated(), begun.iter().cloned().collect::<BTreeSet<_>>(), "what was begun is done");
    assert!(begun.len() < KEYS, "it ended too late to tell");
    // The rest is on the queue, and so may be what was done: it is looked at once more.
    let waiting = boto.waiting(&queue);
    assert!((KEYS - begun.len()..=KEYS).contains(&waiting), "{waiting} wait, {} are done", begun.len());
    for run in world.runs().iter().filter(|run| run["outcome"] != "stopped") {
        assert_eq!(run["outcome"], "verified", "{run:#}");
    }

    let mut listening = world.listen(&queue, &[]);
    eventually("the next one does the rest", || enabled(&proxy).len() == KEYS);
    eventually("the queue is empty", || boto.waiting(&queue) == 0);
    listening.signal("-TERM");
    assert_eq!(listening.ended(), Some(0));
    assert_eq!(rotated(), keys);
    assert_eq!(enabled(&proxy).into_iter().collect::<BTreeSet<_>>(), keys, "each once");
    assert_eq!(boto.waiting(&dead), 0);
    assert!(world.runs().iter().all(|run| run["outcome"] == "verified"));
}

#[test]
fn a_poll_that_waits_does_not_hold_the_end_up() {
    let emulator = Emulator::start(Kind::Moto);
    let boto = Boto::on(&emulator);
    let (queue, _) = boto.queue(5);
    let world = World::at(&emulator.endpoint());
    let mut listening = world.listen(&queue, &[]);
    std::thread::sleep(Duration::from_secs(1));
    let told = std::time::Instant::now();
    listening.signal("-INT");
    assert_eq!(listening.ended(), Some(0));
    assert!(told.elapsed() < Duration::from_secs(3), "{:?}", told.elapsed());
}
