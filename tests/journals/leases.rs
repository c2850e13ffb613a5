//! One holder at a time, and everybody's turn comes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rectify::journal::{Holder, Lease, Ledger, run_key};
use rectify::model::RunId;

use crate::stores::{Fixture, function, minute, minutes};

over_every_store![
    a_resource_is_one_holders_until_its_time_is_over,
    the_generation_grows,
    a_lease_is_extended_until_it_is_lost,
    what_is_released_is_free_at_once,
    a_lease_that_is_lost_frees_nothing,
    resources_are_apart,
    whoever_comes_second_is_told_who_holds_it_since_when_and_until_when,
    of_many_that_acquire_a_resource_one_does,
    of_many_that_want_a_resource_each_looks_alone,
];

async fn acquire(ledger: &Ledger, holder: &str, at: i64) -> Option<Lease> {
    ledger.acquire(&function("f"), holder, minute(at), minutes(5)).await.unwrap()
}

async fn a_resource_is_one_holders_until_its_time_is_over(fixture: Fixture) {
    let (one, two) = (fixture.ledger(), fixture.other_ledger());
    let lease = acquire(&one, "a", 0).await.unwrap();
    let expected = Lease { key: function("f"), holder: "a".into(), until: minute(5), generation: 1 };
    assert_eq!(lease, expected);
    assert_eq!(acquire(&two, "b", 4).await, None);
    let taken = acquire(&two, "b", 5).await.unwrap();
    assert_eq!(taken, Lease { holder: "b".into(), until: minute(10), generation: 2, ..expected });
    assert_eq!(acquire(&one, "a", 6).await, None);
}

async fn the_generation_grows(fixture: Fixture) {
    let ledger = fixture.ledger();
    for (generation, holder) in (1..).zip(["a", "a", "b", "a"]) {
        let lease = acquire(&ledger, holder, 0).await.unwrap();
        assert_eq!(lease.generation, generation);
        if generation > 1 {
            assert!(ledger.release(lease, minute(0)).await.unwrap());
        }
    }
}

async fn a_lease_is_extended_until_it_is_lost(fixture: Fixture) {
    let ledger = fixture.ledger();
    let mut lease = acquire(&ledger, "a", 0).await.unwrap();
    assert!(ledger.extend(&mut lease, minute(4), minutes(5)).await.unwrap());
    assert_eq!(lease.until, minute(9));
    assert_eq!(acquire(&ledger, "b", 8).await, None);
    assert!(ledger.extend(&mut lease, minute(5), minutes(1)).await.unwrap());
    assert_eq!(lease.until, minute(9), "it is not made shorter");
    assert!(ledger.extend(&mut lease, minute(10), minutes(5)).await.unwrap(), "nobody has taken it");
    assert_eq!(lease.until, minute(15));
    let other = acquire(&ledger, "b", 15).await.unwrap();
    assert!(!ledger.extend(&mut lease, minute(16), minutes(5)).await.unwrap());
    assert_eq!(lease.until, minute(15));
    assert!(ledger.release(other, minute(16)).await.unwrap());
    assert!(!ledger.extend(&mut lease, minute(16), minutes(5)).await.unwrap(), "it is free, and not ours");
}

async fn what_is_released_is_free_at_once(fixture: Fixture) {
    let (one, two) = (fixture.ledger(), fixture.other_ledger());
    let lease = acquire(&one, "a", 0).await.unwrap();
    assert_eq!(acquire(&two, "b", 1).await, None);
    assert!(two.release(lease.clone(), minute(1)).await.unwrap(), "from wherever");
    assert!(!one.release(lease, minute(1)).await.unwrap(), "twice is too often");
    let lease = acquire(&two, "b", 1).await.unwrap();
    assert!(two.release(lease, minute(9)).await.unwrap(), "its time is over, and nobody has taken it");
    let key = function("unknown");
    let made_up = Lease { key: key.clone(), holder: "a".into(), until: minute(5), generation: 0 };
    assert!(!one.release(made_up, minute(0)).await.unwrap());
    let first = one.acquire(&key, "a", minute(0), minutes(5)).await.unwrap().unwrap();
    assert_eq!(first.generation, 1);
}

