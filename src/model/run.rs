//! One application of a plan, as its events tell it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    Approval, ChangeId, DuringFreeze, Event, Hash, Now, Plan, PolicyId, Resource, RunId, Sent, Terms, Undoing, Watch,
    Who,
};

/// What a run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunKind {
    /// Applies a plan.
    Apply,
    /// Takes a run back.
    Undo,
}

/// How a change ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeOutcome {
    /// Read again, it is what was planned.
    Verified,
    /// The calls succeeded and the document is not what was planned.
    Unverified,
    /// Not begun: stale, not approved, or it depends on one that did not succeed.
    Skipped,
    /// A call failed, and the resource is as it was.
    Failed,
    /// A call failed when others had succeeded, and those were taken back; or the run has taken back the whole change.
    Undone,
    /// A call failed, and taking back the others failed too: a person is needed.
    Stuck,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunOutcome {
    /// Every change is verified.
    Verified,
    /// Not every change is verified; what is not is as it was, or says why.
    Incomplete,
    /// Stopped by a person between two changes.
    Stopped,
    /// A change is stuck.
    Stuck,
}

/// An event that cannot come next: the journal is not one that rectify wrote.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal of run {run} has an event that cannot follow: {message}")]
pub struct IllegalEvent {
    /// The run.
    pub run: String,
    /// The event, and what stood before it.
    pub message: String,
}

/// Where a change of a run stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChangeProgress {
    /// The document before its calls.
    pub before: Option<Resource>,
    /// The document after its calls, as it was read.
    pub after: Option<Resource>,
    /// Whether the resource of a change that is stuck is not there any more.
    pub gone: bool,
    /// Whether its calls have begun.
    pub started: bool,
    /// Calls announced.
    pub sent: usize,
    /// Calls answered.
    pub answered: usize,
    /// What was said to the last call, where that failed: none is sent after it but those that take the others back.
    pub refused: Option<String>,
    /// Calls announced that take the others back, and those of them that were answered.
    pub back: (usize, usize),
    /// What there was of the type before a create whose id the service makes up.
    pub others: Option<Vec<String>>,
    /// Whether a record that is torn may have announced a call besides.
    pub torn: bool,
    /// What a call that creates gave back.
    pub created: Option<Sent>,
    /// How it ended, if it has.
    pub outcome: Option<ChangeOutcome>,
    /// Why it ended so.
    pub reason: Option<String>,
}

/// What the events say so far.
#[derive(Clone, Debug, PartialEq)]
pub struct RunState {
    /// What it does.
    pub kind: RunKind,
    /// The plan.
    pub plan: Plan,
    /// The run that an undo takes back.
    pub of: Option<RunId>,
    /// Who has it made.
    pub by: Who,
    /// Which version of each policy found what is fixed.
    pub policies: BTreeMap<PolicyId, Hash>,
    /// The approvals that it was begun on.
    pub approvals: Vec<Approval>,
    /// Why no freeze has held it up, each time that it was begun or gone on with in one.
    pub during_freeze: Vec<DuringFreeze>,
    /// What it goes by.
    pub terms: Terms,
    /// Each change, begun or not.
    pub changes: BTreeMap<ChangeId, ChangeProgress>,
    /// Those that did not succeed, in the order in which they ended.
    pub failures: Vec<ChangeId>,
    /// What takes others back, in order.
    pub undoing: Vec<Undoing>,
    /// Those that would be taken back, and are not.
    pub stays: BTreeSet<ChangeId>,
    /// The changes that go first, where they are done.
    pub watch: Option<Watch>,
    /// Why no further change is begun.
    pub halted: Option<String>,
    /// How it ended, if it has.
    pub outcome: Option<RunOutcome>,
}

