//! A call whose answer was lost: reading again says whether it was done.

use std::time::Instant;

use super::executor::Executor;
use super::late::Late;
use super::rest::{Unsettled, pauses};
use super::stages::{Says, Stages};
use super::verify::differs;
use crate::model::{Change, Locate, Parts, Resource, ResourceKey, Sent};

/// What reading again says of a call.
pub(super) enum Happened {
    /// It was done; what it created, if it did.
    Yes(Sent),
    /// It was not.
    No,
    /// That cannot be said, and why.
    Unclear(String),
}

impl Executor<'_> {
    /// All that there is of a change's type, in what it belongs to. What cannot be read for a moment is waited for.
    pub(super) async fn all_of(&self, change: &Change, late: &Late, parts: &Parts) -> Result<Vec<Resource>, Unsettled> {
        let key = &change.resource;
        let whole = self.types.find(&key.type_name).and_then(|kind| kind.relation(kind.belongs_to()?));
        let within = late.planned(change).zip(whole).and_then(|(planned, whole)| match (whole.locate)(&planned) {
            Locate::Ids(ids) => ids.into_iter().next(),
            Locate::ChildrenOf(_) | Locate::Referring(_) => None,
        });
        let started = Instant::now();
        let mut pauses = pauses();
        loop {
            let listing = self.cloud.list(key.type_name.as_str(), &key.region, within.as_deref(), parts).await;
            if let Some(error) = listing.expired {
                return Err(Unsettled::Expired(error));
            }
            let Some(unread) = listing.unread.first() else { return Ok(listing.resources) };
            match pauses.next().filter(|_| unread.passing && started.elapsed() < self.options.settle) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => {
                    return Err(Unsettled::Told(format!("{} could not be read: {}", unread.resource, unread.reason)));
                }
            }
        }
    }

    /// Whether a call was done, of which nobody has heard an answer.
    pub(super) async fn happened(
        &self,
        change: &Change,
        late: &Late,
        stages: &Stages,
        call: usize,
        others: Option<&[String]>,
    ) -> Result<Happened, Unsettled> {
        let Some(key) = late.known(change) else { return self.created(change, late, stages, call, others).await };
        let started = Instant::now();
        let mut pauses = pauses();
        loop {
            let now = self.settled(&key, change).await?;
            let says = stages.says(call, now.as_ref());
            if says == Says::Done {
                let made = stages.at(call).is_some_and(|before| before.is_none());
                return Ok(Happened::Yes(now.filter(|_| made).map(|made| sent(&made)).unwrap_or_default()));
            }
            let foreign = stages.foreign(now.as_ref());
            match pauses.next().filter(|_| started.elapsed() < self.options.lag) {
                // What the service did may show only after a while.
                Some(pause) => tokio::time::sleep(pause).await,
                None if says == Says::Undone => return Ok(Happened::No),
                None if foreign.is_empty() => {
                    return Ok(Happened::Unclear("it is neither as it was nor as the call makes it".into()));
                }
                None => return Ok(Happened::Unclear(format!("somebody else has changed {}", foreign.join(", ")))),
            }
        }
    }

    /// Looks for what a call may have created: what was not there before and is just as it was to be.
    async fn created(
        &self,
        change: &Change,
        late: &Late,
        stages: &Stages,
        call: usize,
        others: Option<&[String]>,
    ) -> Result<Happened, Unsettled> {
        let unclear = |why: String| Ok(Happened::Unclear(why));
        let Some(others) = others else { return unclear("what there was before it is not known".into()) };
        let Some(wanted) = stages.at(call + 1).flatten().filter(|wanted| late.all_known(wanted)) else {
            return unclear("how it begins is not known".into());
        };
        let started = Instant::now();
        let mut pauses = pauses();
        loop {
            let found = match self.all_of(change, late, &Parts::default()).await {
                Ok(found) => found,
                Err(Unsettled::Told(missed)) => return unclear(missed),
                Err(expired @ Unsettled::Expired(_)) => return Err(expired),
            };
            let new: Vec<ResourceKey> = found.iter().map(Resource::key).collect();
            let new: Vec<ResourceKey> = new.into_iter().filter(|key| !others.contains(&key.id)).collect();
            let mut made = Vec::new();
            for key in &new {
                let read = self.settled(key, change).await?;
                made.extend(read.filter(|read| differs(None, Some(wanted), Some(read)).is_empty()));
            }
            match made.as_slice() {
                [one] => return Ok(Happened::Yes(sent(one))),
                [] => match pauses.next().filter(|_| started.elapsed() < self.options.lag) {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None if new.is_empty() => return Ok(Happened::No),
                    None => return unclear(format!("new by now, and not as planned: {}", ids(new))),
                },
                [..] => return unclear(format!("each of these may be it: {}", ids(made.iter().map(Resource::key)))),
            }
        }
    }

    /// What is told where nobody knows whether something was created.
    pub(super) fn look_for(key: &ResourceKey, why: &str) -> String {
        format!(
            "whether it was created is not known ({why}): look for a {} that rectify made, and delete it if it is not used",
            key.type_name
        )
    }
}

fn ids(keys: impl IntoIterator<Item = ResourceKey>) -> String {
    keys.into_iter().map(|key| key.id).collect::<Vec<_>>().join(", ")
}

/// What a call that created a resource would have answered.
fn sent(made: &Resource) -> Sent {
    Sent { id: Some(made.id.clone()), arn: Some(made.arn.clone()).filter(|arn| !arn.is_empty()), request_id: None }
}
