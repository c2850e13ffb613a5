//! A run: how each change ended.

use std::fmt::Write;

use super::consent::consent;
use crate::apply::standing;
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
        let _ = writeln!(
            text,
            "{status} {} {}  {}",
            clean(change.resource.type_name.as_str()),
            clean(id),
            styled(FAINT, &change.id)
        );
        if let Some(reason) = &progress.reason {
            let _ = writeln!(text, "           {}", clean(reason));
        }
    }
    if let Some(reason) = &state.halted {
        let _ = writeln!(text, "{} {}", wary("No further change was begun:"), clean(reason));
    }
    text.push_str(&consent(state));
    let _ = writeln!(text, "{}", run_line(run));
    text.push_str(&for_a_person(run));
    text
}

/// For the person who is needed: the state of each resource, and what to do.
fn for_a_person(run: &Run) -> String {
    let state = &run.state;
    if state.outcome.is_none() || !state.needs_a_person() {
        return String::new();
    }
    let mut text = format!("{}\n", styled(STRONG, "A person is needed. The resources are now:"));
    for change in &state.plan.changes {
        let after = state.changes.get(&change.id).and_then(|progress| progress.after.as_ref());
        let id = clean(after.map_or(&change.resource.id, |after| &after.id));
        let told = clean(&standing(state, change).told());
        let _ = writeln!(text, "  {} {id}: {told}", clean(change.resource.type_name.as_str()));
    }
    let back = state.of.as_ref().unwrap_or(&run.id);
    let _ = writeln!(
        text,
        "When what stood in the way is gone: `rectify undo {back} --force` takes back what is left, from where it stands; `rectify plan` plans anew on it."
    );
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
