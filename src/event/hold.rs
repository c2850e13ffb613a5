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
use crate::journal::{Claim, Lease, StoreError};
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

    /// Holds a resource; `false` where somebody else does. What is held already stays held.
    pub async fn take(&self, key: &ResourceKey) -> Result<bool, StoreError> {
        let key = self.handler.apart_key(key);
        let mut leases = self.leases.lock().await;
        if leases.iter().any(|lease| lease.key == key) {
            return Ok(true);
        }
        let now = (self.handler.clock)();
        let lease = self.handler.ledger.acquire(&key, self.holder, now, self.handler.hold).await?;
        leases.extend(lease.clone());
        Ok(lease.is_some())
    }

    /// The lease of a resource that is held.
    pub async fn lease(&self, key: &ResourceKey) -> Option<Lease> {
        let key = self.handler.apart_key(key);
        self.leases.lock().await.iter().find(|lease| lease.key == key).cloned()
    }

    /// Notes when the state of a resource was read that has been judged; `false` where it is held no more.
    pub async fn judged(&self, key: &ResourceKey, at: Timestamp) -> Result<bool, StoreError> {
        match self.lease(key).await {
            Some(lease) => self.handler.ledger.judged(&lease, at).await,
            None => Ok(false),
        }
    }

    /// Lets everything go.
    pub async fn let_go(&self) {
        for lease in std::mem::take(&mut *self.leases.lock().await) {
            let key = lease.key.clone();
            if let Err(error) = self.handler.ledger.release(lease, (self.handler.clock)()).await {
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
        let (mut extended, mut asked) = (Instant::now(), Instant::now());
        loop {
            tokio::time::sleep(PULSE.min(third)).await;
            if self.asked.load(Ordering::SeqCst) {
                self.stop.store(true, Ordering::SeqCst);
            }
            if asked.elapsed() >= SWITCH {
                asked = Instant::now();
                if !matches!(self.handler.ledger.halted().await, Ok(None)) {
                    self.stop.store(true, Ordering::SeqCst);
                }
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
        match claim {
            Ok(Claim::Fresh | Claim::Again { .. }) => {}
            Ok(Claim::Busy { .. } | Claim::Done { .. }) => return Err("somebody else has the event".to_owned()),
            Err(error) => return Err(error.to_string()),
        }
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
