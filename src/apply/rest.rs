//! Reads a resource until the service has finished with it.

use std::time::{Duration, Instant};

use super::executor::{ApplyError, Executor};
use super::late::Late;
use super::stages::Stages;
use crate::cloud::{CallError, CallErrorKind};
use crate::model::{Change, Resource, ResourceKey, RunId, Settled};

/// Why a resource is not known to be at rest.
pub(super) enum Unsettled {
    /// The credentials are not valid any more: nothing can be said of it.
    Expired(CallError),
    /// It cannot be read, or the service has given up, or has not finished.
    Told(String),
}

impl Unsettled {
    /// What is wrong with the resource; that nothing can be read any more ends the run.
    pub fn told(self, run: &RunId) -> Result<String, ApplyError> {
        match self {
            Self::Told(reason) => Ok(reason),
            Self::Expired(error) => Err(expired(run, error)),
        }
    }
}

/// A run that cannot go on with these credentials.
pub(super) fn expired(run: &RunId, error: CallError) -> ApplyError {
    ApplyError::Expired { run: run.clone(), error: Box::new(error) }
}

/// What is found between two calls of a change.
#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
pub(super) enum Between {
    /// What is expected, or what was there before: the next call may be sent.
    GoOn(Option<Resource>),
    /// Somebody else has changed it, at these places.
    Foreign(Vec<String>),
}

impl Executor<'_> {
    /// Reads until the service has finished with whatever somebody has asked for, well or not: until then it refuses other
    /// calls. A service that is busy, or gives no answer, is asked again.
    pub(super) async fn at_rest(
        &self,
        key: &ResourceKey,
        change: &Change,
    ) -> Result<(Option<Resource>, Settled), CallError> {
        let kind = self.types.find(&key.type_name);
        let started = Instant::now();
        let mut pauses = pauses();
        loop {
            let read = self.cloud.read(key, &change.parts).await;
            let state = match (&read, kind) {
                (Ok(Some(resource)), Some(kind)) => kind.settled(resource),
                _ => Settled::Yes,
            };
            let again = match &read {
                Ok(_) => state == Settled::NotYet,
                Err(error) => error.is_passing() && error.kind != CallErrorKind::Expired,
            };
            match pauses.next().filter(|_| again && started.elapsed() < self.options.settle) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return read.map(|read| (read, state)),
            }
        }
    }

    /// Reads until the service has finished with the last call.
    pub(super) async fn settled(&self, key: &ResourceKey, change: &Change) -> Result<Option<Resource>, Unsettled> {
        match self.at_rest(key, change).await {
            Ok((read, Settled::Yes)) => Ok(read),
            Ok((_, Settled::Failed(reason))) => Err(Unsettled::Told(reason)),
            Ok((_, Settled::NotYet)) => Err(Unsettled::Told(format!(
                "the service had not finished after {} seconds",
                self.options.settle.as_secs()
            ))),
            Err(error) if error.kind == CallErrorKind::Expired => Err(Unsettled::Expired(error)),
            Err(error) => Err(Unsettled::Told(error.to_string())),
        }
    }

    /// Reads what the calls so far have made of the resource. A read may lag behind them for a while, and a service may do less
    /// than it says; what is as it is at no stage of the change is somebody else's doing.
    pub(super) async fn between(
        &self,
        change: &Change,
        late: &Late,
        stages: &Stages,
        done: usize,
    ) -> Result<Between, Unsettled> {
        let key = late.place(change);
        let started = Instant::now();
        let mut pauses = pauses();
        loop {
            let now = self.settled(&key, change).await?;
            let foreign = stages.foreign(now.as_ref());
            let expected = match stages.at(done) {
                Some(_) => stages.is(done, now.as_ref()) || (stages.is_new() && now.is_some()),
                None => foreign.is_empty(),
            };
            if expected {
                return Ok(Between::GoOn(now));
            }
            match pauses.next().filter(|_| started.elapsed() < self.options.lag) {
                Some(pause) => tokio::time::sleep(pause).await,
                None if foreign.is_empty() => return Ok(Between::GoOn(now)),
                None => return Ok(Between::Foreign(foreign)),
            }
        }
    }
}

/// Growing pauses between reads, for as long as somebody waits.
pub(super) fn pauses() -> impl Iterator<Item = Duration> {
    [50, 100, 200, 400, 800].into_iter().chain(std::iter::repeat(1000)).map(Duration::from_millis)
}
