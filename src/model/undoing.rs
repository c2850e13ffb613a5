//! A run that takes back what it has done itself: the events of that, and what they do to its state.

use serde::{Deserialize, Serialize};

use super::{Change, ChangeId, ChangeOutcome, ChangeProgress, Resource, RunKind, RunState};

/// A change that takes another one of its run back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reversal {
    /// The change that is taken back.
    pub of: ChangeId,
    /// The same with before and after swapped.
    pub change: Change,
}

/// What is there of a resource that a change has left neither as it was nor as planned.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Now {
    /// That could not be read.
    #[default]
    Unread,
    /// Nothing.
    Gone,
    /// This document.
    There(Box<Resource>),
}

impl Now {
    /// The document, where there is one.
    pub fn document(self) -> Option<Resource> {
        match self {
            Self::There(document) => Some(*document),
            Self::Unread | Self::Gone => None,
        }
    }
}

impl From<Option<Resource>> for Now {
    fn from(read: Option<Resource>) -> Self {
        read.map_or(Self::Gone, |document| Self::There(Box::new(document)))
    }
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
                    progress.gone = undoing.progress.gone;
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::{Event, RunId, RunOutcome};

    fn run() -> RunId {
        RunId::from("r")
    }

    fn event(value: &Value) -> Event {
        serde_json::from_value(value.clone()).unwrap()
    }

    fn change(id: &str, depends_on: &[&str]) -> Value {
        json!({
            "id": id, "kind": "delete", "resource": {"type": "T", "account": "", "region": "", "id": id},
            "before": null, "after": null, "patch": [], "fixes": [], "playbooks": [], "safety": "safe",
            "reversible": true, "depends_on": depends_on, "parts": [], "before_hash": null, "calls": [],
        })
    }

    /// A run of two changes, the second of which needs the first.
    fn begun(kind: &str) -> RunState {
        let plan = json!({
            "format_version": 1, "digest": "", "created_at": "", "expires_at": "", "account": "", "partition": "",
            "regions": [], "bundle_digest": "", "fingerprint_key": "", "version": "", "limits": {}, "parameters": {},
            "census": {}, "findings": [], "changes": [change("a", &[]), change("b", &["a"])], "unread": [], "errors": [],
            "proof": {"before": 0, "after": 0, "cleared": [], "remaining": [], "introduced": []},
        });
        let first = json!({"event": "run_started", "kind": kind, "plan": plan, "of": null});
        RunState::begin(&run(), event(&first)).unwrap()
    }

    /// The state after these events.
    fn after(events: &[Value]) -> RunState {
        let mut state = begun("apply");
        events.iter().for_each(|next| state.apply(&run(), event(next)).unwrap());
        state
    }

    /// What is wrong with the last of these events, the others being legal.
    fn says(events: &[Value]) -> Option<String> {
        let (last, before) = events.split_last().unwrap();
        after(before).apply(&run(), event(last)).err().map(|told| told.message)
    }

    /// A change that is sent its one call and ends so.
    fn ends(id: &str, end: Value) -> Vec<Value> {
        let mut end = end;
        end["change"] = id.into();
        vec![
            json!({"event": "change_started", "change": id, "before": null}),
            json!({"event": "call_sent", "change": id, "call": 0}),
            json!({"event": "call_done", "change": id, "call": 0, "result": {"Ok": {}}}),
            end,
        ]
    }

    fn verified(id: &str) -> Vec<Value> {
        ends(id, json!({"event": "change_verified", "after": null}))
    }

    fn ended(id: &str, how: &str) -> Vec<Value> {
        ends(id, json!({"event": how, "reason": "why"}))
    }

    fn undo(of: &[(&str, &str)], stays: &[&str]) -> Vec<Value> {
        let changes: Vec<Value> = of.iter().map(|(of, by)| json!({"of": of, "change": change(by, &[])})).collect();
        let stays: Vec<Value> = stays.iter().map(|id| json!({"change": id, "reason": "for good"})).collect();
        vec![json!({"event": "undo_started", "because": "b failed", "changes": changes, "stays": stays})]
    }

    fn finished(outcome: &str) -> Vec<Value> {
        vec![json!({"event": "run_finished", "outcome": outcome})]
    }

    fn told(state: &RunState, id: &str) -> (Option<ChangeOutcome>, Option<String>) {
        let progress = &state.changes[&ChangeId::from(id)];
        (progress.outcome, progress.reason.clone())
    }

    #[test]
    fn what_is_taken_back_is_undone_and_the_run_has_not_ended_before() {
        let half = [verified("a"), ended("b", "change_failed"), undo(&[("a", "-a")], &[])].concat();
        let untrue = "run_finished with an outcome that its changes do not have";
        assert_eq!(says(&[half.clone(), finished("incomplete")].concat()).as_deref(), Some(untrue));
        assert_eq!(says(&[half.clone(), finished("stopped")].concat()), None, "it goes on later");
        let state = after(&[half.clone(), finished("stopped"), verified("-a"), finished("incomplete")].concat());
        assert_eq!(told(&state, "a"), (Some(ChangeOutcome::Undone), Some("b failed".into())));
        assert_eq!((state.outcome, state.needs_a_person()), (Some(RunOutcome::Incomplete), false));
        assert_eq!(state.failures, [ChangeId::from("b")], "what is taken back has not failed");
        assert_eq!(state.kind_of(&"-a".into()), RunKind::Undo);
    }

