//! What a store promises.

use std::collections::BTreeSet;

use rectify::journal::{Item, Key};

use crate::stores::{Fixture, minute};

over_every_store![
    create_writes_once,
    replace_writes_over_one_version,
    remove_takes_one_version_away,
    a_partition_is_listed_in_order,
    a_long_partition_is_listed_whole,
    a_body_may_be_anything,
    a_body_may_be_large,
    large_bodies_are_replaced_and_removed,
    of_a_race_one_wins,
    what_has_expired_stands_there_all_the_same,
    it_outlives_its_handle,
];

fn item(body: &str, version: u64) -> Item {
    Item { body: body.into(), version }
}

async fn create_writes_once(fixture: Fixture) {
    let (store, key) = (&fixture.store, Key::new("p", "s"));
    assert_eq!(store.get(&key).await.unwrap(), None);
    assert!(store.create(&key, "one", None).await.unwrap());
    assert!(!store.create(&key, "two", None).await.unwrap());
    assert!(!store.create(&key, "one", None).await.unwrap(), "the same body is not the same write");
    assert_eq!(store.get(&key).await.unwrap(), Some(item("one", 1)));
    assert_eq!(store.get(&Key::new("p", "t")).await.unwrap(), None);
    assert_eq!(store.get(&Key::new("q", "s")).await.unwrap(), None);
}

async fn replace_writes_over_one_version(fixture: Fixture) {
    let (store, key) = (&fixture.store, Key::only("p"));
    assert!(!store.replace(&key, 1, "none", None).await.unwrap(), "there is nothing");
    assert!(!store.replace(&key, 0, "none", None).await.unwrap(), "there is nothing");
    assert_eq!(store.get(&key).await.unwrap(), None);
    store.create(&key, "one", None).await.unwrap();
    assert!(store.replace(&key, 1, "two", Some(minute(60))).await.unwrap());
    assert_eq!(store.get(&key).await.unwrap(), Some(item("two", 2)));
    assert!(!store.replace(&key, 1, "late", None).await.unwrap());
    assert!(!store.replace(&key, 3, "early", None).await.unwrap());
    assert!(store.replace(&key, 2, "three", None).await.unwrap());
    assert_eq!(store.get(&key).await.unwrap(), Some(item("three", 3)));
}

async fn remove_takes_one_version_away(fixture: Fixture) {
    let (store, key) = (&fixture.store, Key::only("p"));
    assert!(!store.remove(&key, 1).await.unwrap(), "there is nothing");
    store.create(&key, "one", None).await.unwrap();
    store.replace(&key, 1, "two", None).await.unwrap();
    assert!(!store.remove(&key, 1).await.unwrap());
    assert_eq!(store.get(&key).await.unwrap(), Some(item("two", 2)));
    assert!(store.remove(&key, 2).await.unwrap());
    assert_eq!(store.get(&key).await.unwrap(), None);
    assert!(!store.remove(&key, 2).await.unwrap());
    assert!(store.create(&key, "anew", None).await.unwrap());
    assert_eq!(store.get(&key).await.unwrap(), Some(item("anew", 1)));
}

async fn a_partition_is_listed_in_order(fixture: Fixture) {
    let store = &fixture.store;
    assert_eq!(store.list("p").await.unwrap(), []);
    for sort in ["b", "ä", "10", "B", "9", "b|x", "arn:aws:lambda:x", "b "] {
        store.create(&Key::new("p", sort), sort, None).await.unwrap();
    }
    store.create(&Key::new("p#1", "a"), "another partition", None).await.unwrap();
    store.replace(&Key::new("p", "9"), 1, "nine", None).await.unwrap();
    let listed = store.list("p").await.unwrap();
    let expected = ["10", "9", "B", "arn:aws:lambda:x", "b", "b ", "b|x", "ä"];
    let expected = expected.map(|sort| (sort.to_owned(), if sort == "9" { item("nine", 2) } else { item(sort, 1) }));
    assert_eq!(listed, expected, "by their bytes");
}

/// More than DynamoDB gives in one page, a megabyte.
async fn a_long_partition_is_listed_whole(fixture: Fixture) {
    let store = &fixture.store;
    // Short enough not to be compressed.
    let body = "x".repeat(4000);
    for number in 0..300 {
        store.create(&Key::new("long", format!("{number:04}")), &body, None).await.unwrap();
    }
    let listed = store.list("long").await.unwrap();
    let expected: Vec<(String, Item)> = (0..300).map(|number| (format!("{number:04}"), item(&body, 1))).collect();
    assert!(listed == expected, "{} of 300", listed.len());
}

