//! A write whose answer is lost is sent again by the SDK, and finds what it has written itself: on DynamoDB it is told from
//! everybody else's, unless somebody has written over it since.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use rectify::journal::{Claim, DynamoDb, Fix, Item, Journal, Key, Lease, Ledger, Spent, Sqlite, Store, StoreError};
use rectify::model::{Event, RunOutcome};

use crate::journal::Writer;
use crate::store::large;
use crate::stores::{client, emulator, function, minute, minutes, new_name};
use crate::support::{Fault, Kind, On, Proxy};

struct Table {
    name: String,
    proxy: Proxy,
    store: Arc<DynamoDb>,
}

async fn table(kind: Kind) -> Table {
    let (name, proxy) = (new_name(), Proxy::before(emulator(kind)));
    let store = Arc::new(DynamoDb::new(client(&proxy.endpoint()), &name));
    store.create_table().await.unwrap();
    Table { name, proxy, store }
}

impl Table {
    fn lose(&self, operation: &'static str) {
        self.proxy.fail(On::call("dynamodb", operation), Fault::Lost, 1);
    }

    /// Lets the answer of the one write to a partition be lost, and not those to its chunks.
    fn lose_of(&self, partition: &'static str) {
        let fits = move |request: &crate::support::proxy::Request| {
            request.call.operation == "PutItem" && request.call.input["Item"]["pk"]["S"] == partition
        };
        self.proxy.fail(On::matching(fits), Fault::Lost, 1);
    }

    /// Everything that stands in it, as it stands there.
    async fn scan(&self) -> Vec<HashMap<String, AttributeValue>> {
        let scan = client(&self.proxy.endpoint()).scan().table_name(&self.name).consistent_read(true);
        scan.into_paginator().items().send().collect::<Result<_, _>>().await.unwrap()
    }

