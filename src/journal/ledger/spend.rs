//! How much is changed in an account, in a rolling window.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::swap::{Ledger, Next, later};
use crate::journal::{Key, StoreError};

/// Seconds of a bucket.
const BUCKET: i64 = 60;
/// How much longer the buckets are kept than they count.
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

/// Changes by minutes since 1970.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Account {
    minutes: BTreeMap<i64, u32>,
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
        self.swap(&Key::only(format!("spend#{account}")), |account: Option<Account>| {
            let mut account = account.unwrap_or_default();
            let leaves = |minute: i64| later(end(minute), window);
            account.minutes.retain(|minute, _| leaves(*minute) > now);
            let used = account.minutes.values().fold(0_u32, |sum, count| sum.saturating_add(*count));
            if used.saturating_add(changes) > limit {
                let mut left = used;
                let free = account.minutes.iter().find(|(_, count)| {
                    left = left.saturating_sub(**count);
                    left.saturating_add(changes) <= limit
                });
                return (None, Spent::No { used, free_at: free.map(|(minute, _)| leaves(*minute)) });
            }
            let count = account.minutes.entry(now.as_second().div_euclid(BUCKET)).or_default();
            *count = count.saturating_add(changes);
            (Some(Next { state: account, expires: Some(later(later(now, window), KEPT)) }), Spent::Yes)
        })
        .await
    }
}

/// The end of a minute.
fn end(minute: i64) -> Timestamp {
    Timestamp::from_second(minute.saturating_add(1).saturating_mul(BUCKET)).unwrap_or(Timestamp::MAX)
}
