//! Who works on which resource: one at a time.
//!
//! Whoever finds a resource held by somebody else comes again later: its news is its own, and kept where it came from, until it
//! has looked itself or finds that the resource was judged since.

use std::fmt;

use jiff::{SignedDuration, Timestamp, Unit};

use super::resource::Held;
use super::swap::{Ledger, later};
use crate::journal::StoreError;
use crate::model::{ResourceKey, RunId};

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

/// Somebody else's lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The resource, or the run ([`run_key`]).
    pub key: ResourceKey,
    /// Who holds it.
    pub name: String,
    /// Since when, as far as it is known.
    pub since: Option<Timestamp>,
    /// Until when, unless it is held for longer by then.
    pub until: Timestamp,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, name, since, until } = self;
        match key.type_name.as_str() {
            RUN => write!(f, "run {} is held by {name}", key.id)?,
            _ => write!(f, "{key} is held by {name}")?,
        }
        let second = |time: &Timestamp| time.round(Unit::Second).unwrap_or(*time);
        if let Some(since) = since {
            write!(f, " since {}", second(since))?;
        }
        write!(f, ", until {} unless it goes on by then", second(until))
    }
}

/// The type of what stands for a run where resources are held.
const RUN: &str = "Rectify::Run";

/// What is held of a run.
pub fn run_key(run: &RunId) -> ResourceKey {
    ResourceKey { type_name: RUN.into(), account: String::new(), region: String::new(), id: run.to_string() }
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
        Ok(self.try_acquire(key, holder, now, patience).await?.ok())
    }

    /// The same, and who holds it instead.
    pub async fn try_acquire(
        &self,
        key: &ResourceKey,
        holder: &str,
        now: Timestamp,
        patience: SignedDuration,
    ) -> Result<Result<Lease, Holder>, StoreError> {
        self.resource(key, |mut state| {
            if let Some(other) = state.held(key, now).filter(|other| other.name != holder) {
                return (None, Err(other));
            }
            let until = later(now, patience);
            state.generation = state.generation.saturating_add(1);
            state.lease = Some(Held { holder: holder.to_owned(), since: Some(now), until });
            let lease = Lease { key: key.clone(), holder: holder.to_owned(), until, generation: state.generation };
            (state.next(now), Ok(lease))
        })
        .await
    }

    /// Who holds a resource now.
    pub async fn holder(&self, key: &ResourceKey, now: Timestamp) -> Result<Option<Holder>, StoreError> {
        Ok(self.state(key).await?.held(key, now))
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
