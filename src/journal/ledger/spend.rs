//! How much is changed in an account, in a rolling window.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::swap::{Ledger, Next, later};
use crate::journal::{Key, StoreError};

/// Seconds of a bucket.
const BUCKET: i64 = 60;
/// How long the buckets are kept at the least: as long as the longest window that anybody asks with.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// Whether changes may be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spent {
    /// They may, and count.
    Yes,
    /// They would be more than the limit; none of them counts.
    No {
        /// How many count in the window.
        used: u32,
        /// When so many have left it that these would fit; none where they are more than the limit by themselves.
        free_at: Option<Timestamp>,
    },
}

/// How many changes there may be in a rolling window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// So many at the most.
    pub limit: u32,
    /// Its length.
    pub length: SignedDuration,
}

/// A window in which so many more would be too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full {
    /// The window.
    pub window: Window,
    /// How many count in it.
    pub used: u32,
    /// When they would fit; none where they are more than the limit by themselves.
    pub free_at: Option<Timestamp>,
}

/// Changes by minutes since 1970.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Account {
    minutes: BTreeMap<i64, u32>,
}

impl Account {
    /// What a window has where so many more would be too many.
    fn full(&self, changes: u32, window: &Window, now: Timestamp) -> Option<Full> {
        let leaves = |minute: i64| later(end(minute), window.length);
        let counted = || self.minutes.iter().filter(|(minute, _)| leaves(**minute) > now);
        let used = counted().fold(0_u32, |sum, (_, count)| sum.saturating_add(*count));
        if used.saturating_add(changes) <= window.limit {
            return None;
        }
        let mut left = used;
        let free = counted().find(|(_, count)| {
            left = left.saturating_sub(**count);
            left.saturating_add(changes) <= window.limit
        });
        Some(Full { window: *window, used, free_at: free.map(|(minute, _)| leaves(*minute)) })
    }
}

impl Ledger {
    /// Counts changes of an account that are about to be made, all of them or none. They are counted by minutes, and a minute
    /// leaves the window as a whole, with its last second: never more than the limit in any window.
    pub async fn spend(
        &self,
        account: &str,
        changes: u32,
        limit: u32,
        window: SignedDuration,
        now: Timestamp,
    ) -> Result<Spent, StoreError> {
        Ok(match self.spend_within(account, changes, &[Window { limit, length: window }], now).await? {
            None => Spent::Yes,
            Some(Full { used, free_at, .. }) => Spent::No { used, free_at },
        })
    }

    /// The same where several limits hold at once, each over a window of its own: they count in all of them or in none. The first
    /// window in which they are too many is told, with what it has.
    pub async fn spend_within(
        &self,
        account: &str,
        changes: u32,
        windows: &[Window],
        now: Timestamp,
    ) -> Result<Option<Full>, StoreError> {
        self.swap(&Key::only(format!("spend#{account}")), |account: Option<Account>| {
            let mut account = account.unwrap_or_default();
            // Whoever asks with a short window leaves what others count in a longer one.
            let longest = windows.iter().map(|window| window.length).fold(KEPT, SignedDuration::max);
            account.minutes.retain(|minute, _| later(end(*minute), longest) > now);
            for window in windows {
                if let Some(full) = account.full(changes, window, now) {
                    return (None, Some(full));
                }
            }
            let count = account.minutes.entry(now.as_second().div_euclid(BUCKET)).or_default();
            *count = count.saturating_add(changes);
            (Some(Next { state: account, expires: Some(later(later(now, longest), KEPT)) }), None)
        })
        .await
    }
}

/// The end of a minute.
fn end(minute: i64) -> Timestamp {
    Timestamp::from_second(minute.saturating_add(1).saturating_mul(BUCKET)).unwrap_or(Timestamp::MAX)
}