async fn a_lease_that_is_lost_frees_nothing(fixture: Fixture) {
    let ledger = fixture.ledger();
    let lost = acquire(&ledger, "a", 0).await.unwrap();
    let held = acquire(&ledger, "b", 5).await.unwrap();
    assert!(!ledger.release(lost.clone(), minute(6)).await.unwrap());
    assert_eq!(acquire(&ledger, "c", 6).await, None, "it is still held");
    // A lease is lost to its own holder too, where that asks again.
    let again = acquire(&ledger, "b", 6).await.unwrap();
    assert!(!ledger.release(held, minute(7)).await.unwrap());
    assert_eq!(acquire(&ledger, "c", 7).await, None);
    assert!(ledger.release(again, minute(7)).await.unwrap());
    assert!(!ledger.release(lost, minute(7)).await.unwrap());
    assert!(acquire(&ledger, "c", 7).await.is_some());
}

async fn whoever_comes_second_is_told_who_holds_it_since_when_and_until_when(fixture: Fixture) {
    let (one, two) = (fixture.ledger(), fixture.other_ledger());
    assert_eq!(one.holder(&function("f"), minute(0)).await.unwrap(), None);
    let mut lease = acquire(&one, "a", 0).await.unwrap();
    assert!(one.extend(&mut lease, minute(2), minutes(5)).await.unwrap());
    let told = two.try_acquire(&function("f"), "b", minute(3), minutes(5)).await.unwrap().unwrap_err();
    let (since, until) = (Some(minute(0)), minute(7));
    let expected = Holder { key: function("f"), name: "a".into(), since, until };
    assert_eq!(told, expected);
    assert_eq!(two.holder(&function("f"), minute(6)).await.unwrap(), Some(expected));
    assert_eq!(two.holder(&function("f"), minute(7)).await.unwrap(), None, "its time is over");
    let (since, until) = (minute(0), minute(7));
    let text = format!("AWS::Lambda::Function f is held by a since {since}, until {until} unless it goes on by then");
    assert_eq!(told.to_string(), text);

    let run = run_key(&RunId::from("01a"));
    one.acquire(&run, "a", minute(0), minutes(5)).await.unwrap().unwrap();
    let told = two.try_acquire(&run, "b", minute(0), minutes(5)).await.unwrap().unwrap_err().to_string();
    assert!(told.starts_with("run 01a is held by a since "), "{told}");
}

async fn resources_are_apart(fixture: Fixture) {
    let ledger = fixture.ledger();
    let f = function("f");
    let mut keys = vec![f.clone(), function("f|x"), function("F"), function("g")];
    keys.push(rectify::model::ResourceKey { region: "eu-central-1".into(), ..f.clone() });
    keys.push(rectify::model::ResourceKey { region: String::new(), ..f.clone() });
    keys.push(rectify::model::ResourceKey { account: "444455556666".into(), ..f.clone() });
    keys.push(rectify::model::ResourceKey { type_name: "AWS::Lambda::Url".into(), ..f });
    for key in keys {
        let lease = ledger.acquire(&key, "a", minute(0), minutes(5)).await.unwrap().unwrap();
        assert_eq!(lease.generation, 1, "{key}");
    }
}

async fn of_many_that_acquire_a_resource_one_does(fixture: Fixture) {
    let racers: Vec<_> = (0..24)
        .map(|number| {
            let ledger = fixture.other_ledger();
            tokio::spawn(async move { acquire(&ledger, &number.to_string(), 0).await })
        })
        .collect();
    let mut leases = Vec::new();
    for racer in racers {
        leases.extend(racer.await.unwrap());
    }
    assert_eq!(leases.iter().map(|lease| lease.generation).collect::<Vec<_>>(), [1]);
}

/// Each comes again until it holds the resource: all get their turn, and no two have it at once.
async fn of_many_that_want_a_resource_each_looks_alone(fixture: Fixture) {
    #[derive(Default)]
    struct World {
        looking: AtomicBool,
        generations: Mutex<Vec<u64>>,
    }
    async fn handle(ledger: Ledger, world: Arc<World>, holder: String) {
        let lease = loop {
            if let Some(lease) = acquire(&ledger, &holder, 0).await {
                break lease;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        };
        assert!(!world.looking.swap(true, Ordering::SeqCst), "two at once");
        world.generations.lock().unwrap().push(lease.generation);
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert!(world.looking.swap(false, Ordering::SeqCst));
        assert!(ledger.release(lease, minute(0)).await.unwrap());
    }
    let world = Arc::new(World::default());
    let tasks: Vec<_> =
        (0..16).map(|number| tokio::spawn(handle(fixture.other_ledger(), world.clone(), number.to_string()))).collect();
    for task in tasks {
        task.await.unwrap();
    }
    let generations = world.generations.lock().unwrap().clone();
    assert_eq!(generations.len(), 16);
    assert!(generations.is_sorted_by(|one, next| one < next), "{generations:?}");
    assert!(acquire(&fixture.ledger(), "last", 0).await.is_some());
}