/// What the next record of a run is chained to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The next record's number: how many there are.
    pub next: u64,
    /// The link of the last one; none before the first.
    pub link: Option<Hash>,
    /// How many records at the end are torn: cut off, and not to be read.
    pub torn: u64,
    /// When the run was started, RFC 3339; empty before that.
    pub started_at: String,
    /// The version of the run's line, which tells of its last record; none where there is none yet.
    pub line: Option<u64>,
}

/// A run with its name and its times.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its name.
    pub id: RunId,
    /// RFC 3339.
    pub started_at: String,
    /// RFC 3339, of the last event.
    pub updated_at: String,
    /// What its events say.
    pub state: RunState,
    /// Where its records end.
    pub head: Head,
}

impl RunState {
    /// The state after the first event.
    pub fn begin(run: &RunId, event: Event) -> Result<Self, IllegalEvent> {
        let Event::RunStarted { kind, plan, of, terms, by, policies, approvals, during_freeze } = event else {
            return Err(IllegalEvent { run: run.to_string(), message: format!("{} comes first", event.name()) });
        };
        let changes = plan.changes.iter().map(|change| (change.id.clone(), ChangeProgress::default())).collect();
        let during_freeze = during_freeze.into_iter().map(|told| *told).collect();
        Ok(Self {
            kind,
            plan: *plan,
            of,
            terms,
            by,
            policies,
            approvals,
            during_freeze,
            changes,
            failures: Vec::new(),
            undoing: Vec::new(),
            stays: BTreeSet::new(),
            watch: None,
            halted: None,
            outcome: None,
        })
    }

    /// The changes that may still be begun.
    pub fn ahead(&self) -> BTreeSet<ChangeId> {
        let left = self.changes.iter().filter(|(_, progress)| !progress.started && progress.outcome.is_none());
        left.filter(|_| self.halted.is_none()).map(|(id, _)| id.clone()).collect()
    }

