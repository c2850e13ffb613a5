//! Every change of the ledger: read, decide, write if it is still what was read.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::journal::{Item, Key, Store, StoreError};

/// How often a change is decided anew, before the store is told to be too busy. With the pauses, about ten seconds.
const ATTEMPTS: u32 = 40;
/// The longest pause between two of them.
const PAUSE: Duration = Duration::from_millis(500);

/// What handlers must remember together, so that any number of them work as one.
///
/// It has no clock: who asks says what time it is. Clocks of different machines may differ by as much as a handler's
/// patience leaves over: a lease that ends early for somebody else is noticed by its generation.
#[derive(Clone)]
pub struct Ledger {
    pub(super) store: Arc<dyn Store>,
}

impl Ledger {
    /// A ledger over a store; any number of them may stand over the same one.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// Decides from what stands at the key what shall stand there, and what that means; decided again where somebody
    /// else wrote in between. Nothing is written where nothing is to be changed.
    pub(super) async fn swap<T, R>(
        &self,
        key: &Key,
        mut decide: impl FnMut(Option<T>) -> (Option<Next<T>>, R) + Send,
    ) -> Result<R, StoreError>
    where
        T: Serialize + DeserializeOwned + Send + Sync,
        R: Send,
    {
        let mut longest = Duration::from_millis(5);
        for _ in 0..ATTEMPTS {
            let item = self.store.get(key).await?;
            let version = item.as_ref().map(|item| item.version);
            let (next, result) = decide(item.map(|item| self.parse(key, &item)).transpose()?);
            let Some(Next { state, expires }) = next else { return Ok(result) };
            let body = serde_json::to_string(&state).map_err(|error| self.error(error.to_string()))?;
            let written = match version {
                None => self.store.create(key, &body, expires).await?,
                Some(version) => self.store.replace(key, version, &body, expires).await?,
            };
            if written {
                return Ok(result);
            }
            // Whoever lost a race waits for a random while, so that the next one is not lost to the same.
            let share = getrandom::u32().map_err(|error| self.error(error.to_string()))?;
            tokio::time::sleep(longest.mul_f64(f64::from(share) / f64::from(u32::MAX))).await;
            longest = (longest * 2).min(PAUSE);
        }
        Err(self.error(format!("too many write {} {} at once; try again later", key.partition, key.sort)))
    }

    /// What stands at the key.
    pub(super) async fn read<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>, StoreError> {
        self.store.get(key).await?.map(|item| self.parse(key, &item)).transpose()
    }

    pub(super) fn parse<T: DeserializeOwned>(&self, key: &Key, item: &Item) -> Result<T, StoreError> {
        serde_json::from_str(&item.body)
            .map_err(|error| self.error(format!("item {} {} cannot be read: {error}", key.partition, key.sort)))
    }

    /// Takes an item away, whatever it has become; `false` where there is none.
    pub(super) async fn take_away(&self, key: &Key) -> Result<bool, StoreError> {
        for _ in 0..ATTEMPTS {
            let Some(item) = self.store.get(key).await? else { return Ok(false) };
            if self.store.remove(key, item.version).await? {
                return Ok(true);
            }
        }
        Err(self.error(format!("too many write {} {} at once; try again later", key.partition, key.sort)))
    }

    pub(super) fn error(&self, message: String) -> StoreError {
        StoreError { place: self.store.place(), message }
    }
}

/// What shall stand at a key.
pub(super) struct Next<T> {
    pub state: T,
    /// When it may be collected as garbage.
    pub expires: Option<Timestamp>,
}

/// A time that is later by a while, or the last of all times.
pub(super) fn later(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// A time that is earlier by a while, or the first of all times.
pub(super) fn earlier(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.saturating_sub(by).unwrap_or(Timestamp::MIN)
}
