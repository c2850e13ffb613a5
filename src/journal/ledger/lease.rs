//! Who works on which resource: one at a time, and nobody's news is lost.
//!
//! Whoever has news of a resource acquires it, or, where somebody else holds it, marks it; where in the meantime nobody
//! holds it any more, it is acquired after all. A holder that finds a mark as it releases still holds the resource, and looks
//! once more. A mark stands for news of the past, so whoever acquires a resource takes it off: the state that is read
//! from then on has the news. Where a holder ends without releasing, its own event is delivered again, and looked at then.

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

/// What becomes of a lease that is released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Released {
    /// Nobody holds the resource, or somebody else has acquired it since.
    Free,
    /// It has been marked: it is still held, without the mark, and its holder has to look once more. Its time has not
    /// grown: where little is left of it, extend it first.
    Marked(Lease),
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
            state.lease = Some(Held { holder: holder.to_owned(), until, marked: false });
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

    /// Has the holder look once more before it releases the resource; `false` where nobody holds it, or nobody any more.
    pub async fn mark(&self, key: &ResourceKey, now: Timestamp) -> Result<bool, StoreError> {
        self.resource(key, |mut state| {
            let Some(held) = state.lease.as_mut().filter(|held| held.until > now) else { return (None, false) };
            if held.marked {
                return (None, true);
            }
            held.marked = true;
            (state.next(now), true)
        })
        .await
    }

    /// Lets a resource go, unless it has been marked.
    pub async fn release(&self, lease: Lease, now: Timestamp) -> Result<Released, StoreError> {
        let (key, generation) = (lease.key.clone(), lease.generation);
        // Decided again, the mark may be gone because the first decision was written after all and its answer lost.
        let mut found = false;
        let marked = self
            .resource(&key, |mut state| {
                if !state.holds(generation) {
                    return (None, false);
                }
                match state.lease.as_mut() {
                    Some(held) if held.marked => {
                        held.marked = false;
                        found = true;
                        (state.next(now), true)
                    }
                    Some(_) if found => (None, true),
                    _ => {
                        state.lease = None;
                        (state.next(now), false)
                    }
                }
            })
            .await?;
        Ok(if marked { Released::Marked(lease) } else { Released::Free })
    }
}
