//! On whose word a run was begun.

use std::fmt::Write;

use crate::model::{Approval, Approver, DuringFreeze, RunState};
use crate::report::style::clean;

/// The approvals of a run, and what was said against a freeze; one a line.
pub fn consent(state: &RunState) -> String {
    let mut text = String::new();
    for approval in &state.approvals {
        let _ = writeln!(text, "{}", clean(&approved(approval)));
    }
    for word in &state.during_freeze {
        let _ = writeln!(text, "{}", clean(&during(word)));
    }
    text
}

fn approved(approval: &Approval) -> String {
    let changes: Vec<&str> = approval.changes.iter().map(|id| id.as_str()).collect();
    let by = match &approval.by {
        Approver::Caller(arn) => arn.clone(),
        Approver::Named(name) => format!("`{name}`"),
    };
    let mut told = format!("approved by {by} at {}: {}", approval.approved_at, changes.join(", "));
    if let Some(signature) = &approval.signature {
        let _ = write!(told, "; signed with {}", signature.key);
    }
    if let Some(reason) = &approval.reason {
        let _ = write!(told, "; {reason}");
    }
    told
}

fn during(word: &DuringFreeze) -> String {
    let end = match &word.until {
        Some(until) => format!("until {until}"),
        None => "without an end in sight".to_owned(),
    };
    format!("during a freeze {end} ({}): {}", word.freeze.join("; "), word.reason)
}
