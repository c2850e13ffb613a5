//! Whether a change may still be begun: the account is as it was when the plan was made.

use super::executor::Executor;
use super::late::Late;
use crate::cloud::{CallError, CallErrorKind};
use crate::engine::{asked_by, differences, document_hash, would_do};
use crate::model::{Change, ChangeKind, Resource, ResourceKey, RunKind, RunState, Unread};

/// Why a change is not begun.
pub(super) enum Stale {
    /// The credentials are not valid any more.
    Expired(CallError),
    /// What is wrong with the resource.
    Told(String),
}

impl Executor<'_> {
    /// The document as it is, if it is still what the plan was made from.
    pub(super) async fn current(
        &self,
        state: &RunState,
        change: &Change,
        late: &Late,
    ) -> Result<Option<Resource>, Stale> {
        let key = match late.known(change) {
            Some(key) => key,
            None if change.kind == ChangeKind::Create => return self.still_missing(change, late).await,
            None => late.place(change),
        };
        let current = self.read_again(&key, change).await?;
        let stale = match (current, &change.before_hash) {
            (None, None) => return Ok(None),
            (Some(current), Some(hash)) if document_hash(&current) == *hash => return Ok(Some(current)),
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

    /// Nothing, for what is created under an id of the service's: it cannot be asked for itself, and would be made a second
    /// time. It is looked for as it was when the plan was made.
    async fn still_missing(&self, change: &Change, late: &Late) -> Result<Option<Resource>, Stale> {
        let kind = self.types.find(&change.resource.type_name);
        let Some((find, kind)) = change.find.as_ref().map(|find| late.value(find)).zip(kind) else { return Ok(None) };
        let listing = self.listed(change, late, &asked_by(&find, kind)).await;
        if let Some(error) = listing.expired {
            return Err(Stale::Expired(error));
        }
        if let Some(found) = listing.resources.iter().find(|resource| would_do(resource, &find)) {
            let told = format!("{} exists by now, and the plan would create another one; make a new plan", found.key());
            return Err(Stale::Told(told));
        }
        match listing.unread.first() {
            Some(Unread { resource, reason, .. }) => {
                Err(Stale::Told(format!("whether one exists by now is not known: {resource}: {reason}")))
            }
            None => Ok(None),
        }
    }

    async fn read_again(&self, key: &ResourceKey, change: &Change) -> Result<Option<Resource>, Stale> {
        match self.at_rest(key, change).await {
            Ok((read, _)) => Ok(read),
            Err(error) if error.kind == CallErrorKind::Expired => Err(Stale::Expired(error)),
            Err(error) => Err(Stale::Told(format!("it could not be read again: {error}"))),
        }
    }
}
