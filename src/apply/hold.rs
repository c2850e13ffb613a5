//! What is held while somebody works, and held on to: a run, and the resources that it changes.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::future::{Either, select};
use jiff::{SignedDuration, Timestamp};
use tracing::warn;

use crate::journal::{Holder, Lease, Ledger, StoreError};
use crate::model::ResourceKey;

/// How soon the work hears that it has to stop.
const PULSE: Duration = Duration::from_millis(200);

/// Leases that are one holder's, extended while it works.
///
/// Where one is lost all the same, or could not be extended in time, somebody else may be at the work: it is asked to stop
/// before its next change, and until then [`Hold::fence`] lets nothing through, neither to the journal nor to the account.
/// What was on its way by then is noticed by the other one, which reads everything again.
pub struct Hold {
    ledger: Ledger,
    /// Who holds, for people and for whoever asks again: no other holder has the same name.
    name: String,
    /// How long a lease lasts.
    patience: SignedDuration,
    clock: fn() -> Timestamp,
    leases: tokio::sync::Mutex<Vec<Lease>>,
    state: Mutex<State>,
    /// Set where the work has to stop before its next change.
    pub stop: Arc<AtomicBool>,
}

#[derive(Default)]
struct State {
    /// When the first of the leases is over; none where nothing is held.
    until: Option<Timestamp>,
    /// What was lost, and how.
    lost: Option<String>,
}

impl Hold {
    /// Nothing is held yet.
    pub fn new(
        ledger: Ledger,
        name: String,
        patience: SignedDuration,
        clock: fn() -> Timestamp,
        stop: Arc<AtomicBool>,
    ) -> Self {
        Self { ledger, name, patience, clock, leases: tokio::sync::Mutex::default(), state: Mutex::default(), stop }
    }

    /// Holds a resource; the one who holds it instead where somebody does. What is held already stays held.
    pub async fn take(&self, key: &ResourceKey) -> Result<Result<(), Holder>, StoreError> {
        let mut leases = self.leases.lock().await;
        if leases.iter().any(|lease| lease.key == *key) {
            return Ok(Ok(()));
        }
        let taken = self.ledger.try_acquire(key, &self.name, (self.clock)(), self.patience).await?;
        let taken = taken.map(|lease| leases.push(lease));
        self.note(&leases);
        Ok(taken)
    }

    /// The lease of a resource that is held.
    pub async fn lease(&self, key: &ResourceKey) -> Option<Lease> {
        self.leases.lock().await.iter().find(|lease| lease.key == *key).cloned()
    }

    /// Who holds a resource now.
    pub async fn holder(&self, key: &ResourceKey) -> Result<Option<Holder>, StoreError> {
        self.ledger.holder(key, (self.clock)()).await
    }

    /// Lets everything go.
    pub async fn let_go(&self) {
        let mut leases = self.leases.lock().await;
        for lease in std::mem::take(&mut *leases) {
            let key = lease.key.clone();
            if let Err(error) = self.ledger.release(lease, (self.clock)()).await {
                warn!(resource = %key, %error, "a resource is held until its time is over");
            }
        }
        self.note(&leases);
    }

    /// Whether everything is still held; the text is what is not.
    pub fn fence(&self) -> Result<(), String> {
        let state = self.state();
        match (&state.lost, state.until) {
            (Some(lost), _) => Err(lost.clone()),
            (None, Some(until)) if until <= (self.clock)() => {
                Err(format!("what {} held was not extended in time, and is somebody else's to take", self.name))
            }
            (None, _) => Ok(()),
        }
    }

    /// Holds on to everything for as long as the work takes.
    pub async fn while_doing<T>(&self, work: impl Future<Output = T>) -> T {
        match select(pin!(work), pin!(self.beat())).await {
            Either::Left((done, _)) => done,
            Either::Right((never, _)) => match never {},
        }
    }

    /// Extends the leases, for ever.
    pub async fn beat(&self) -> Infallible {
        let patience = Duration::try_from(self.patience).unwrap_or(PULSE);
        let third = patience / 3;
        let (mut extended, mut tried) = (Instant::now(), Instant::now());
        loop {
            tokio::time::sleep(PULSE.min(third)).await;
            // After one that has failed it is tried more often.
            let wait = if tried > extended { third / 4 } else { third };
            if tried.elapsed() < wait {
                continue;
            }
            tried = Instant::now();
            match self.extend().await {
                Ok(()) => extended = Instant::now(),
                Err(why) => {
                    warn!(holder = self.name, why, "what is held may be lost");
                    if self.state().lost.is_some() || extended.elapsed() >= third * 2 {
                        self.stop.store(true, Ordering::SeqCst);
                    }
                }
            }
        }
    }

    /// Extends each lease once.
    pub(super) async fn extend(&self) -> Result<(), String> {
        let mut leases = self.leases.lock().await;
        let mut failed = Ok(());
        for lease in leases.iter_mut() {
            match self.ledger.extend(lease, (self.clock)(), self.patience).await {
                Ok(true) => {}
                Ok(false) => {
                    let lost = format!("{} was lost to somebody else", lease.key);
                    self.state().lost = Some(lost.clone());
                    return Err(lost);
                }
                Err(error) => failed = Err(error.to_string()),
            }
        }
        self.note(&leases);
        failed
    }

    fn note(&self, leases: &[Lease]) {
        self.state().until = leases.iter().map(|lease| lease.until).min();
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
