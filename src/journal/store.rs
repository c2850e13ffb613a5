//! Where items are kept: the little that a journal and a ledger need of a database, and no more.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

/// Where an item stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Items of one partition are listed together; at most 2048 bytes.
    pub partition: String,
    /// Tells an item from the others of its partition, and orders them by its bytes; at most 1024 of them.
    pub sort: String,
}

impl Key {
    /// The item of a partition that has only one.
    pub fn only(partition: impl Into<String>) -> Self {
        Self { partition: partition.into(), sort: "-".into() }
    }

    /// An item among others of its partition.
    pub fn new(partition: impl Into<String>, sort: impl Into<String>) -> Self {
        Self { partition: partition.into(), sort: sort.into() }
    }
}

/// What stands at a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Any text; of several megabytes too.
    pub body: String,
    /// 1 when it is created, and one more with each replacement. An item that was removed and created again begins at 1
    /// again: what is compared across that has to say so in its body.
    pub version: u64,
}

/// A store that cannot be read or written, or holds what rectify cannot have written. Of a write it is not known whether
/// it happened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("journal {place}: {message}")]
pub struct StoreError {
    /// Where it is: a file's path, a table's name.
    pub place: String,
    /// What the store said.
    pub message: String,
}

/// Items, each changed by compare-and-swap alone. What a method has answered is durable, and every later read sees it,
/// whoever reads.
///
/// `expires` is for collecting garbage and means nothing: an expired item may stand there for days, as any other, or be gone
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html>).
///
/// `false` says that this very write is not known to be the one that stands there. It may have happened all the same
/// where its answer was lost, it was sent again, and somebody else has written since: whoever is told `false` reads, and
/// decides anew.
#[async_trait]
pub trait Store: Send + Sync {
    /// Where it is, for messages: a file's path, `DynamoDB table NAME`.
    fn place(&self) -> String;

    /// What stands at the key.
    async fn get(&self, key: &Key) -> Result<Option<Item>, StoreError>;

    /// Writes a new item; `false` where something stands there.
    async fn create(&self, key: &Key, body: &str, expires: Option<Timestamp>) -> Result<bool, StoreError>;

    /// Writes another body and another expiry over a version; `false` where that version does not stand there any more.
    async fn replace(
        &self,
        key: &Key,
        version: u64,
        body: &str,
        expires: Option<Timestamp>,
    ) -> Result<bool, StoreError>;

    /// Takes a version away; `false` where it does not stand there any more.
    async fn remove(&self, key: &Key, version: u64) -> Result<bool, StoreError>;

    /// Everything of a partition with its sort key, in their order.
    async fn list(&self, partition: &str) -> Result<Vec<(String, Item)>, StoreError>;

    /// The same, where one that has lost a part, or is none that rectify writes, does not hide the others: in its place stands
    /// what is wrong with it, to be read after its name.
    async fn list_each(&self, partition: &str) -> Result<Vec<(String, Result<Item, String>)>, StoreError> {
        Ok(self.list(partition).await?.into_iter().map(|(sort, item)| (sort, Ok(item))).collect())
    }
}

#[async_trait]
impl<S: Store + ?Sized> Store for Arc<S> {
    fn place(&self) -> String {
        (**self).place()
    }

    async fn get(&self, key: &Key) -> Result<Option<Item>, StoreError> {
        (**self).get(key).await
    }

    async fn create(&self, key: &Key, body: &str, expires: Option<Timestamp>) -> Result<bool, StoreError> {
        (**self).create(key, body, expires).await
    }

    async fn replace(
        &self,
        key: &Key,
        version: u64,
        body: &str,
        expires: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        (**self).replace(key, version, body, expires).await
    }

    async fn remove(&self, key: &Key, version: u64) -> Result<bool, StoreError> {
        (**self).remove(key, version).await
    }

    async fn list(&self, partition: &str) -> Result<Vec<(String, Item)>, StoreError> {
        (**self).list(partition).await
    }

    async fn list_each(&self, partition: &str) -> Result<Vec<(String, Result<Item, String>)>, StoreError> {
        (**self).list_each(partition).await
    }
}
