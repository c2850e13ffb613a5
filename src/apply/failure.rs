//! What a failure leads to: what comes next in a run, by what its journal says and nothing else.
//!
//! Whoever goes on with a run comes to the same, wherever it was interrupted.

use std::collections::BTreeSet;

use super::change::same;
use super::executor::{ApplyError, Executor, late};
use super::recorder::Recorder;
use crate::engine::{reversed, still_needed};
use crate::model::{
    Change, ChangeId, ChangeKind, ChangeOutcome, ChangeProgress, Event, FindingId, Now, OnFailure, Resource, Reversal,
    RunKind, RunState, Stay, Watch,
};

/// What comes next.
pub(super) enum Next {
    /// A change of the plan is made, or settled where it was begun.
    Make(Box<Change>),
    /// A change that takes another one back is made, or settled.
    TakeBack(Box<Change>),
    /// What was done is to be taken back.
    Undo(Due),
    /// No further change is to be begun.
    Halt(String),
    /// The canaries are done, and are watched.
    Watch,
    /// They are looked at again.
    LookAgain(Watch),
    /// Nothing.
    End,
}

/// What is to be taken back.
pub(super) struct Due {
    /// Why.
    because: String,
    /// The changes, in the plan's order.
    changes: Vec<Change>,
    /// What stays, since something else that stays needs it.
    stays: Vec<Stay>,
}

/// What comes next in a run, of whose changes these go first.
pub(super) fn next(state: &RunState, canaries: &BTreeSet<ChangeId>) -> Next {
    let changes = || state.plan.changes.iter();
    let progress = |change: &&Change| state.changes.get(&change.id);
    // Whoever has begun it has died: nothing else comes before it is known how far it came.
    let begun = |progress: &ChangeProgress| progress.started && progress.outcome.is_none();
    if let Some(change) = changes().find(|change| progress(change).is_some_and(begun)) {
        return Next::Make(Box::new(change.clone()));
    }
    if let Some(undoing) = state.undoing.iter().find(|undoing| undoing.progress.outcome.is_none()) {
        return Next::TakeBack(Box::new(undoing.reversal.change.clone()));
    }
    // An undo goes as far as it can.
    if state.kind == RunKind::Apply
        && let Some(due) = due(state)
    {
        return Next::Undo(due);
    }
    let open = |change: &&Change| progress(change).is_some_and(|progress| progress.outcome.is_none());
    let mut left = changes().filter(open);
    let first = match (&state.halted, state.kind) {
        (Some(_), _) => return Next::End,
        (None, RunKind::Undo) => left.next(),
        (None, RunKind::Apply) => {
            let left: Vec<&Change> = left.collect();
            if !left.is_empty()
                && let Some(why) = halts(state, canaries)
            {
                return Next::Halt(why);
            }
            let canary = left.iter().find(|change| canaries.contains(&change.id));
            match (&state.watch, canary) {
                (None, Some(canary)) => Some(*canary),
                (None, None) if !canaries.is_empty() && !left.is_empty() => return Next::Watch,
                (Some(watch), _) if !watch.lasted => return Next::LookAgain(watch.clone()),
                _ => left.first().copied(),
            }
        }
    };
    first.map_or(Next::End, |change| Next::Make(Box::new(change.clone())))
}

