//! What a run leaves behind, step by step.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    Approval, Call, ChangeId, DuringFreeze, Hash, Now, Plan, PolicyId, Resource, Reversal, RunId, RunKind, RunOutcome,
    Sent, Stay, Terms, Who,
};

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
        /// What it goes by.
        #[serde(default)]
        terms: Terms,
        /// Who has it made.
        #[serde(default)]
        by: Who,
        /// Of each policy that found what is fixed, which version: the digest of its text.
        #[serde(default)]
        policies: BTreeMap<PolicyId, Hash>,
        /// The approvals that it was begun on.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        approvals: Vec<Approval>,
        /// Why a freeze does not hold it up.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        during_freeze: Option<Box<DuringFreeze>>,
    },
    /// Somebody goes on with a run that was stopped, or whose process ended.
    RunResumed {
        /// Who.
        by: Who,
        /// Records at the end that are torn: one of them may have announced a call.
        torn: u64,
        /// Why a freeze does not hold it up.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        during_freeze: Option<Box<DuringFreeze>>,
    },
    /// The resource was read again and is as planned; its calls come next.
    ChangeStarted {
        /// The change.
        change: ChangeId,
        /// The document as it is; none for a create.
        before: Option<Box<Resource>>,
        /// Before a create whose id the service makes up: the ids of that type that are there already. What is there besides
        /// when the call's answer is lost may be what it has created.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        others: Option<Vec<String>>,
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
        /// AWS's id of the request that was refused.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request_id: Option<String>,
    },
    /// A call that takes back what the change's own calls have done is about to be sent.
    BackSent {
        /// The change.
        change: ChangeId,
        /// The call.
        call: Box<Call>,
    },
    /// Such a call was answered.
    BackDone {
        /// The change.
        change: ChangeId,
        /// The answer, or the service's message.
        result: Result<Sent, String>,
        /// AWS's id of the request that was refused.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request_id: Option<String>,
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
        /// What is there now.
        #[serde(default)]
        now: Now,
    },
    /// What the run has done is taken back, by these changes in this order; their events follow.
    UndoStarted {
        /// Why.
        because: String,
        /// What takes back what.
        changes: Vec<Reversal>,
        /// What is not taken back.
        stays: Vec<Stay>,
    },
    /// The changes that go first are verified, and are left for a while.
    CanariesWatched {
        /// The changes.
        changes: Vec<ChangeId>,
        /// RFC 3339: they are verified once more after it.
        until: String,
    },
    /// They were verified once more, and the others follow.
    CanariesLasted {},
    /// No further change is begun.
    RunHalted {
        /// Why.
        reason: String,
    },
    /// The last event.
    RunFinished {
        /// How it ended.
        outcome: RunOutcome,
    },
}

impl Event {
    /// Its name, as the journal has it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::RunStarted { .. } => "run_started",
            Self::RunResumed { .. } => "run_resumed",
            Self::ChangeStarted { .. } => "change_started",
            Self::CallSent { .. } => "call_sent",
            Self::CallDone { .. } => "call_done",
            Self::BackSent { .. } => "back_sent",
            Self::BackDone { .. } => "back_done",
            Self::ChangeVerified { .. } => "change_verified",
            Self::ChangeUnverified { .. } => "change_unverified",
            Self::ChangeSkipped { .. } => "change_skipped",
            Self::ChangeFailed { .. } => "change_failed",
            Self::ChangeUndone { .. } => "change_undone",
            Self::ChangeStuck { .. } => "change_stuck",
            Self::UndoStarted { .. } => "undo_started",
            Self::CanariesWatched { .. } => "canaries_watched",
            Self::CanariesLasted {} => "canaries_lasted",
            Self::RunHalted { .. } => "run_halted",
            Self::RunFinished { .. } => "run_finished",
        }
    }
}
