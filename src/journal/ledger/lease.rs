//! Who works on which resource: one at a time.
//!
//! Whoever finds a resource held by somebody else comes again later: its news is its own, and kept where it came from, until it
//! has looked itself or finds that the resource was judged since.

use jiff::{SignedDuration, Timestamp};

use super::resource::Held;
use super::swap::{Ledger, later};
use crate::journal::StoreError;
use crate::model::ResourceKey;

/// A resource that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The resource.
    pub key: ResourceKey,
    /// Who holds it: one handling, not a machine that has many.
    pub holder: String,
    /// Until when nobody else can acquire it.
    pub until: Timestamp,
    /// Grows with each acquisition of the resource: a fencing token.
    pub generation: u64,
}

impl Ledger {
    /// Acquires a resource; none where somebody else holds it and its time is not over. A holder that asks again is given a
    /// new lease, and the one that it had is lost.
    pub async fn acquire(
        &self,
        key: &ResourceKey,
        holder: &str,
        now: Timestamp,
        patience: SignedDuration,
    ) -> Result<Option<Lease>, StoreError> {
        self.resource(key, |mut state| {
            if state.lease.as_ref().is_some_and(|held| held.holder != holder && held.until > now) {
                return (None, None);
            }
            let until = later(now, patience);
            state.generation = state.generation.saturating_add(1);
            state.lease = Some(Held { holder: holder.to_owned(), until });
            let lease = Lease { key: key.clone(), holder: holder.to_owned(), until, generation: state.generation };
            (state.next(now), Some(lease))
        })
        .await
    }

    /// Holds a resource for longer; `false` where the lease was lost: somebody else has acquired it.
    pub async fn extend(
        &self,
        lease: &mut Lease,
        now: Timestamp,
        patience: SignedDuration,
    ) -> Result<bool, StoreError> {
        let generation = lease.generation;
        let until = self
            .resource(&lease.key, |mut state| {
                let holds = state.holds(generation);
                let Some(held) = state.lease.as_mut().filter(|_| holds) else { return (None, None) };
                held.until = held.until.max(later(now, patience));
                let until = held.until;
                (state.next(now), Some(until))
            })
            .await?;
        lease.until = until.unwrap_or(lease.until);
        Ok(until.is_some())
    }

    /// Lets a resource go; `false` where the lease was lost: somebody else has acquired it since.
    pub async fn release(&self, lease: Lease, now: Timestamp) -> Result<bool, StoreError> {
        self.resource(&lease.key, |mut state| {
            if !state.holds(lease.generation) {
                return (None, false);
            }
            state.lease = None;
            (state.next(now), true)
        })
        .await
    }
}