/// Why no further change is begun.
fn halts(state: &RunState, canaries: &BTreeSet<ChangeId>) -> Option<String> {
    let terms = &state.terms;
    let first = state.failures.first()?;
    let outcome = |id: &ChangeId| state.changes.get(id).and_then(|progress| progress.outcome);
    let change = |id: &ChangeId| state.plan.changes.iter().find(|change| change.id == *id);
    // What a person has to look at first may be what the next change rests on.
    if let Some(id) = state.changes.keys().find(|id| outcome(id) == Some(ChangeOutcome::Stuck)) {
        return Some(format!("change {id} is stuck, and a person has to look at it first"));
    }
    let stops = |id: &&ChangeId| change(id).is_some_and(|change| change.on_failure.contains(&OnFailure::Stop));
    if terms.on_failure != OnFailure::Continue {
        return Some(format!("change {first} did not succeed, and on_failure is {}", terms.on_failure.as_str()));
    }
    if let Some(id) = state.failures.iter().find(stops) {
        return Some(format!("change {id} did not succeed, and its playbook says on_failure: stop"));
    }
    let lasted = state.watch.as_ref().is_some_and(|watch| watch.lasted);
    if let Some(id) = state.failures.iter().find(|id| !lasted && canaries.contains(*id)) {
        return Some(format!("change {id} goes before the others as a canary, and did not succeed"));
    }
    let failed = state.failures.len();
    (failed >= usize::try_from(terms.max_failures).unwrap_or(usize::MAX)).then(|| {
        format!(
            "{failed} changes did not succeed, and the limit is max_failures={}; --limit max_failures={} lets one more fail",
            terms.max_failures,
            failed.saturating_add(1)
        )
    })
}

/// What is to be taken back and is not being taken back yet.
fn due(state: &RunState) -> Option<Due> {
    let first = state.failures.first()?;
    let outcome = |id: &ChangeId| state.changes.get(id).and_then(|progress| progress.outcome);
    let known =
        |id: &ChangeId| state.stays.contains(id) || state.undoing.iter().any(|undoing| undoing.reversal.of == *id);
    let took = |id: &ChangeId| matches!(outcome(id), Some(ChangeOutcome::Verified | ChangeOutcome::Unverified));
    let whole = state.terms.on_failure == OnFailure::Undo;
    let lost = lost(state);
    let part = |change: &Change| !change.fixes.is_empty() && change.fixes.iter().all(|fix| lost.contains(fix));
    let mut due: Vec<&Change> = Vec::new();
    for change in state.plan.changes.iter().filter(|change| took(&change.id) && !known(&change.id)) {
        let as_it_was = outcome(&change.id) == Some(ChangeOutcome::Unverified)
            && state
                .changes
                .get(&change.id)
                .is_some_and(|p| p.after.is_some() && same(p.before.as_ref(), p.after.as_ref()));
        if !as_it_was && (whole || part(change)) {
            due.push(change);
        }
    }
    // What stands on a change keeps it where it is.
    let mut stays: Vec<Stay> = Vec::new();
    loop {
        let stands = |change: &&Change| {
            let effect = took(&change.id) || outcome(&change.id) == Some(ChangeOutcome::Stuck);
            effect && !due.iter().any(|other| other.id == change.id)
        };
        let on = |change: &Change| {
            state.plan.changes.iter().filter(stands).find(|other| other.depends_on.contains(&change.id))
        };
        let kept = due.iter().enumerate().find_map(|(index, change)| Some((index, on(change)?)));
        let Some((index, by)) = kept else { break };
        let reason = still_needed(&by.resource);
        stays.push(Stay { change: due.remove(index).id.clone(), reason });
    }
    // Of a part it is only for now: what stands on it may be taken back yet.
    stays.retain(|_| whole);
    if due.is_empty() && stays.is_empty() {
        return None;
    }
    let because = if whole {
        format!("change {first} did not succeed, and on_failure is undo")
    } else {
        "its playbook says on_failure: undo, and what it is a part of did not succeed".to_owned()
    };
    Some(Due { because, changes: due.into_iter().cloned().collect(), stays })
}

/// The findings of which nothing is to be left, since a playbook says so and a change that fixes them did not succeed.
fn lost(state: &RunState) -> BTreeSet<&FindingId> {
    let undoes = |change: &&Change| change.on_failure.contains(&OnFailure::Undo);
    let lost = |change: &&Change| match state.changes.get(&change.id).and_then(|progress| progress.outcome) {
        Some(outcome) => outcome != ChangeOutcome::Verified,
        None => state.halted.is_some(),
    };
    let changes = state.plan.changes.iter().filter(undoes).filter(lost);
    changes.flat_map(|change| &change.fixes).collect()
}

