//! What is held while an event is handled, and held on to: the event and the resources.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures::future::{Either, select};
use jiff::Timestamp;
use tokio::sync::Mutex;
use tracing::warn;

use super::handler::Handler;
use crate::journal::{Lease, Released, StoreError};
use crate::model::ResourceKey;

/// How soon the work hears that it has to stop.
const PULSE: Duration = Duration::from_millis(200);

/// An event and the resources that are held for it.
pub(super) struct Hold<'a> {
    handler: &'a Handler,
    event: &'a str,
    holder: &'a str,
    asked: &'a AtomicBool,
    /// Set where the work has to stop: it was asked to, or something was lost that it holds.
    pub stop: AtomicBool,
    leases: Mutex<Vec<Lease>>,
}

impl<'a> Hold<'a> {
    /// An event that was claimed.
    pub fn new(handler: &'a Handler, event: &'a str, holder: &'a str, asked: &'a AtomicBool) -> Self {
        let stop = AtomicBool::new(asked.load(Ordering::SeqCst));
        Self { handler, event, holder, asked, stop, leases: Mutex::default() }
    }

    /// Whether what goes on has to come to an end.
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    /// Holds a resource; `false` where somebody else does. What is held already stays held.
    pub async fn take(&self, key: &ResourceKey) -> Result<bool, StoreError> {
        let mut leases = self.leases.lock().await;
        if leases.iter().any(|lease| lease.key == *key) {
            return Ok(true);
        }
        let now = (self.handler.clock)();
        let lease = self.handler.ledger.acquire(key, self.holder, now, self.handler.hold).await?;
        leases.extend(lease.clone());
        Ok(lease.is_some())
    }

    /// The lease of a resource that is held.
    pub async fn lease(&self, key: &ResourceKey) -> Option<Lease> {
        self.leases.lock().await.iter().find(|lease| lease.key == *key).cloned()
    }

    /// Notes when the state of a resource was read that has been judged; `false` where it is held no more.
    pub async fn judged(&self, key: &ResourceKey, at: Timestamp) -> Result<bool, StoreError> {
        match self.lease(key).await {
            Some(lease) => self.handler.ledger.judged(&lease, at).await,
            None => Ok(false),
        }
    }

    /// Lets a resource go; it is still held where somebody asks for another look.
    pub async fn release(&self, key: &ResourceKey) -> Result<Released, StoreError> {
        let mut leases = self.leases.lock().await;
        let Some(at) = leases.iter().position(|lease| lease.key == *key) else { return Ok(Released::Free) };
        let released = self.handler.ledger.release(leases.swap_remove(at), (self.handler.clock)()).await?;
        if let Released::Marked(lease) = &released {
            leases.push(lease.clone());
        }
        Ok(released)
    }

    /// One of the resources that are held, if any is.
    pub async fn any(&self) -> Option<ResourceKey> {
        self.leases.lock().await.first().map(|lease| lease.key.clone())
    }

    /// Lets everything go where the event is delivered again: whoever has set a mark has handed its news to this event.
    pub async fn let_go(&self) {
        while let Some(key) = self.any().await {
            if let Err(error) = self.release(&key).await {
                warn!(event = self.event, resource = %key, %error, "a resource is held until its time is over");
            }
        }
    }

    /// Holds on to everything for as long as the work takes. Where something is lost all the same, the work is asked to stop:
    /// somebody else may be at it.
    pub async fn while_doing<T>(&self, work: impl Future<Output = T>) -> T {
        match select(pin!(work), pin!(self.beat())).await {
            Either::Left((done, _)) => done,
            Either::Right((never, _)) => match never {},
        }
    }

    async fn beat(&self) -> Infallible {
        let third = Duration::try_from(self.handler.hold).unwrap_or(PULSE) / 3;
        let mut extended = Instant::now();
        loop {
            tokio::time::sleep(PULSE.min(third)).await;
            if self.asked.load(Ordering::SeqCst) {
                self.stop.store(true, Ordering::SeqCst);
            }
            if extended.elapsed() >= third {
                extended = Instant::now();
                if let Err(why) = self.extend().await {
                    warn!(event = self.event, why, "what is held may be lost");
                    self.stop.store(true, Ordering::SeqCst);
                }
            }
        }
    }

    async fn extend(&self) -> Result<(), String> {
        let (ledger, hold) = (&self.handler.ledger, self.handler.hold);
        let claim = ledger.claim(self.event, self.holder, (self.handler.clock)(), hold).await;
        claim.map_err(|error| error.to_string())?;
        for lease in self.leases.lock().await.iter_mut() {
            match ledger.extend(lease, (self.handler.clock)(), hold).await {
                Ok(true) => {}
                Ok(false) => return Err(format!("somebody else has {}", lease.key)),
                Err(error) => return Err(error.to_string()),
            }
        }
        Ok(())
    }
}
