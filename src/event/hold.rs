//! What is held while an event is handled, and held on to: the event and the resources.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures::future::{Either, join, select};
use jiff::Timestamp;
use tracing::warn;

use super::handler::Handler;
use crate::apply;
use crate::journal::{Claim, Holder, Lease, StoreError};
use crate::model::ResourceKey;

/// How soon the work hears that it has to stop.
const PULSE: Duration = Duration::from_millis(200);

/// How soon a run that is under way hears that changes were switched off.
const SWITCH: Duration = Duration::from_secs(5);

/// An event and the resources that are held for it.
pub(super) struct Hold<'a> {
    handler: &'a Handler,
    event: &'a str,
    holder: &'a str,
    asked: &'a AtomicBool,
    /// The resources, and what stops the work: it was asked to, or something was lost that it holds.
    pub resources: apply::Hold,
}

impl<'a> Hold<'a> {
    /// An event that was claimed.
    pub fn new(handler: &'a Handler, event: &'a str, holder: &'a str, asked: &'a AtomicBool) -> Self {
        let stop = Arc::new(AtomicBool::new(asked.load(Ordering::SeqCst)));
        let name = format!("the handler of event {event} ({})", holder.get(20..).unwrap_or(holder));
        let resources = apply::Hold::new(handler.ledger.clone(), name, handler.hold, handler.clock, stop);
        Self { handler, event, holder, asked, resources }
    }

    /// Holds a resource; the one who holds it instead where somebody does. What is held already stays held.
    pub async fn take(&self, key: &ResourceKey) -> Result<Result<(), Holder>, StoreError> {
        self.resources.take(&self.handler.apart_key(key)).await
    }

    /// The lease of a resource that is held.
    pub async fn lease(&self, key: &ResourceKey) -> Option<Lease> {
        self.resources.lease(&self.handler.apart_key(key)).await
    }

    /// Notes when the state of a resource was read that has been judged; `false` where it is held no more.
    pub async fn judged(&self, key: &ResourceKey, at: Timestamp) -> Result<bool, StoreError> {
        match self.lease(key).await {
            Some(lease) => self.handler.ledger.judged(&lease, at).await,
            None => Ok(false),
        }
    }

    /// Holds on to everything for as long as the work takes. Where something is lost all the same, the work is asked to stop:
    /// somebody else may be at it.
    pub async fn while_doing<T>(&self, work: impl Future<Output = T>) -> T {
        match select(pin!(work), pin!(join(self.beat(), self.resources.beat()))).await {
            Either::Left((done, _)) => done,
            Either::Right(((never, _), _)) => match never {},
        }
    }

    async fn beat(&self) -> Infallible {
        let third = Duration::try_from(self.handler.hold).unwrap_or(PULSE) / 3;
        let stop = || self.resources.stop.store(true, Ordering::SeqCst);
        let (mut extended, mut asked) = (Instant::now(), Instant::now());
        loop {
            tokio::time::sleep(PULSE.min(third)).await;
            if self.asked.load(Ordering::SeqCst) {
                stop();
            }
            if asked.elapsed() >= SWITCH {
                asked = Instant::now();
                if !matches!(self.handler.ledger.halted().await, Ok(None)) {
                    stop();
                }
            }
            if extended.elapsed() >= third {
                extended = Instant::now();
                if let Err(why) = self.extend().await {
                    warn!(event = self.event, why, "what is held may be lost");
                    stop();
                }
            }
        }
    }

    async fn extend(&self) -> Result<(), String> {
        let claim = self.handler.ledger.claim(self.event, self.holder, (self.handler.clock)(), self.handler.hold).await;
        match claim {
            Ok(Claim::Fresh | Claim::Again { .. }) => Ok(()),
            Ok(Claim::Busy { .. } | Claim::Done { .. }) => Err("somebody else has the event".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }
}