impl Executor<'_> {
    /// Makes the changes that take others back, and writes them down: whoever goes on with the run takes back the same.
    pub(super) async fn begin_to_undo(&self, recorder: &mut Recorder<'_>, due: Due) -> Result<(), ApplyError> {
        let Due { because, changes, mut stays } = due;
        let mut done: Vec<(Change, Option<Resource>, Option<Resource>)> = Vec::new();
        for change in changes {
            let progress = recorder.state.changes.get(&change.id);
            let (before, after) = progress.map(|p| (p.before.clone(), p.after.clone())).unwrap_or_default();
            // What is not as planned may be what somebody else has made of it.
            let unverified = progress.is_some_and(|progress| progress.outcome == Some(ChangeOutcome::Unverified));
            let foreign = match &after {
                Some(after) if unverified => {
                    self.stages(&change, before.as_ref(), &late(&recorder.state)).foreign(Some(after))
                }
                _ => Vec::new(),
            };
            if !foreign.is_empty() {
                let reason = format!(
                    "somebody else has changed it ({}); `rectify undo {} --force` takes it back all the same",
                    foreign.join(", "),
                    recorder.run
                );
                stays.push(Stay { change: change.id, reason });
                continue;
            }
            match self.as_it_is(&change, before.as_ref(), after).await {
                Ok(after) => done.push((change, before, after)),
                Err(reason) => stays.push(Stay { change: change.id, reason }),
            }
        }
        let of: Vec<(ChangeId, Change)> = done.iter().map(|(change, ..)| (change.id.clone(), change.clone())).collect();
        let (back, left) = reversed(done, self.types);
        stays.extend(left.into_iter().map(|(change, reason)| Stay { change: change.id, reason }));
        // The last is taken back first; what stays is left out.
        let mut of = of.into_iter().rev().filter(|(id, _)| !stays.iter().any(|stay| stay.change == *id));
        let changes = back.into_iter().filter_map(|change| Some(Reversal { of: of.next()?.0, change })).collect();
        Ok(recorder.record(Event::UndoStarted { because, changes, stays }).await?)
    }

    /// What a change has left, where the run has read it; where it could not, it is read now.
    async fn as_it_is(
        &self,
        change: &Change,
        before: Option<&Resource>,
        after: Option<Resource>,
    ) -> Result<Option<Resource>, String> {
        if after.is_some() || change.kind == ChangeKind::Delete {
            return Ok(after);
        }
        let known = before.map(Resource::key).ok_or("what it has created is not known")?;
        let now = self.cloud.read(&known, &change.parts).await.map_err(|error| error.to_string())?;
        if now.is_none() {
            return Err("it is not there any more".to_owned());
        }
        if same(before, now.as_ref()) {
            return Err("it is as it was".to_owned());
        }
        Ok(now)
    }

    /// The calls that would bring a change's resource back from where it is, for a person who makes them by hand.
    pub(super) fn way_back(&self, recorder: &Recorder<'_>, change: &Change, now: &Now) -> String {
        let before = recorder.state.progress(&change.id).and_then(|progress| progress.before.as_ref());
        let kind = self.types.find(&change.resource.type_name);
        let now = match now {
            Now::Unread => None,
            Now::Gone => Some(None),
            Now::There(document) => Some(Some(&**document)),
        };
        let calls = kind.zip(now).and_then(|(kind, now)| kind.calls(now, before).ok()).unwrap_or_default();
        let calls: Vec<String> =
            calls.iter().map(|call| format!("{}:{} {}", call.service, call.operation, call.input)).collect();
        if calls.is_empty() { String::new() } else { format!("; these calls bring it back: {}", calls.join(", ")) }
    }
}
