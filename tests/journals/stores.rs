//! The stores that every test runs over.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Config, Credentials, Region};
use jiff::{SignedDuration, Timestamp};
use rectify::journal::{DynamoDb, Item, Key, Ledger, Sqlite, Store, StoreError};
use rectify::model::ResourceKey;
use tempfile::TempDir;

use crate::support::emulator::{ACCOUNT, REGION};
use crate::support::{Emulator, Kind};

/// A store that is empty, and another way to it: as another process has it, or the same process later.
pub struct Fixture {
    pub store: Arc<dyn Store>,
    again: Again,
}

enum Again {
    /// Only this process ever has it.
    Same(Arc<dyn Store>),
    File(PathBuf, #[expect(dead_code, reason = "it goes with the fixture")] TempDir),
    Table(DynamoDb),
}

impl Fixture {
    pub fn again(&self) -> Arc<dyn Store> {
        match &self.again {
            Again::Same(store) => store.clone(),
            Again::File(path, _) => Arc::new(Sqlite::open(path).unwrap()),
            Again::Table(table) => Arc::new(table.clone()),
        }
    }

    pub fn ledger(&self) -> Ledger {
        Ledger::new(self.store.clone())
    }

    /// As another process has it.
    pub fn other_ledger(&self) -> Ledger {
        Ledger::new(self.again())
    }
}

pub async fn memory() -> Fixture {
    let store: Arc<dyn Store> = Arc::new(Sqlite::memory().unwrap());
    Fixture { store: store.clone(), again: Again::Same(store) }
}

pub async fn file() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state/journal.db");
    Fixture { store: Arc::new(Sqlite::open(&path).unwrap()), again: Again::File(path, folder) }
}

pub async fn moto() -> Fixture {
    let store: Arc<dyn Store> =
        Arc::new(OneByOne { store: table(Kind::Moto).await, turn: tokio::sync::Mutex::default() });
    Fixture { store: store.clone(), again: Again::Same(store) }
}

pub async fn ministack() -> Fixture {
    let table = table(Kind::Ministack).await;
    Fixture { store: Arc::new(table.clone()), again: Again::Table(table) }
}

async fn table(kind: Kind) -> DynamoDb {
    let table = DynamoDb::new(client(&emulator(kind).endpoint()), new_name());
    table.create_table().await.unwrap();
    table
}

/// moto serves each request in a thread of its own, and looks at a condition and writes without a lock: of two conditional
/// writes at once both may happen. DynamoDB's are one step each. So they come one by one, in whatever order.
struct OneByOne {
    store: DynamoDb,
    turn: tokio::sync::Mutex<()>,
}

#[async_trait]
impl Store for OneByOne {
    fn place(&self) -> String {
        self.store.place()
    }

    async fn get(&self, key: &Key) -> Result<Option<Item>, StoreError> {
        let _turn = self.turn.lock().await;
        self.store.get(key).await
    }

    async fn create(&self, key: &Key, body: &str, expires: Option<Timestamp>) -> Result<bool, StoreError> {
        let _turn = self.turn.lock().await;
        self.store.create(key, body, expires).await
    }

    async fn replace(
        &self,
        key: &Key,
        version: u64,
        body: &str,
        expires: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let _turn = self.turn.lock().await;
        self.store.replace(key, version, body, expires).await
    }

    async fn remove(&self, key: &Key, version: u64) -> Result<bool, StoreError> {
        let _turn = self.turn.lock().await;
        self.store.remove(key, version).await
    }

    async fn list(&self, partition: &str) -> Result<Vec<(String, Item)>, StoreError> {
        let _turn = self.turn.lock().await;
        self.store.list(partition).await
    }

    async fn list_each(&self, partition: &str) -> Result<Vec<(String, Result<Item, String>)>, StoreError> {
        let _turn = self.turn.lock().await;
        self.store.list_each(partition).await
    }
}

/// The emulator that all tests share, each with a table of its own.
pub fn emulator(kind: Kind) -> &'static Emulator {
    static MOTO: OnceLock<Emulator> = OnceLock::new();
    static MINISTACK: OnceLock<Emulator> = OnceLock::new();
    let emulator = match kind {
        Kind::Moto => &MOTO,
        Kind::Ministack => &MINISTACK,
    };
    emulator.get_or_init(|| Emulator::start(kind))
}

/// A table's name that no other test has.
pub fn new_name() -> String {
    format!("journal-{}", uuid::Uuid::now_v7().simple())
}

/// A client of DynamoDB that talks to an endpoint and to nothing else.
pub fn client(endpoint: &str) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new(ACCOUNT, "not-a-secret", None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(RetryConfig::standard().with_max_attempts(3))
        .endpoint_url(endpoint);
    Client::from_conf(config.build())
}

/// A time of the tests, in minutes. It is the world's, roughly: an emulator may take an expired item away.
pub fn minute(minute: i64) -> Timestamp {
    static START: OnceLock<Timestamp> = OnceLock::new();
    let start = START.get_or_init(|| Timestamp::from_second(Timestamp::now().as_second() / 60 * 60).unwrap());
    *start + minutes(minute)
}

pub fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

pub fn function(name: &str) -> ResourceKey {
    ResourceKey {
        type_name: "AWS::Lambda::Function".into(),
        account: ACCOUNT.into(),
        region: REGION.into(),
        id: name.into(),
    }
}

/// Makes tests of functions that take a fixture: each over each store.
macro_rules! over_every_store {
    ($($name:ident),* $(,)?) => {
        over_every_store!(@ memory: $($name),*);
        over_every_store!(@ file: $($name),*);
        over_every_store!(@ moto: $($name),*);
        over_every_store!(@ ministack: $($name),*);
    };
    (@ $store:ident: $($name:ident),*) => {
        mod $store {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $name() {
                    super::$name(crate::stores::$store().await).await;
                }
            )*
        }
    };
}
