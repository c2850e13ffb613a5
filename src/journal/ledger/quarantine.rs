//! Resources that are left alone for a while, because somebody changes them back.
//!
//! Whether a resource is one of them stands in its own item. The index, the partition `quarantine`, holds whatever was put
//! there, and is written first: what it has too much is not told, and goes with its time.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::resource::name;
use super::swap::{Ledger, Next, later};
use crate::journal::{Key, StoreError};
use crate::model::ResourceKey;

const INDEX: &str = "quarantine";
/// How much longer the index has a resource than it is in quarantine.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// Why a resource is left alone, and for how long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quarantine {
    /// From when on.
    pub since: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// Why, for a person.
    pub why: String,
    /// Who changes it back, as far as it is known.
    pub who: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    key: ResourceKey,
    until: Timestamp,
}

impl Ledger {
    /// Puts a resource into quarantine, or into another one.
    pub async fn quarantine(&self, key: &ResourceKey, quarantine: Quarantine) -> Result<(), StoreError> {
        self.swap(&Key::new(INDEX, name(key)), |entry: Option<Entry>| {
            let until = entry.map_or(quarantine.until, |entry| entry.until.max(quarantine.until));
            let entry = Entry { key: key.clone(), until };
            (Some(Next { state: entry, expires: Some(later(until, KEPT)) }), ())
        })
        .await?;
        self.resource(key, |mut state| {
            state.quarantine = Some(quarantine.clone());
            (state.next(quarantine.until), ())
        })
        .await
    }

    /// The quarantine that a resource is in.
    pub async fn quarantined(&self, key: &ResourceKey, now: Timestamp) -> Result<Option<Quarantine>, StoreError> {
        Ok(self.state(key).await?.quarantine.filter(|quarantine| quarantine.until > now))
    }

    /// Takes a resource out of quarantine, and forgets its fixes: the count begins anew. `false` where it was in none.
    pub async fn lift(&self, key: &ResourceKey) -> Result<bool, StoreError> {
        self.resource(key, |mut state| match state.quarantine.take() {
            None => (None, false),
            Some(quarantine) => {
                state.fixes.clear();
                (state.next(quarantine.since), true)
            }
        })
        .await
    }

    /// Every resource in quarantine, by its key.
    pub async fn quarantines(&self, now: Timestamp) -> Result<Vec<(ResourceKey, Quarantine)>, StoreError> {
        let mut found = Vec::new();
        for (sort, item) in self.store.list(INDEX).await? {
            let entry: Entry = self.parse(&Key::new(INDEX, sort), &item)?;
            if entry.until > now
                && let Some(quarantine) = self.quarantined(&entry.key, now).await?
            {
                found.push((entry.key, quarantine));
            }
        }
        Ok(found)
    }
}