    async fn chunks(&self) -> Vec<HashMap<String, AttributeValue>> {
        let mut items = self.scan().await;
        items.retain(|item| item["pk"].as_s().unwrap().starts_with("chunk#"));
        items
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_write_that_is_sent_again_is_its_own() {
    for kind in Kind::ALL {
        let table = table(kind).await;
        let (store, key) = (&table.store, Key::only("p"));
        table.lose("PutItem");
        assert!(store.create(&key, "one", None).await.unwrap());
        assert!(!store.create(&key, "one", None).await.unwrap(), "the same body is not the same write");
        table.lose("PutItem");
        assert!(store.replace(&key, 1, "two", None).await.unwrap());
        assert!(!store.replace(&key, 1, "two", None).await.unwrap());
        assert_eq!(store.get(&key).await.unwrap(), Some(Item { body: "two".into(), version: 2 }));
        let puts = table.proxy.requests().into_iter().filter(|request| request.call.operation == "PutItem");
        assert_eq!(puts.map(|put| put.attempt).collect::<Vec<_>>(), [1, 2, 1, 1, 2, 1]);
        table.lose("DeleteItem");
        // It cannot be told from somebody else's: nothing stands there.
        assert!(!store.remove(&key, 2).await.unwrap());
        assert_eq!(store.get(&key).await.unwrap(), None);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_journal_and_the_ledger_do_nothing_twice() {
    let table = table(Kind::Ministack).await;
    let store: Arc<dyn Store> = table.store.clone();
    let (mut writer, event) = (Writer::new("01a"), Event::RunFinished { outcome: RunOutcome::Verified });
    let run = writer.run.clone();
    for partition in ["run#01a", "runs", "runs"] {
        table.lose_of(partition);
        writer.write(&store, "t", &event).await;
    }
    assert_eq!(store.events(&run).await.unwrap().len(), 3);
    let ledger = Ledger::new(store);
    table.lose("PutItem");
    assert_eq!(ledger.claim("e", "a", minute(0), minutes(5)).await.unwrap(), Claim::Fresh);
    table.lose("PutItem");
    let lease = ledger.acquire(&function("f"), "a", minute(0), minutes(5)).await.unwrap().unwrap();
    assert_eq!(lease.generation, 1);
    table.lose("PutItem");
    ledger.note_change(&function("f"), &run, minute(0)).await.unwrap();
    assert_eq!(ledger.changing(&function("f")).await.unwrap(), Some(run.clone()));
    table.lose("PutItem");
    ledger.forget_change(&function("f"), &run, minute(0)).await.unwrap();
    assert_eq!(ledger.changing(&function("f")).await.unwrap(), None);
    table.lose("PutItem");
    assert!(ledger.release(lease.clone(), minute(0)).await.unwrap(), "it stood");
    assert!(!ledger.release(lease, minute(0)).await.unwrap());
    table.lose("PutItem");
    assert_eq!(ledger.spend("1", 1, 1, minutes(5), minute(0)).await.unwrap(), Spent::Yes);
    table.lose("PutItem");
    assert!(ledger.post("n", "notice", minute(0)).await.unwrap());
    table.lose("DeleteItem");
    ledger.delivered("n").await.unwrap();
    assert_eq!(ledger.outbox().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn chunks_go_with_their_item() {
    for kind in Kind::ALL {
        let table = table(kind).await;
        let (store, key) = (&table.store, Key::only("p"));
        table.lose_of("p");
        assert!(store.create(&key, &large(1, 1), None).await.unwrap());
        let of_one = table.chunks().await.len();
        assert!(of_one > 1, "{of_one}");
        assert!(!store.create(&key, &large(2, 1), None).await.unwrap());
        assert!(!store.replace(&key, 7, &large(3, 1), None).await.unwrap());
        assert_eq!(table.chunks().await.len(), of_one, "those of a write that lost are gone");
        assert!(store.replace(&key, 1, &large(4, 1), None).await.unwrap());
        assert_eq!(table.chunks().await.len(), of_one, "those of the version before are gone");
        assert!(store.remove(&key, 2).await.unwrap());
        assert_eq!(table.chunks().await.len(), 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_large_body_is_whole_or_not_there() {
    let table = table(Kind::Ministack).await;
    let (store, key) = (&table.store, Key::only("p"));
    // Every attempt at one of its parts fails: nothing stands there, and what was written of it expires.
    let fault = table.proxy.fail(On::call("dynamodb", "PutItem").after(1), Fault::Error(400, "ValidationException"), 9);
    let told = store.create(&key, &large(1, 1), None).await.unwrap_err().to_string();
    assert!(told.ends_with(": PutItem: ValidationException: a fault of the test's"), "{told}");
    table.proxy.heal(fault);
    assert_eq!(store.get(&key).await.unwrap(), None);
    let drafts = table.chunks().await;
    assert_eq!(drafts.len(), 1);
    let left = drafts[0]["expires"].as_n().unwrap().parse::<i64>().unwrap() - Timestamp::now().as_second();
    assert!((23 * 3600..=24 * 3600).contains(&left), "{left}");
    assert!(store.create(&key, &large(1, 1), None).await.unwrap());
    assert!(store.get(&key).await.unwrap().unwrap().body == large(1, 1));
    // A part that is lost is told, not left out.
    let chunks = table.chunks().await;
    let chunk = chunks.iter().find(|chunk| !chunk.contains_key("expires"));
    let chunk = chunk.expect("the chunks of what stands there do not expire");
    let delete = client(&table.proxy.endpoint()).delete_item().table_name(&table.name);
    delete.key("pk", chunk["pk"].clone()).key("sk", chunk["sk"].clone()).send().await.unwrap();
    let told = store.get(&key).await.unwrap_err().to_string();
    assert_eq!(told, format!("journal DynamoDB table {}: item p - has lost a part of its body", table.name));
}

/// Time to live takes the parts of an expired item away in any order.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_expired_body_that_has_lost_a_part_is_gone() {
    let table = table(Kind::Moto).await;
    let (store, key) = (&table.store, Key::new("p", "s"));
    store.create(&key, &large(1, 1), Some(minute(-60))).await.unwrap();
    store.create(&Key::new("p", "t"), "other", Some(minute(-60))).await.unwrap();
    let chunk = table.chunks().await.remove(0);
    let delete = client(&table.proxy.endpoint()).delete_item().table_name(&table.name);
    delete.key("pk", chunk["pk"].clone()).key("sk", chunk["sk"].clone()).send().await.unwrap();
    assert_eq!(store.get(&key).await.unwrap(), None);
    assert_eq!(store.list("p").await.unwrap(), [("t".to_owned(), Item { body: "other".into(), version: 1 })]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn throttling_is_waited_out() {
    let table = table(Kind::Ministack).await;
    let on = || On::call("dynamodb", "PutItem");
    table.proxy.fail(on(), Fault::Error(400, "ProvisionedThroughputExceededException"), 1);
    table.proxy.fail(on(), Fault::Status(500, "<html>".into()), 1);
    assert!(table.store.create(&Key::only("p"), "one", None).await.unwrap());
    table.proxy.fail(on(), Fault::Error(400, "AccessDeniedException"), 9);
    let told = table.store.create(&Key::only("q"), "two", None).await.unwrap_err();
    assert_eq!(told.place, format!("DynamoDB table {}", table.name));
    assert_eq!(told.message, "PutItem: AccessDeniedException: a fault of the test's");
}

/// Somebody who writes over whatever was written, once, so that its writer is told that it has lost.
struct Overwritten {
    store: Arc<Sqlite>,
    armed: AtomicBool,
    /// What is changed in the body: from, to.
    change: (&'static str, &'static str),
}

impl Overwritten {
    async fn write_over(&self, key: &Key, written: bool) -> Result<bool, StoreError> {
        if !written || !self.armed.swap(false, Ordering::SeqCst) {
            return Ok(written);
        }
        let item = self.store.get(key).await?.unwrap();
        let body = item.body.replace(self.change.0, self.change.1);
        assert!(self.store.replace(key, item.version, &body, None).await?);
        Ok(false)
    }
}

#[async_trait]
impl Store for Overwritten {
    fn place(&self) -> String {
        "overwritten".into()
    }

    async fn get(&self, key: &Key) -> Result<Option<Item>, StoreError> {
        self.store.get(key).await
    }

    async fn create(&self, key: &Key, body: &str, expires: Option<Timestamp>) -> Result<bool, StoreError> {
        let written = self.store.create(key, body, expires).await?;
        self.write_over(key, written).await
    }

    async fn replace(
        &self,
        key: &Key,
        version: u64,
        body: &str,
        expires: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let written = self.store.replace(key, version, body, expires).await?;
        self.write_over(key, written).await
    }

    async fn remove(&self, key: &Key, version: u64) -> Result<bool, StoreError> {
        self.store.remove(key, version).await
    }

    async fn list(&self, partition: &str) -> Result<Vec<(String, Item)>, StoreError> {
        self.store.list(partition).await
    }
}

/// A ledger of which the next write happens, is written over, and is told to have lost.
fn overwritten(change: (&'static str, &'static str)) -> (Ledger, Arc<Overwritten>) {
    let store = Arc::new(Sqlite::memory().unwrap());
    let store = Arc::new(Overwritten { store, armed: AtomicBool::new(false), change });
    (Ledger::new(store.clone()), store)
}

#[tokio::test]
async fn what_was_written_and_written_over_is_decided_again_and_does_no_harm() {
    let key = function("f");
    let (ledger, store) = overwritten(("", ""));
    let arm = || store.armed.store(true, Ordering::SeqCst);
    arm();
    assert_eq!(ledger.claim("e", "a", minute(0), minutes(5)).await.unwrap(), Claim::Again { run: None });
    arm();
    let lease = ledger.acquire(&key, "a", minute(0), minutes(5)).await.unwrap().unwrap();
    assert_eq!(lease.generation, 2, "the first one is nobody's");
    arm();
    let fix = Fix { run: "01".into(), policies: Vec::new(), who: None, at: minute(0) };
    assert_eq!(ledger.fixed(&lease, fix, minutes(60)).await.unwrap(), 1);
    arm();
    ledger.note_change(&key, &"01".into(), minute(0)).await.unwrap();
    assert_eq!(ledger.changing(&key).await.unwrap(), Some("01".into()));
    arm();
    ledger.forget_change(&key, &"01".into(), minute(0)).await.unwrap();
    assert_eq!(ledger.changing(&key).await.unwrap(), None);
    arm();
    assert!(!ledger.release(lease, minute(0)).await.unwrap(), "it is free, and nobody knows by whom");
    assert!(ledger.acquire(&key, "b", minute(0), minutes(5)).await.unwrap().is_some());
    arm();
    assert_eq!(ledger.spend("1", 1, 2, minutes(60), minute(0)).await.unwrap(), Spent::Yes);
    let full = ledger.spend("1", 1, 2, minutes(60), minute(0)).await.unwrap();
    assert!(matches!(full, Spent::No { used: 2, .. }), "counted twice: rather too little is done than too much");
}

#[tokio::test]
async fn whoever_acquires_a_resource_while_it_is_released_keeps_it() {
    let key = function("f");
    let (ledger, store) = overwritten((
        r#""lease":null,"generation":1"#,
        r#""lease":{"holder":"b","until":"2999-01-01T00:00:00Z"},"generation":2"#,
    ));
    let lease = ledger.acquire(&key, "a", minute(0), minutes(5)).await.unwrap().unwrap();
    store.armed.store(true, Ordering::SeqCst);
    assert!(!ledger.release(lease.clone(), minute(0)).await.unwrap());
    assert_eq!(ledger.acquire(&key, "c", minute(0), minutes(5)).await.unwrap(), None);
    let other = Lease { holder: "b".into(), generation: 2, ..lease };
    assert!(ledger.release(other, minute(0)).await.unwrap());
}

#[tokio::test]
async fn a_run_that_is_noted_while_another_is_forgotten_stays() {
    let key = function("f");
    let (ledger, store) = overwritten((r#""run":null"#, r#""run":"02""#));
    ledger.note_change(&key, &"01".into(), minute(0)).await.unwrap();
    store.armed.store(true, Ordering::SeqCst);
    ledger.forget_change(&key, &"01".into(), minute(0)).await.unwrap();
    assert_eq!(ledger.changing(&key).await.unwrap(), Some("02".into()));
}

#[tokio::test]
async fn a_store_that_is_always_busy_is_told() {
    struct Busy(Sqlite);
    #[async_trait]
    impl Store for Busy {
        fn place(&self) -> String {
            "busy".into()
        }
        async fn get(&self, key: &Key) -> Result<Option<Item>, StoreError> {
            self.0.get(key).await
        }
        async fn create(&self, _: &Key, _: &str, _: Option<Timestamp>) -> Result<bool, StoreError> {
            Ok(false)
        }
        async fn replace(&self, _: &Key, _: u64, _: &str, _: Option<Timestamp>) -> Result<bool, StoreError> {
            Ok(false)
        }
        async fn remove(&self, _: &Key, _: u64) -> Result<bool, StoreError> {
            Ok(false)
        }
        async fn list(&self, partition: &str) -> Result<Vec<(String, Item)>, StoreError> {
            self.0.list(partition).await
        }
    }
    let ledger = Ledger::new(Arc::new(Busy(Sqlite::memory().unwrap())));
    let told = ledger.claim("e", "a", minute(0), minutes(5)).await.unwrap_err().to_string();
    assert_eq!(told, "journal busy: too many write event#e - at once; try again later");
}

/// A record whose chunk is lost, or is not what was written, is torn: the run goes on after it.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_last_record_that_has_lost_a_chunk_is_torn() {
    for damage in [true, false] {
        let table = table(Kind::Ministack).await;
        let mut one = Writer::new("01a");
        one.write(&table.store, "t0", &crate::journal::started()).await;
        let reason = large(3, 1);
        one.write(&table.store, "t1", &Event::RunHalted { reason }).await;
        let client = client(&table.proxy.endpoint());
        let mut chunk = table.chunks().await.remove(0);
        if damage {
            chunk.insert("body".into(), AttributeValue::B(aws_sdk_dynamodb::primitives::Blob::new([7; 9])));
            client.put_item().table_name(&table.name).set_item(Some(chunk)).send().await.unwrap();
        } else {
            let delete = client.delete_item().table_name(&table.name);
            delete.key("pk", chunk["pk"].clone()).key("sk", chunk["sk"].clone()).send().await.unwrap();
        }
        let chain = table.store.chain(&one.run).await.unwrap();
        let why = &chain.torn_end().unwrap().why;
        assert!(why.starts_with(if damage { "cannot be unpacked: " } else { "has lost a part of its body" }), "{why}");
        assert_eq!((&chain.broken, chain.records.len(), chain.head.torn), (&None, 1, 1));
        let mut other = Writer::of(table.store.as_ref(), "01a").await;
        table.store.take_up(&other.run, &mut other.head).await.unwrap();
        other.write(&table.store, "t2", &Event::RunFinished { outcome: RunOutcome::Incomplete }).await;
        let chain = table.store.chain(&one.run).await.unwrap();
        assert_eq!((chain.broken, chain.records.len(), chain.torn.len()), (None, 2, 1));
    }
}
