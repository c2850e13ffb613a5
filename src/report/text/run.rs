//! A run: how each change ended.

use std::fmt::Write;

use crate::model::{ChangeOutcome, Run, RunKind, RunOutcome};
use crate::report::style::{FAINT, STRONG, bad, clean, good, styled, wary};

/// A run as text.
pub fn run(run: &Run) -> String {
    let mut text = String::new();
    let state = &run.state;
    for change in &state.plan.changes {
        let Some(progress) = state.changes.get(&change.id) else { continue };
        let id = progress.after.as_ref().map_or(&change.resource.id, |after| &after.id);
        let status = match progress.outcome {
            Some(ChangeOutcome::Verified) => good("verified  "),
            Some(ChangeOutcome::Unverified) => bad("unverified"),
            Some(ChangeOutcome::Skipped) => wary("skipped   "),
            Some(ChangeOutcome::Failed) => bad("failed    "),
            Some(ChangeOutcome::Undone) => bad("undone    "),
            Some(ChangeOutcome::Stuck) => bad("stuck     "),
            None => wary("not done  "),
        };
        let _ = writeln!(text, "{status} {} {}  {}", change.resource.type_name, clean(id), styled(FAINT, &change.id));
        if let Some(reason) = &progress.reason {
            let _ = writeln!(text, "           {}", clean(reason));
        }
    }
    let _ = writeln!(text, "{}", run_line(run));
    text
}

/// A run in one line.
pub fn run_line(run: &Run) -> String {
    let state = &run.state;
    let done = state.changes.values().filter(|progress| progress.outcome == Some(ChangeOutcome::Verified)).count();
    let outcome = match state.outcome {
        Some(RunOutcome::Verified) => good("verified"),
        Some(RunOutcome::Incomplete) => bad("incomplete"),
        Some(RunOutcome::Stopped) => wary("stopped"),
        Some(RunOutcome::Stuck) => bad("stuck"),
        None => wary("interrupted"),
    };
    let kind = match (&state.kind, &state.of) {
        (RunKind::Undo, Some(of)) => format!("undo of {of}"),
        (RunKind::Undo, None) => "undo".to_owned(),
        (RunKind::Apply, _) => "apply".to_owned(),
    };
    format!(
        "{} {}  {kind}  {outcome}, {done} of {} changes verified",
        styled(STRONG, format!("run {}", run.id)),
        styled(FAINT, &run.started_at),
        state.changes.len()
    )
}
