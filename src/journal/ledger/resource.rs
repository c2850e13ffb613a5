//! What is remembered of a resource: one item, so that whatever is decided about it is decided on all of it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::swap::{Ledger, Next, later};
use super::{Fix, Holder, Quarantine};
use crate::journal::{Key, StoreError};
use crate::model::{ResourceKey, RunId};

/// How long a resource is remembered of which nothing is heard.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    pub lease: Option<Held>,
    /// Of the last lease; 0 before the first one.
    pub generation: u64,
    pub judged: Option<Timestamp>,
    pub fixes: Vec<Fix>,
    /// The run that is under way on it.
    #[serde(default)]
    pub run: Option<RunId>,
    pub quarantine: Option<Quarantine>,
    /// When it may be collected as garbage.
    pub kept: Timestamp,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Held {
    pub holder: String,
    #[serde(default)]
    pub since: Option<Timestamp>,
    pub until: Timestamp,
}

impl State {
    /// Whether the lease of that generation stands: nobody has acquired the resource since.
    pub fn holds(&self, generation: u64) -> bool {
        self.lease.is_some() && self.generation == generation
    }

    /// Who holds the resource, whose state this is.
    pub fn held(&self, key: &ResourceKey, now: Timestamp) -> Option<Holder> {
        let held = self.lease.as_ref().filter(|held| held.until > now)?;
        Some(Holder { key: key.clone(), name: held.holder.clone(), since: held.since, until: held.until })
    }

    /// To be written as it is; remembered for a good while from a time on.
    pub fn next(mut self, time: Timestamp) -> Option<Next<Self>> {
        self.kept = self.kept.max(later(time, KEPT));
        Some(Next { expires: Some(self.kept), state: self })
    }
}

impl Ledger {
    /// Decides on what is remembered of a resource; of one that nothing is known of, the default.
    pub(super) async fn resource<R: Send>(
        &self,
        key: &ResourceKey,
        mut decide: impl FnMut(State) -> (Option<Next<State>>, R) + Send,
    ) -> Result<R, StoreError> {
        self.swap(&item(key), |state: Option<State>| decide(state.unwrap_or_default())).await
    }

    /// Notes the run that is about to change a resource: whoever takes the resource from a holder that has died brings its run to
    /// an end first.
    pub async fn note_change(&self, key: &ResourceKey, run: &RunId, now: Timestamp) -> Result<(), StoreError> {
        self.resource(key, |mut state| {
            state.run = Some(run.clone());
            (state.next(now), ())
        })
        .await
    }

    /// A run changes a resource no more, or never did. The note of another run stays.
    pub async fn forget_change(&self, key: &ResourceKey, run: &RunId, now: Timestamp) -> Result<(), StoreError> {
        self.resource(key, |mut state| {
            if state.run.as_ref() != Some(run) {
                return (None, ());
            }
            state.run = None;
            (state.next(now), ())
        })
        .await
    }

    /// The run that was changing a resource when its holder was last heard of.
    pub async fn changing(&self, key: &ResourceKey) -> Result<Option<RunId>, StoreError> {
        Ok(self.state(key).await?.run)
    }

    pub(super) async fn state(&self, key: &ResourceKey) -> Result<State, StoreError> {
        Ok(self.read(&item(key)).await?.unwrap_or_default())
    }
}

fn item(key: &ResourceKey) -> Key {
    Key::only(format!("resource#{}", name(key)))
}

/// The key as one text. Only the id, which comes last, may hold a bar.
pub(super) fn name(key: &ResourceKey) -> String {
    format!("{}|{}|{}|{}", key.type_name, key.account, key.region, key.id)
}
