//! Whether a change may still be begun: the account is as it was when the plan was made.

use super::executor::Executor;
use super::late::Late;
use crate::cloud::{CallError, CallErrorKind};
use crate::engine::{differences, document_hash};
use crate::model::{Change, ChangeKind, Locate, Resource, ResourceKey, RunKind, RunState};

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
            None if change.kind == ChangeKind::Create => return self.has_no_parts(state, change, late).await,
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
    /// time. What the plan creates as a part of it under a known id tells: a key is there by now if its alias is. What merely
    /// uses it does not, since a log group comes by itself.
    async fn has_no_parts(&self, state: &RunState, change: &Change, late: &Late) -> Result<Option<Resource>, Stale> {
        let parts = state.plan.changes.iter().filter(|part| {
            part.kind == ChangeKind::Create && part.depends_on.contains(&change.id) && self.is_part(part, change)
        });
        for part in parts {
            let Some(key) = late.known(part) else { continue };
            let read = self.read_again(&key, part).await.map_err(|stale| match stale {
                Stale::Told(why) => Stale::Told(format!("whether it exists by now is not known: {key}: {why}")),
                expired @ Stale::Expired(_) => expired,
            })?;
            if read.is_some() {
                return Err(Stale::Told(format!(
                    "its {key} exists by now, and the plan would create both; make a new plan"
                )));
            }
        }
        Ok(None)
    }

    /// Whether what a change creates belongs to what another one creates.
    fn is_part(&self, part: &Change, whole: &Change) -> bool {
        let kind = self.types.find(&part.resource.type_name);
        let relation = kind.and_then(|kind| kind.relation(kind.belongs_to()?));
        let (Some(relation), Some(after)) = (relation, &part.after) else { return false };
        let named = match (relation.locate)(after) {
            Locate::Ids(ids) => ids,
            Locate::ChildrenOf(_) | Locate::Referring(_) => return false,
        };
        relation.of == whole.resource.type_name.as_str() && named.contains(&whole.resource.id)
    }

    async fn read_again(&self, key: &ResourceKey, change: &Change) -> Result<Option<Resource>, Stale> {
        match self.at_rest(key, change).await {
            Ok((read, _)) => Ok(read),
            Err(error) if error.kind == CallErrorKind::Expired => Err(Stale::Expired(error)),
            Err(error) => Err(Stale::Told(format!("it could not be read again: {error}"))),
        }
    }
}
