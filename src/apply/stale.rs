//! Whether a change may still be begun: the account is as it was when the plan was made.

use super::executor::Executor;
use super::late::Late;
use super::rest::Unsettled;
use crate::cloud::{CallError, CallErrorKind};
use crate::engine::{asked_by, differences, document_hash, would_do};
use crate::model::{Change, ChangeKind, Resource, ResourceKey, RunKind, RunState};

/// What there is before a change.
#[derive(Default)]
pub(super) struct Current {
    /// The document.
    pub document: Option<Resource>,
    /// Before something is created whose id the service makes up, the ids of its type that there are.
    pub others: Option<Vec<String>>,
}

/// Why a change is not begun.
pub(super) enum Stale {
    /// The credentials are not valid any more.
    Expired(CallError),
    /// What is wrong with the resource.
    Told(String),
}

impl Executor<'_> {
    /// The document as it is, if it is still what the plan was made from.
    pub(super) async fn current(&self, state: &RunState, change: &Change, late: &Late) -> Result<Current, Stale> {
        let key = match late.known(change) {
            Some(key) => key,
            None if change.kind == ChangeKind::Create => {
                return Ok(Current { document: None, others: self.still_missing(change, late).await? });
            }
            None => late.place(change),
        };
        let current = self.read_again(&key, change).await?;
        let stale = match (current, &change.before_hash) {
            (None, None) => return Ok(Current::default()),
            (Some(current), Some(hash)) if document_hash(&current) == *hash => {
                return Ok(Current { document: Some(current), others: None });
            }
            (Some(_), None) => "it exists by now, and the plan would create it".into(),
            (None, Some(_)) => "it is not there any more".into(),
            (Some(current), Some(_)) => {
                let planned = change.before.as_ref().map(|before| late.document(before).properties).unwrap_or_default();
                let paths: Vec<String> =
                    differences(&planned, &current.properties).into_iter().map(|difference| difference.path).collect();
                let paths = paths.join(", ");
                match state.kind_of(&change.id) {
                    RunKind::Apply => format!("it has changed since the plan was made ({paths}); make a new plan"),
                    RunKind::Undo => {
                        format!("somebody has changed it since the run ({paths}); --force takes it back all the same")
                    }
                }
            }
        };
        Err(Stale::Told(stale))
    }

    /// The ids of what there is beside what is created under an id of the service's: it cannot be asked for itself, would be made
    /// a second time, and is looked for as it was when the plan was made. What is always made is made all the same where they
    /// cannot be told.
    async fn still_missing(&self, change: &Change, late: &Late) -> Result<Option<Vec<String>>, Stale> {
        let kind = self.types.find(&change.resource.type_name);
        let find = change.find.as_ref().map(|find| late.value(find));
        let parts = find.as_ref().zip(kind).map(|(find, kind)| asked_by(find, kind)).unwrap_or_default();
        let found = match self.all_of(change, late, &parts).await {
            Ok(found) => found,
            Err(Unsettled::Expired(error)) => return Err(Stale::Expired(error)),
            Err(Unsettled::Told(_)) if find.is_none() => return Ok(None),
            Err(Unsettled::Told(why)) => {
                return Err(Stale::Told(format!("whether one exists by now is not known: {why}")));
            }
        };
        let would_do = |resource: &&Resource| find.as_ref().is_some_and(|find| would_do(resource, find));
        if let Some(other) = found.iter().find(would_do) {
            let told = format!("{} exists by now, and the plan would create another one; make a new plan", other.key());
            return Err(Stale::Told(told));
        }
        let mut ids: Vec<String> = found.into_iter().map(|resource| resource.id).collect();
        ids.sort();
        Ok(Some(ids))
    }

    async fn read_again(&self, key: &ResourceKey, change: &Change) -> Result<Option<Resource>, Stale> {
        match self.at_rest(key, change).await {
            Ok((read, _)) => Ok(read),
            Err(error) if error.kind == CallErrorKind::Expired => Err(Stale::Expired(error)),
            Err(error) => Err(Stale::Told(format!("it could not be read again: {error}"))),
        }
    }
}
