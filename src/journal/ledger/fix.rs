//! What was judged and fixed of a resource, and how often.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Lease;
use super::swap::{Ledger, earlier};
use crate::journal::StoreError;
use crate::model::{PolicyId, ResourceKey, RunId};

/// A fix of a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fix {
    /// The run that made it.
    pub run: RunId,
    /// The policies that had been violated.
    pub policies: Vec<PolicyId>,
    /// Who had brought the resource into violation, as far as it is known.
    pub who: Option<String>,
    /// When it was made.
    pub at: Timestamp,
}

impl Ledger {
    /// Notes when the state was read that has been judged: news from before it is no news. `false` where the lease was lost,
    /// and nothing is noted: the one who has it judges anew.
    pub async fn judged(&self, lease: &Lease, at: Timestamp) -> Result<bool, StoreError> {
        self.resource(&lease.key, |mut state| {
            if !state.holds(lease.generation) {
                return (None, false);
            }
            if state.judged.is_some_and(|judged| judged >= at) {
                return (None, true);
            }
            state.judged = Some(at);
            (state.next(at), true)
        })
        .await
    }

    /// When the state had been read that was judged last.
    pub async fn last_judged(&self, key: &ResourceKey) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.state(key).await?.judged)
    }

    /// Notes a fix, and tells how many of the resource there were in the window that ends with it; what is older is dropped. A
    /// run's fix counts once however often it is noted, and it counts where the lease was lost too: it was made.
    pub async fn fixed(&self, lease: &Lease, fix: Fix, window: SignedDuration) -> Result<usize, StoreError> {
        let from = earlier(fix.at, window);
        self.resource(&lease.key, |mut state| {
            state.fixes.retain(|other| other.at > from && other.run != fix.run);
            state.fixes.push(fix.clone());
            state.fixes.sort_by_key(|fix| fix.at);
            let count = state.fixes.len();
            (state.next(fix.at), count)
        })
        .await
    }

    /// The fixes of the resource in the window that ends now, the oldest first.
    pub async fn fixes(
        &self,
        key: &ResourceKey,
        now: Timestamp,
        window: SignedDuration,
    ) -> Result<Vec<Fix>, StoreError> {
        let from = earlier(now, window);
        let mut fixes = self.state(key).await?.fixes;
        fixes.retain(|fix| fix.at > from);
        Ok(fixes)
    }
}
