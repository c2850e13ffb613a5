//! A run that takes back what it has done itself: the events of that, and what they do to its state.

use serde::{Deserialize, Serialize};

use super::{Change, ChangeId, ChangeOutcome, ChangeProgress, RunKind, RunState};

/// A change that takes another one of its run back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reversal {
    /// The change that is taken back.
    pub of: ChangeId,
    /// The same with before and after swapped.
    pub change: Change,
}

/// A change that would be taken back and is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stay {
    /// The change.
    pub change: ChangeId,
    /// Why it stays.
    pub reason: String,
}

/// How far a change is taken back.
#[derive(Clone, Debug, PartialEq)]
pub struct Undoing {
    /// What takes it back.
    pub reversal: Reversal,
    /// Why it is taken back.
    pub because: String,
    /// How far that has come.
    pub progress: ChangeProgress,
}

/// Canaries that are watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// The changes.
    pub changes: Vec<ChangeId>,
    /// RFC 3339: they are looked at again after it.
    pub until: String,
    /// Whether they were, and had lasted.
    pub lasted: bool,
}

impl Watch {
    /// Whether a change has yet to be looked at again.
    pub(super) fn is_open(&self, id: &ChangeId) -> bool {
        !self.lasted && self.changes.contains(id)
    }
}

impl RunState {
    /// Where a change of the plan, or one that takes it back, stands.
    pub fn progress(&self, id: &ChangeId) -> Option<&ChangeProgress> {
        let undoing = || self.undoing(id).map(|undoing| &undoing.progress);
        self.changes.get(id).or_else(undoing)
    }

    /// What a change does: what its run does, or the contrary.
    pub fn kind_of(&self, id: &ChangeId) -> RunKind {
        if self.undoing(id).is_some() { RunKind::Undo } else { self.kind }
    }

    /// Whether a person is needed: a change is neither done nor as it was, or could not be taken back.
    pub fn needs_a_person(&self) -> bool {
        let stuck = |progress: &ChangeProgress| progress.outcome == Some(ChangeOutcome::Stuck);
        let not_back =
            |undoing: &Undoing| undoing.progress.outcome.is_some_and(|outcome| outcome != ChangeOutcome::Verified);
        self.changes.values().any(stuck) || self.undoing.iter().any(not_back)
    }

    fn undoing(&self, id: &ChangeId) -> Option<&Undoing> {
        self.undoing.iter().find(|undoing| undoing.reversal.change.id == *id)
    }

    /// Whether something has begun and has not ended.
    fn under_way(&self) -> bool {
        let begun = |progress: &ChangeProgress| progress.started && progress.outcome.is_none();
        self.changes.values().any(begun) || self.undoing.iter().any(|undoing| undoing.progress.outcome.is_none())
    }

    /// Begins to take changes back; the error is why that cannot be.
    pub(super) fn begin_to_undo(
        &mut self,
        because: &str,
        changes: Vec<Reversal>,
        stays: Vec<Stay>,
    ) -> Result<(), String> {
        if self.kind == RunKind::Undo || self.under_way() {
            return Err("in an undo, or in the middle of a change".to_owned());
        }
        let effective = |id: &ChangeId| {
            let known = self.undoing.iter().any(|undoing| undoing.reversal.of == *id) || self.stays.contains(id);
            let outcome = self.changes.get(id).and_then(|progress| progress.outcome);
            !known && matches!(outcome, Some(ChangeOutcome::Verified | ChangeOutcome::Unverified))
        };
        let of = changes.iter().map(|reversal| &reversal.of).chain(stays.iter().map(|stay| &stay.change));
        if let Some(id) = of.into_iter().find(|id| !effective(id)) {
            return Err(format!("of change {id}, which has no effect or is taken back already"));
        }
        if let Some(reversal) = changes.iter().find(|reversal| self.progress(&reversal.change.id).is_some()) {
            return Err(format!("by change {}, which is there already", reversal.change.id));
        }
        for reversal in changes {
            let progress = ChangeProgress::default();
            self.undoing.push(Undoing { reversal, because: because.to_owned(), progress });
        }
        for Stay { change, reason } in stays {
            if let Some(progress) = self.changes.get_mut(&change) {
                progress.reason = Some(format!("{because}; it is not taken back: {reason}"));
            }
            self.stays.insert(change);
        }
        Ok(())
    }

    /// Begins to watch canaries; the error is why that cannot be.
    pub(super) fn watch(&mut self, changes: Vec<ChangeId>, until: String) -> Result<(), String> {
        let verified = |id: &ChangeId| {
            self.changes.get(id).is_some_and(|progress| progress.outcome == Some(ChangeOutcome::Verified))
        };
        if self.watch.is_some() || self.kind == RunKind::Undo || !changes.iter().all(verified) {
            return Err("of changes that are not verified, or after others".to_owned());
        }
        self.watch = Some(Watch { changes, until, lasted: false });
        Ok(())
    }

    /// Notes that the canaries have lasted; the error is why that cannot be.
    pub(super) fn canaries_lasted(&mut self) -> Result<(), String> {
        let changes = &self.changes;
        let verified =
            |id: &ChangeId| changes.get(id).is_some_and(|progress| progress.outcome == Some(ChangeOutcome::Verified));
        match &mut self.watch {
            Some(watch) if !watch.lasted && watch.changes.iter().all(verified) => {
                watch.lasted = true;
                Ok(())
            }
            _ => Err("without canaries that are watched and verified".to_owned()),
        }
    }

    /// What follows from the end of a change: it counts as a failure, or another one is taken back by it.
    pub(super) fn conclude(&mut self, id: &ChangeId) {
        if let Some(undoing) = self.undoing.iter().find(|undoing| undoing.reversal.change.id == *id) {
            let Some(outcome) = undoing.progress.outcome else { return };
            let Some(progress) = self.changes.get_mut(&undoing.reversal.of) else { return };
            let (because, why) = (&undoing.because, undoing.progress.reason.clone().unwrap_or_default());
            match outcome {
                ChangeOutcome::Verified => {
                    progress.outcome = Some(ChangeOutcome::Undone);
                    progress.reason = Some(because.clone());
                }
                // As planned, or as somebody else has left it.
                ChangeOutcome::Failed | ChangeOutcome::Undone | ChangeOutcome::Skipped => {
                    progress.reason = Some(format!("{because}; it could not be taken back: {why}"));
                }
                ChangeOutcome::Unverified | ChangeOutcome::Stuck => {
                    progress.outcome = Some(ChangeOutcome::Stuck);
                    progress.reason = Some(format!("{because}; it could not be taken back wholly: {why}"));
                    progress.after = undoing.progress.after.clone();
                }
            }
        } else if self.has_failed(id) && !self.failures.contains(id) {
            self.failures.push(id.clone());
        }
    }

    /// Whether a change of the plan has ended otherwise than it should have, for a reason of its own: what is skipped because
    /// of another one is that one's failure.
    fn has_failed(&self, id: &ChangeId) -> bool {
        let outcome = |id: &ChangeId| self.changes.get(id).and_then(|progress| progress.outcome);
        match outcome(id) {
            None | Some(ChangeOutcome::Verified) => false,
            Some(ChangeOutcome::Skipped) => {
                let change = self.plan.changes.iter().find(|change| change.id == *id);
                let mut first = change.into_iter().flat_map(|change| &change.depends_on);
                first.all(|id| outcome(id) == Some(ChangeOutcome::Verified))
            }
            Some(_) => true,
        }
    }
}