    #[test]
    fn what_cannot_be_taken_back_needs_a_person_and_says_how_it_is() {
        let half = [verified("a"), ended("b", "change_failed"), undo(&[("a", "-a")], &[])].concat();
        for (how, outcome, reason) in [
            ("change_failed", ChangeOutcome::Verified, "b failed; it could not be taken back: why"),
            ("change_undone", ChangeOutcome::Verified, "b failed; it could not be taken back: why"),
            ("change_stuck", ChangeOutcome::Stuck, "b failed; it could not be taken back wholly: why"),
        ] {
            let events = [half.clone(), ended("-a", how)].concat();
            let state = after(&events);
            assert_eq!(told(&state, "a"), (Some(outcome), Some(reason.into())), "{how}");
            assert!(state.needs_a_person());
            assert!(says(&[events.clone(), finished("incomplete")].concat()).is_some());
            assert_eq!(says(&[events, finished("stuck")].concat()), None);
        }
    }

    #[test]
    fn only_what_has_an_effect_is_taken_back_and_only_once() {
        let done = [verified("a"), ended("b", "change_failed")].concat();
        let is = |events: Vec<Value>, why: &str| assert_eq!(says(&events).as_deref(), Some(why));
        let twice = "undo_started of change a, which has no effect or is taken back already";
        is([done.clone(), undo(&[("b", "-b")], &[])].concat(), &twice.replace("change a", "change b"));
        is([done.clone(), undo(&[("a", "-a")], &[]), verified("-a"), undo(&[("a", "--a")], &[])].concat(), twice);
        is([done.clone(), undo(&[], &["a"]), undo(&[("a", "-a")], &[])].concat(), twice);
        is([done.clone(), undo(&[("a", "b")], &[])].concat(), "undo_started by change b, which is there already");
        let middle = vec![json!({"event": "change_started", "change": "b", "before": null})];
        let why = "undo_started in an undo, or in the middle of a change";
        is([verified("a"), middle, undo(&[("a", "-a")], &[])].concat(), why);
        is([done.clone(), undo(&[("a", "-a")], &[]), undo(&[], &[])].concat(), why);
        let other = begun("undo").apply(&run(), event(&undo(&[], &[])[0])).unwrap_err();
        assert_eq!(other.message, why);
        let state = after(&[done, undo(&[], &["a"])].concat());
        let stays = "b failed; it is not taken back: for good";
        assert_eq!(told(&state, "a"), (Some(ChangeOutcome::Verified), Some(stays.into())));
        assert!(!state.needs_a_person(), "that it cannot be taken back was known");
    }

    #[test]
    fn failures_are_those_with_a_reason_of_their_own() {
        let skipped = |id: &str| json!({"event": "change_skipped", "change": id, "reason": ""});
        assert_eq!(after(&[ended("a", "change_failed"), vec![skipped("b")]].concat()).failures, [ChangeId::from("a")]);
        assert_eq!(after(&[verified("a"), vec![skipped("b")]].concat()).failures, [ChangeId::from("b")]);
    }

    #[test]
    fn nothing_begins_after_a_halt_but_what_takes_back() {
        let halt = vec![json!({"event": "run_halted", "reason": "enough"})];
        let begins = [halt.clone(), verified("a")[..1].to_vec()].concat();
        assert_eq!(says(&begins).as_deref(), Some("change_started of change a, after the run was halted"));
        let back = [verified("a"), halt, undo(&[("a", "-a")], &[]), verified("-a"), finished("incomplete")].concat();
        let state = after(&back);
        assert_eq!((told(&state, "a").0, state.halted.as_deref()), (Some(ChangeOutcome::Undone), Some("enough")));
    }

    #[test]
    fn canaries_are_verified_watched_and_looked_at_again() {
        let watched = |changes: &[&str]| vec![json!({"event": "canaries_watched", "changes": changes, "until": "t"})];
        let lasted = vec![json!({"event": "canaries_lasted"})];
        let lapsed = vec![json!({"event": "change_unverified", "change": "a", "after": null, "reason": "it went"})];
        let done = [verified("a"), watched(&["a"])].concat();
        assert_eq!(says(&[done.clone(), lasted.clone(), verified("b"), finished("verified")].concat()), None);
        let state = after(&[done.clone(), lapsed.clone()].concat());
        assert_eq!(told(&state, "a"), (Some(ChangeOutcome::Unverified), Some("it went".into())));
        assert_eq!(state.failures, [ChangeId::from("a")]);
        let is = |events: Vec<Value>, why: &str| assert_eq!(says(&events).as_deref(), Some(why));
        is([verified("a"), lapsed.clone()].concat(), "change_unverified of change a, which has ended");
        is([done.clone(), lasted.clone(), lapsed.clone()].concat(), "change_unverified of change a, which has ended");
        is([done.clone(), lapsed.clone(), lapsed.clone()].concat(), "change_unverified of change a, which has ended");
        let early = "canaries_watched of changes that are not verified, or after others";
        is(watched(&["a"]), early);
        is([done.clone(), watched(&["a"])].concat(), early);
        let none = "canaries_lasted without canaries that are watched and verified";
        is(lasted.clone(), none);
        is([done.clone(), lapsed, lasted.clone()].concat(), none);
        is([done, lasted.clone(), lasted].concat(), none);
    }
}