async fn a_body_may_be_anything(fixture: Fixture) {
    let store = &fixture.store;
    let bodies = ["", "\0", "\"quoted\" \\ \n", "☃ 𝄞", &"ü".repeat(3000), &" ".repeat(100_000)];
    for (number, body) in bodies.into_iter().enumerate() {
        let key = Key::new("bodies", number.to_string());
        assert!(store.create(&key, body, None).await.unwrap());
        assert_eq!(store.get(&key).await.unwrap(), Some(item(body, 1)));
    }
    assert_eq!(store.list("bodies").await.unwrap().len(), bodies.len());
}

/// Megabytes that cannot be compressed to much less.
pub fn large(seed: u64, megabytes: usize) -> String {
    let (mut state, mut text) = (seed | 1, String::new());
    while text.len() < megabytes << 20 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        text.push_str(&format!("{state:016x}"));
    }
    text
}

async fn a_body_may_be_large(fixture: Fixture) {
    let (store, key, body) = (&fixture.store, Key::new("p", "large"), large(1, 3));
    assert!(store.create(&key, &body, None).await.unwrap());
    assert!(!store.create(&key, &large(2, 1), None).await.unwrap());
    store.create(&Key::new("p", "small"), "s", None).await.unwrap();
    assert!(store.get(&key).await.unwrap() == Some(item(&body, 1)));
    let listed = store.list("p").await.unwrap();
    assert!(listed == [("large".to_owned(), item(&body, 1)), ("small".to_owned(), item("s", 1))]);
}

async fn large_bodies_are_replaced_and_removed(fixture: Fixture) {
    let (store, key) = (&fixture.store, Key::new("p", "large"));
    store.create(&key, &large(3, 1), Some(minute(60))).await.unwrap();
    assert!(store.replace(&key, 1, &large(4, 2), None).await.unwrap());
    assert!(!store.replace(&key, 1, &large(5, 1), None).await.unwrap());
    assert!(store.get(&key).await.unwrap() == Some(item(&large(4, 2), 2)));
    assert!(store.replace(&key, 2, "short", None).await.unwrap());
    assert_eq!(store.get(&key).await.unwrap(), Some(item("short", 3)));
    assert!(store.replace(&key, 3, &large(6, 1), None).await.unwrap());
    assert!(store.remove(&key, 4).await.unwrap());
    assert_eq!(store.list("p").await.unwrap(), []);
}

async fn of_a_race_one_wins(fixture: Fixture) {
    let key = Key::only("race");
    let racers = |work: fn(std::sync::Arc<dyn rectify::journal::Store>, usize) -> _| {
        (0..24).map(|number| tokio::spawn(work(fixture.again(), number))).collect::<Vec<_>>()
    };
    fn create(
        store: std::sync::Arc<dyn rectify::journal::Store>,
        number: usize,
    ) -> std::pin::Pin<Box<dyn Future<Output = (bool, String)> + Send>> {
        let body = format!("created by {number}");
        Box::pin(async move { (store.create(&Key::only("race"), &body, None).await.unwrap(), body) })
    }
    fn replace(
        store: std::sync::Arc<dyn rectify::journal::Store>,
        number: usize,
    ) -> std::pin::Pin<Box<dyn Future<Output = (bool, String)> + Send>> {
        let body = format!("replaced by {number}");
        Box::pin(async move { (store.replace(&Key::only("race"), 1, &body, None).await.unwrap(), body) })
    }
    for (version, work) in [(1, create as fn(_, _) -> _), (2, replace)] {
        let mut winners = BTreeSet::new();
        for racer in racers(work) {
            let (won, body) = racer.await.unwrap();
            winners.extend(won.then_some(body));
        }
        assert_eq!(winners.len(), 1, "{winners:?}");
        let stands = fixture.store.get(&key).await.unwrap().unwrap();
        assert_eq!(stands, item(winners.first().unwrap(), version));
    }
}

async fn what_has_expired_stands_there_all_the_same(fixture: Fixture) {
    // Emulators may take it away at once, which AWS may do too: all that must not be is a new meaning.
    let (store, key) = (&fixture.store, Key::only("old"));
    assert!(store.create(&key, "old", Some(minute(-60))).await.unwrap());
    match store.get(&key).await.unwrap() {
        Some(stands) => {
            assert_eq!(stands, item("old", 1));
            assert!(!store.create(&key, "new", None).await.unwrap());
        }
        None => assert!(store.create(&key, "new", None).await.unwrap()),
    }
}

async fn it_outlives_its_handle(fixture: Fixture) {
    let key = Key::new("p", "s");
    fixture.store.create(&key, "one", None).await.unwrap();
    let other = fixture.again();
    assert_eq!(other.get(&key).await.unwrap(), Some(item("one", 1)));
    assert!(other.replace(&key, 1, "two", None).await.unwrap());
    assert_eq!(fixture.store.get(&key).await.unwrap(), Some(item("two", 2)));
    assert!(!fixture.store.place().is_empty());
    assert_eq!(fixture.store.place(), other.place());
}
