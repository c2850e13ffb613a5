//! One holder at a time, and nobody's news is lost.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use rectify::journal::{Lease, Ledger, Released};

use crate::stores::{Fixture, function, minute, minutes};

over_every_store![
    a_resource_is_one_holders_until_its_time_is_over,
    the_generation_grows,
    a_lease_is_extended_until_it_is_lost,
    a_mark_has_the_holder_look_once_more,
    a_mark_is_for_a_holder,
    whoever_acquires_a_resource_takes_the_mark_off,
    a_lease_that_is_lost_frees_nothing,
    resources_are_apart,
    of_many_that_acquire_a_resource_one_does,
    no_news_is_lost_when_many_have_them,
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
            assert_eq!(ledger.release(lease, minute(0)).await.unwrap(), Released::Free);
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
    assert_eq!(ledger.release(other, minute(16)).await.unwrap(), Released::Free);
    assert!(!ledger.extend(&mut lease, minute(16), minutes(5)).await.unwrap(), "it is free, and not ours");
}

async fn a_mark_has_the_holder_look_once_more(fixture: Fixture) {
    let (one, two, key) = (fixture.ledger(), fixture.other_ledger(), function("f"));
    let lease = acquire(&one, "a", 0).await.unwrap();
    assert!(two.mark(&key, minute(1)).await.unwrap());
    assert!(two.mark(&key, minute(1)).await.unwrap(), "twice is once");
    assert_eq!(one.release(lease.clone(), minute(2)).await.unwrap(), Released::Marked(lease.clone()));
    assert_eq!(acquire(&two, "b", 2).await, None, "it is still held");
    assert!(two.mark(&key, minute(2)).await.unwrap());
    let mut lease = lease;
    assert!(one.extend(&mut lease, minute(3), minutes(5)).await.unwrap(), "and keeps the mark");
    assert_eq!(one.release(lease.clone(), minute(3)).await.unwrap(), Released::Marked(lease.clone()));
    assert_eq!(one.release(lease, minute(4)).await.unwrap(), Released::Free);
    assert!(!two.mark(&key, minute(4)).await.unwrap());
    assert!(acquire(&two, "b", 4).await.is_some());
}

async fn a_mark_is_for_a_holder(fixture: Fixture) {
    let (ledger, key) = (fixture.ledger(), function("f"));
    assert!(!ledger.mark(&key, minute(0)).await.unwrap());
    let lease = acquire(&ledger, "a", 0).await.unwrap();
    assert!(!ledger.mark(&key, minute(5)).await.unwrap(), "its time is over");
    assert_eq!(ledger.release(lease, minute(5)).await.unwrap(), Released::Free);
}

async fn whoever_acquires_a_resource_takes_the_mark_off(fixture: Fixture) {
    let (ledger, key) = (fixture.ledger(), function("f"));
    for (holder, at) in [("b", 5), ("b", 6)] {
        acquire(&ledger, holder, at - 5).await.unwrap();
        assert!(ledger.mark(&key, minute(at - 4)).await.unwrap());
        let lease = acquire(&ledger, holder, at).await.unwrap();
        assert_eq!(ledger.release(lease, minute(at)).await.unwrap(), Released::Free);
    }
}

async fn a_lease_that_is_lost_frees_nothing(fixture: Fixture) {
    let (ledger, key) = (fixture.ledger(), function("f"));
    let lost = acquire(&ledger, "a", 0).await.unwrap();
    let held = acquire(&ledger, "b", 5).await.unwrap();
    assert!(ledger.mark(&key, minute(6)).await.unwrap());
    assert_eq!(ledger.release(lost, minute(6)).await.unwrap(), Released::Free, "the mark is not for it");
    assert_eq!(acquire(&ledger, "c", 6).await, None);
    assert_eq!(ledger.release(held.clone(), minute(6)).await.unwrap(), Released::Marked(held));
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

/// Many have news of one resource, each first changed and then told. Whoever holds it looks: no two at once, and at the end
/// the last news has been seen by a look that began after it.
async fn no_news_is_lost_when_many_have_them(fixture: Fixture) {
    #[derive(Default)]
    struct World {
        news: AtomicU64,
        seen: AtomicU64,
        looking: AtomicUsize,
        generations: std::sync::Mutex<Vec<u64>>,
    }
    async fn handle(ledger: Ledger, world: Arc<World>, holder: String) {
        let key = function("f");
        let mine = world.news.fetch_add(1, Ordering::SeqCst) + 1;
        let mut lease = loop {
            if let Some(lease) = ledger.acquire(&key, &holder, minute(0), minutes(5)).await.unwrap() {
                break lease;
            }
            if ledger.mark(&key, minute(0)).await.unwrap() {
                return;
            }
        };
        world.generations.lock().unwrap().push(lease.generation);
        loop {
            assert_eq!(world.looking.fetch_add(1, Ordering::SeqCst), 0, "two at once");
            let looked = world.news.load(Ordering::SeqCst);
            assert!(looked >= mine);
            tokio::task::yield_now().await;
            world.seen.fetch_max(looked, Ordering::SeqCst);
            world.looking.fetch_sub(1, Ordering::SeqCst);
            match ledger.release(lease, minute(0)).await.unwrap() {
                Released::Free => return,
                Released::Marked(still) => lease = still,
            }
        }
    }
    let world = Arc::new(World::default());
    let tasks: Vec<_> =
        (0..40).map(|number| tokio::spawn(handle(fixture.other_ledger(), world.clone(), number.to_string()))).collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(world.seen.load(Ordering::SeqCst), 40);
    let generations = world.generations.lock().unwrap();
    assert!(generations.is_sorted(), "{generations:?}");
    assert_eq!(generations.iter().collect::<BTreeSet<_>>().len(), generations.len());
    assert!(fixture.ledger().acquire(&function("f"), "last", minute(0), minutes(5)).await.unwrap().is_some());
}
