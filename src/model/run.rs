//! One application of a plan, as the events that it leaves behind.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{ChangeId, Plan, Resource, RunId, Sent};

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
    /// A call failed when others had succeeded, and those were taken back.
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

/// What a run writes to its journal, each before the effect that it announces.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// The first event: everything needed to go on with the run, or to undo it.
    RunStarted {
        /// What it does.
        kind: RunKind,
        /// The plan, with the changes that are to be applied.
        plan: Box<Plan>,
        /// The run that an undo takes back.
        of: Option<RunId>,
    },
    /// The resource was read again and is as planned; its calls come next.
    ChangeStarted {
        /// The change.
        change: ChangeId,
        /// The document as it is; none for a create.
        before: Option<Box<Resource>>,
    },
    /// A call is about to be sent.
    CallSent {
        /// The change.
        change: ChangeId,
        /// Which of its calls, from 0.
        call: usize,
    },
    /// A call was answered.
    CallDone {
        /// The change.
        change: ChangeId,
        /// Which of its calls, from 0.
        call: usize,
        /// The answer, or the service's message.
        result: Result<Sent, String>,
    },
    /// Read again, the resource is what was planned.
    ChangeVerified {
        /// The change.
        change: ChangeId,
        /// The document as it is; none for a delete.
        after: Option<Box<Resource>>,
    },
    /// The calls succeeded and the resource is not what was planned.
    ChangeUnverified {
        /// The change.
        change: ChangeId,
        /// The document as it is.
        after: Option<Box<Resource>>,
        /// What differs.
        reason: String,
    },
    /// The change was not begun.
    ChangeSkipped {
        /// The change.
        change: ChangeId,
        /// Why.
        reason: String,
    },
    /// A call failed, and the resource is as it was.
    ChangeFailed {
        /// The change.
        change: ChangeId,
        /// What the service said.
        reason: String,
    },
    /// A call failed, and the calls before it were taken back.
    ChangeUndone {
        /// The change.
        change: ChangeId,
        /// What the service said.
        reason: String,
    },
    /// A call failed, and the calls before it could not be taken back.
    ChangeStuck {
        /// The change.
        change: ChangeId,
        /// What failed, what state the resource is in, and what to do.
        reason: String,
    },
    /// The last event.
    RunFinished {
        /// How it ended.
        outcome: RunOutcome,
    },
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
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeProgress {
    /// The document before its calls.
    pub before: Option<Resource>,
    /// The document after its calls, as it was read.
    pub after: Option<Resource>,
    /// Whether its calls have begun.
    pub started: bool,
    /// Calls announced.
    pub sent: usize,
    /// Calls answered.
    pub answered: usize,
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
    /// Each change, begun or not.
    pub changes: BTreeMap<ChangeId, ChangeProgress>,
    /// How it ended, if it has.
    pub outcome: Option<RunOutcome>,
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
    /// How many events there are: the next one's number.
    pub written: u64,
}

impl RunState {
    /// The state after the first event.
    pub fn begin(run: &RunId, event: Event) -> Result<Self, IllegalEvent> {
        let Event::RunStarted { kind, plan, of } = event else {
            return Err(IllegalEvent { run: run.to_string(), message: format!("{} comes first", name_of(&event)) });
        };
        let fresh = ChangeProgress {
            before: None,
            after: None,
            started: false,
            sent: 0,
            answered: 0,
            created: None,
            outcome: None,
            reason: None,
        };
        let changes = plan.changes.iter().map(|change| (change.id.clone(), fresh.clone())).collect();
        Ok(Self { kind, plan: *plan, of, changes, outcome: None })
    }

    /// The state after one more event: the one transition function, over which every journal is read and written.
    pub fn apply(&mut self, run: &RunId, event: Event) -> Result<(), IllegalEvent> {
        let name = name_of(&event);
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
            Event::RunFinished { outcome } => {
                let stuck = self.changes.values().any(|progress| progress.outcome == Some(ChangeOutcome::Stuck));
                let all = self.changes.values().all(|progress| progress.outcome == Some(ChangeOutcome::Verified));
                if stuck != (outcome == RunOutcome::Stuck) || (!all && outcome == RunOutcome::Verified) {
                    return Err(illegal("run_finished with an outcome that its changes do not have".into()));
                }
                self.outcome = Some(outcome);
                return Ok(());
            }
            Event::ChangeStarted { ref change, .. }
            | Event::CallSent { ref change, .. }
            | Event::CallDone { ref change, .. }
            | Event::ChangeVerified { ref change, .. }
            | Event::ChangeUnverified { ref change, .. }
            | Event::ChangeSkipped { ref change, .. }
            | Event::ChangeFailed { ref change, .. }
            | Event::ChangeUndone { ref change, .. }
            | Event::ChangeStuck { ref change, .. } => change.clone(),
        };
        let progress = self
            .changes
            .get_mut(&id)
            .ok_or_else(|| illegal(format!("{name} of a change {id} that is not in the plan")))?;
        if progress.outcome.is_some() {
            return Err(illegal(format!("{name} of change {id}, which has ended")));
        }
        let skips = matches!(event, Event::ChangeSkipped { .. } | Event::ChangeStarted { .. });
        if !skips && !progress.started {
            return Err(illegal(format!("{name} of change {id}, which has not started")));
        }
        let fits = match &event {
            Event::ChangeStarted { .. } | Event::ChangeSkipped { .. } => !progress.started,
            Event::CallSent { call, .. } => *call == progress.sent && progress.sent == progress.answered,
            Event::CallDone { call, .. } => call + 1 == progress.sent && *call == progress.answered,
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
            Event::RunStarted { .. } | Event::RunFinished { .. } => {}
            Event::ChangeStarted { before, .. } => {
                progress.started = true;
                progress.before = before.map(|document| *document);
            }
            Event::CallSent { call, .. } => progress.sent = call + 1,
            Event::CallDone { call, result, .. } => {
                progress.answered = call + 1;
                if let Ok(sent) = result
                    && sent.id.is_some()
                {
                    progress.created = Some(sent);
                }
            }
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
            Event::ChangeStuck { reason, .. } => end(ChangeOutcome::Stuck, Some(reason)),
        }
        Ok(())
    }
}

fn name_of(event: &Event) -> &'static str {
    match event {
        Event::RunStarted { .. } => "run_started",
        Event::ChangeStarted { .. } => "change_started",
        Event::CallSent { .. } => "call_sent",
        Event::CallDone { .. } => "call_done",
        Event::ChangeVerified { .. } => "change_verified",
        Event::ChangeUnverified { .. } => "change_unverified",
        Event::ChangeSkipped { .. } => "change_skipped",
        Event::ChangeFailed { .. } => "change_failed",
        Event::ChangeUndone { .. } => "change_undone",
        Event::ChangeStuck { .. } => "change_stuck",
        Event::RunFinished { .. } => "run_finished",
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