    /// The state after one more event: the one transition function, over which every journal is read and written.
    pub fn apply(&mut self, run: &RunId, event: Event) -> Result<(), IllegalEvent> {
        let name = event.name();
        let illegal = |message: String| IllegalEvent { run: run.to_string(), message };
        if self.outcome.is_some() {
            // A run that was stopped goes on when it is resumed.
            if self.outcome != Some(RunOutcome::Stopped) {
                return Err(illegal(format!("{name} after the run has finished")));
            }
            self.outcome = None;
        }
        let id = match event {
            Event::RunStarted { .. } => return Err(illegal("run_started twice".into())),
            Event::RunResumed { torn, during_freeze, .. } => {
                self.during_freeze.extend(during_freeze.map(|told| *told));
                let undoing = self.undoing.iter_mut().map(|undoing| &mut undoing.progress);
                for progress in self.changes.values_mut().chain(undoing) {
                    progress.torn |= torn > 0 && progress.started && progress.outcome.is_none();
                }
                return Ok(());
            }
            Event::RunFinished { outcome } => {
                let stuck = self.needs_a_person();
                let all = self.changes.values().all(|progress| progress.outcome == Some(ChangeOutcome::Verified));
                let open = self.undoing.iter().any(|undoing| undoing.progress.outcome.is_none());
                let untrue = stuck != (outcome == RunOutcome::Stuck) || (!all && outcome == RunOutcome::Verified);
                if (untrue || open) && outcome != RunOutcome::Stopped {
                    return Err(illegal("run_finished with an outcome that its changes do not have".into()));
                }
                self.outcome = Some(outcome);
                return Ok(());
            }
            Event::UndoStarted { because, changes, stays } => {
                let begun = self.begin_to_undo(&because, changes, stays);
                return begun.map_err(|why| illegal(format!("{name} {why}")));
            }
            Event::CanariesWatched { changes, until } => {
                return self.watch(changes, until).map_err(|why| illegal(format!("{name} {why}")));
            }
            Event::CanariesLasted {} => {
                return self.canaries_lasted().map_err(|why| illegal(format!("{name} {why}")));
            }
            Event::RunHalted { reason } => {
                self.halted = Some(reason);
                return Ok(());
            }
            Event::ChangeStarted { ref change, .. }
            | Event::CallSent { ref change, .. }
            | Event::CallDone { ref change, .. }
            | Event::BackSent { ref change, .. }
            | Event::BackDone { ref change, .. }
            | Event::ChangeVerified { ref change, .. }
            | Event::ChangeUnverified { ref change, .. }
            | Event::ChangeSkipped { ref change, .. }
            | Event::ChangeFailed { ref change, .. }
            | Event::ChangeUndone { ref change, .. }
            | Event::ChangeStuck { ref change, .. } => change.clone(),
        };
        let undoing = self.undoing.iter_mut().find(|undoing| undoing.reversal.change.id == id);
        if self.halted.is_some() && undoing.is_none() && matches!(event, Event::ChangeStarted { .. }) {
            return Err(illegal(format!("{name} of change {id}, after the run was halted")));
        }
        let watched = self.watch.as_ref().is_some_and(|watch| watch.is_open(&id));
        let progress = undoing
            .map(|undoing| &mut undoing.progress)
            .or_else(|| self.changes.get_mut(&id))
            .ok_or_else(|| illegal(format!("{name} of a change {id} that is not in the plan")))?;
        // A canary that is looked at again may turn out not to have lasted.
        let lapses = watched
            && matches!(event, Event::ChangeUnverified { .. })
            && progress.outcome == Some(ChangeOutcome::Verified);
        if progress.outcome.is_some() && !lapses {
            return Err(illegal(format!("{name} of change {id}, which has ended")));
        }
        let skips = matches!(event, Event::ChangeSkipped { .. } | Event::ChangeStarted { .. });
        if !skips && !progress.started {
            return Err(illegal(format!("{name} of change {id}, which has not started")));
        }
        let fits = match &event {
            Event::ChangeStarted { .. } | Event::ChangeSkipped { .. } => !progress.started,
            Event::CallSent { call, .. } => {
                *call == progress.sent
                    && progress.sent == progress.answered
                    && progress.refused.is_none()
                    && progress.back == (0, 0)
            }
            Event::CallDone { call, .. } => call + 1 == progress.sent && *call == progress.answered,
            // A call back whose answer nobody has heard is followed by another one, when its process has ended.
            Event::BackSent { .. } => progress.answered > 0 && progress.sent == progress.answered,
            Event::BackDone { .. } => progress.back.1 < progress.back.0,
            Event::ChangeVerified { .. } | Event::ChangeUnverified { .. } => progress.sent > 0,
            _ => true,
        };
        if !fits {
            return Err(illegal(format!(
                "{name} of change {id}, after {} calls sent and {} answered",
                progress.sent, progress.answered
            )));
        }
        let mut end = |outcome: ChangeOutcome, reason: Option<String>| {
            progress.outcome = Some(outcome);
            progress.reason = reason;
        };
        match event {
            Event::RunStarted { .. }
            | Event::RunResumed { .. }
            | Event::UndoStarted { .. }
            | Event::CanariesWatched { .. }
            | Event::CanariesLasted { .. }
            | Event::RunHalted { .. }
            | Event::RunFinished { .. } => {}
            Event::ChangeStarted { before, others, .. } => {
                progress.started = true;
                progress.before = before.map(|document| *document);
                progress.others = others;
            }
            Event::CallSent { call, .. } => progress.sent = call + 1,
            Event::CallDone { call, result, .. } => {
                progress.answered = call + 1;
                match result {
                    Ok(sent) if sent.id.is_some() => progress.created = Some(sent),
                    Ok(_) => {}
                    Err(told) => progress.refused = Some(told),
                }
            }
            Event::BackSent { .. } => progress.back.0 += 1,
            Event::BackDone { .. } => progress.back.1 = progress.back.0,
            Event::ChangeVerified { after, .. } => {
                end(ChangeOutcome::Verified, None);
                progress.after = after.map(|document| *document);
            }
            Event::ChangeUnverified { after, reason, .. } => {
                end(ChangeOutcome::Unverified, Some(reason));
                progress.after = after.map(|document| *document);
            }
            Event::ChangeSkipped { reason, .. } => end(ChangeOutcome::Skipped, Some(reason)),
            Event::ChangeFailed { reason, .. } => end(ChangeOutcome::Failed, Some(reason)),
            Event::ChangeUndone { reason, .. } => end(ChangeOutcome::Undone, Some(reason)),
            Event::ChangeStuck { reason, now, .. } => {
                end(ChangeOutcome::Stuck, Some(reason));
                progress.gone = now == Now::Gone;
                progress.after = now.document();
            }
        }
        self.conclude(&id);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn run() -> RunId {
        RunId::from("r")
    }

    fn event(value: &Value) -> Event {
        serde_json::from_value(value.clone()).unwrap()
    }

    fn begun() -> RunState {
        let change = json!({
            "id": "c", "kind": "delete", "resource": {"type": "T", "account": "", "region": "", "id": "i"},
            "before": null, "after": null, "patch": [], "fixes": [], "playbooks": [], "safety": "safe",
            "reversible": true, "parts": [], "before_hash": null, "calls": [],
        });
        let plan = json!({
            "format_version": 1, "digest": "", "created_at": "", "expires_at": "", "account": "", "partition": "",
            "regions": [], "bundle_digest": "", "fingerprint_key": "", "version": "",
            "limits": {"max_changes": 1, "max_share": 1, "share_from": 1, "max_age_hours": 1}, "parameters": {},
            "census": {}, "findings": [], "changes": [change], "unread": [], "errors": [],
            "proof": {"before": 0, "after": 0, "cleared": [], "remaining": [], "introduced": []},
        });
        let first = json!({"event": "run_started", "kind": "apply", "plan": plan, "of": null});
        RunState::begin(&run(), event(&first)).unwrap()
    }

    /// The last of these events' complaint, the others being legal.
    fn says(events: &[&Value]) -> Option<String> {
        let mut state = begun();
        let (last, before) = events.split_last().unwrap();
        before.iter().for_each(|before| state.apply(&run(), event(before)).unwrap());
        state.apply(&run(), event(last)).err().map(|told| told.message)
    }

    #[test]
    fn a_run_is_gone_on_with_until_it_has_ended_and_knows_where_a_call_may_be_missing() {
        let started = json!({"event": "change_started", "change": "c", "before": null});
        let resumed = |torn: u64| json!({"event": "run_resumed", "by": {"caller": "somebody"}, "torn": torn});
        let finished = |outcome: &str| json!({"event": "run_finished", "outcome": outcome});
        assert_eq!(says(&[&resumed(0)]), None);
        assert_eq!(says(&[&finished("stopped"), &resumed(0), &started]), None);
        let told = says(&[&finished("incomplete"), &resumed(0)]);
        assert_eq!(told.as_deref(), Some("run_resumed after the run has finished"));

        let mut state = begun();
        let mut after = |next: &Value| {
            state.apply(&run(), event(next)).unwrap();
            state.changes[&ChangeId::from("c")].torn
        };
        assert!(!after(&resumed(1)), "nothing of it had begun");
        assert!(!after(&started));
        assert!(!after(&resumed(0)));
        assert!(after(&resumed(2)));
        assert!(after(&resumed(0)), "that somebody else goes on changes nothing");
    }

    #[test]
    fn events_follow_each_other() {
        let started = json!({"event": "change_started", "change": "c", "before": null});
        let call = |name: &str, call: usize| match name {
            "call_sent" => json!({"event": name, "change": "c", "call": call}),
            _ => json!({"event": name, "change": "c", "call": call, "result": {"Ok": {}}}),
        };
        let (sent, done) = (call("call_sent", 0), call("call_done", 0));
        let verified = json!({"event": "change_verified", "change": "c", "after": null});
        let skipped = json!({"event": "change_skipped", "change": "c", "reason": ""});
        let stuck = json!({"event": "change_stuck", "change": "c", "reason": ""});
        let other = json!({"event": "change_skipped", "change": "d", "reason": ""});
        let finished = |outcome: &str| json!({"event": "run_finished", "outcome": outcome});

        assert_eq!(says(&[&started, &sent, &done, &verified, &finished("verified")]), None);
        assert_eq!(says(&[&skipped, &finished("incomplete")]), None);
        assert_eq!(says(&[&started, &stuck, &finished("stuck")]), None);
        assert_eq!(says(&[&finished("stopped"), &started]), None, "a stopped run goes on");

        let is = |events: &[&Value], why: &str| assert_eq!(says(events).as_deref(), Some(why));
        is(&[&sent], "call_sent of change c, which has not started");
        is(&[&verified], "change_verified of change c, which has not started");
        is(&[&started, &started], "change_started of change c, after 0 calls sent and 0 answered");
        is(&[&started, &verified], "change_verified of change c, after 0 calls sent and 0 answered");
        is(&[&started, &done], "call_done of change c, after 0 calls sent and 0 answered");
        is(&[&started, &call("call_sent", 1)], "call_sent of change c, after 0 calls sent and 0 answered");
        is(&[&started, &sent, &call("call_sent", 1)], "call_sent of change c, after 1 calls sent and 0 answered");
        is(&[&started, &sent, &done, &done], "call_done of change c, after 1 calls sent and 1 answered");
        is(&[&started, &sent, &done, &verified, &sent], "call_sent of change c, which has ended");
        let refused = json!({"event": "call_done", "change": "c", "call": 0, "result": {"Err": "no"}});
        let back = json!({"event": "back_sent", "change": "c",
            "call": {"service": "s", "operation": "O", "input": {}, "permissions": []}});
        let came_back = json!({"event": "back_done", "change": "c", "result": {"Ok": {}}});
        let undone = json!({"event": "change_undone", "change": "c", "reason": ""});
        assert_eq!(says(&[&started, &sent, &refused, &back, &came_back, &undone]), None);
        assert_eq!(says(&[&started, &sent, &done, &back, &back, &came_back, &back]), None, "its process ended once");
        is(
            &[&started, &sent, &refused, &call("call_sent", 1)],
            "call_sent of change c, after 1 calls sent and 1 answered",
        );
        is(
            &[&started, &sent, &done, &back, &call("call_sent", 1)],
            "call_sent of change c, after 1 calls sent and 1 answered",
        );
        is(&[&started, &back], "back_sent of change c, after 0 calls sent and 0 answered");
        is(&[&started, &sent, &back], "back_sent of change c, after 1 calls sent and 0 answered");
        is(&[&started, &sent, &done, &came_back], "back_done of change c, after 1 calls sent and 1 answered");
        is(
            &[&started, &sent, &done, &back, &came_back, &came_back],
            "back_done of change c, after 1 calls sent and 1 answered",
        );
        is(&[&skipped, &started], "change_started of change c, which has ended");
        is(&[&other], "change_skipped of a change d that is not in the plan");
        let untrue = "run_finished with an outcome that its changes do not have";
        is(&[&skipped, &finished("verified")], untrue);
        is(&[&skipped, &finished("stuck")], untrue);
        is(&[&started, &stuck, &finished("incomplete")], untrue);
        is(&[&skipped, &finished("incomplete"), &started], "change_started after the run has finished");
        is(&[&skipped, &finished("incomplete"), &finished("incomplete")], "run_finished after the run has finished");
        let first = RunState::begin(&run(), event(&started)).unwrap_err();
        let why = "the journal of run r has an event that cannot follow: change_started comes first";
        assert_eq!(first.to_string(), why);
    }
}
