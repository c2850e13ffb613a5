//! A write whose answer is lost is sent again by the SDK, and finds what it has written itself: on DynamoDB it is told from
//! everybody else's.

use std::sync::Arc;

use rectify::journal::{Claim, DynamoDb, Item, Journal, Key, Ledger, Released, Spent, Store};
use rectify::model::{Event, RunId, RunOutcome};

use crate::store::large;
use crate::stores::{client, function, minute, minutes};
use crate::support::{Emulator, Fault, Kind, On, Proxy};

struct Table {
    proxy: Proxy,
    store: Arc<DynamoDb>,
    _emulator: Emulator,
}

async fn table(kind: Kind) -> Table {
    let emulator = Emulator::start(kind);
    let proxy = Proxy::before(&emulator);
    let store = Arc::new(DynamoDb::new(client(&proxy.endpoint()), "journal"));
    store.create_table().await.unwrap();
    Table { proxy, store, _emulator: emulator }
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

    /// How many items of chunks there are.
    async fn chunks(&self, endpoint: &str) -> usize {
        let scanned = client(endpoint).scan().table_name("journal").consistent_read(true).send().await.unwrap();
        scanned.items().iter().filter(|item| item["pk"].as_s().unwrap().starts_with("chunk#")).count()
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
    let (run, event) = (RunId::from("01a"), Event::RunFinished { outcome: RunOutcome::Verified });
    table.lose("PutItem");
    store.append(&run, 0, "t", &event).await.unwrap();
    assert_eq!(store.events(&run).await.unwrap().len(), 1);
    let ledger = Ledger::new(store);
    table.lose("PutItem");
    assert_eq!(ledger.claim("e", "a", minute(0), minutes(5)).await.unwrap(), Claim::Fresh);
    table.lose("PutItem");
    let lease = ledger.acquire(&function("f"), "a", minute(0), minutes(5)).await.unwrap().unwrap();
    assert_eq!(lease.generation, 1);
    table.lose("PutItem");
    assert!(ledger.mark(&function("f"), minute(0)).await.unwrap());
    table.lose("PutItem");
    assert_eq!(ledger.release(lease.clone(), minute(0)).await.unwrap(), Released::Marked(lease));
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
        let (store, key, endpoint) = (&table.store, Key::only("p"), table.proxy.endpoint());
        table.lose_of("p");
        assert!(store.create(&key, &large(1, 1), None).await.unwrap());
        let of_one = table.chunks(&endpoint).await;
        assert!(of_one > 1, "{of_one}");
        assert!(!store.create(&key, &large(2, 1), None).await.unwrap());
        assert!(!store.replace(&key, 7, &large(3, 1), None).await.unwrap());
        assert_eq!(table.chunks(&endpoint).await, of_one, "those of a write that lost are gone");
        assert!(store.replace(&key, 1, &large(4, 1), None).await.unwrap());
        assert_eq!(table.chunks(&endpoint).await, of_one, "those of the version before are gone");
        assert!(store.remove(&key, 2).await.unwrap());
        assert_eq!(table.chunks(&endpoint).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_large_body_is_whole_or_not_there() {
    let table = table(Kind::Ministack).await;
    let (store, key) = (&table.store, Key::only("p"));
    // Every attempt at one of its parts fails: nothing stands there, and what was written of it expires.
    let fault = table.proxy.fail(On::call("dynamodb", "PutItem").after(1), Fault::Error(400, "ValidationException"), 9);
    let told = store.create(&key, &large(1, 1), None).await.unwrap_err().to_string();
    assert!(told.starts_with("journal DynamoDB table journal: PutItem: ValidationException: "), "{told}");
    table.proxy.heal(fault);
    assert_eq!(store.get(&key).await.unwrap(), None);
    let scanned = client(&table.proxy.endpoint()).scan().table_name("journal").send().await.unwrap();
    assert!(scanned.items().iter().all(|item| item.contains_key("expires")));
    assert!(store.create(&key, &large(1, 1), None).await.unwrap());
    assert!(store.get(&key).await.unwrap().unwrap().body == large(1, 1));
    // A part that is lost is told, not left out.
    let scanned = client(&table.proxy.endpoint()).scan().table_name("journal").send().await.unwrap();
    let chunk = scanned
        .items()
        .iter()
        .find(|item| item["pk"].as_s().unwrap().starts_with("chunk#") && !item.contains_key("expires"));
    let chunk = chunk.expect("the chunks of what stands there do not expire");
    let delete = client(&table.proxy.endpoint()).delete_item().table_name("journal");
    delete.key("pk", chunk["pk"].clone()).key("sk", chunk["sk"].clone()).send().await.unwrap();
    let told = store.get(&key).await.unwrap_err().to_string();
    assert_eq!(told, "journal DynamoDB table journal: item p - has lost a part of its body");
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
    assert_eq!(told.place, "DynamoDB table journal");
    assert_eq!(told.message, "PutItem: AccessDeniedException: a fault of the test's");
}
