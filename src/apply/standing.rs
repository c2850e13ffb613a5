//! What state a run has left each resource in, for the person who has to know.

use crate::engine::differences;
use crate::model::{Change, ChangeId, ChangeOutcome, Resource, RunState};

/// The state of a change's resource, as far as the run knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing was sent to it: it is as it was found.
    Untouched,
    /// As it was before the change.
    AsItWas,
    /// As it was planned.
    AsPlanned,
    /// Neither: these places are not what they were.
    Between(Vec<String>),
    /// Neither: it is not there any more.
    Gone,
    /// The run could not read it, or somebody else has changed it.
    Unknown,
}

impl Standing {
    /// As it is written.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Untouched => "untouched",
            Self::AsItWas => "as_it_was",
            Self::AsPlanned => "as_planned",
            Self::Between(_) => "in_between",
            Self::Gone => "gone",
            Self::Unknown => "unknown",
        }
    }

    /// In a person's words.
    pub fn told(&self) -> String {
        match self {
            Self::Untouched => "untouched".to_owned(),
            Self::AsItWas => "as it was".to_owned(),
            Self::AsPlanned => "as planned".to_owned(),
            Self::Between(places) if places.iter().all(String::is_empty) => "in between: it was created".to_owned(),
            Self::Between(places) => format!("in between: {} not as before", list(places)),
            Self::Gone => "in between: it is not there any more".to_owned(),
            Self::Unknown => "not known: look at it before anything else".to_owned(),
        }
    }
}

fn list(places: &[String]) -> String {
    let verb = if places.len() == 1 { "is" } else { "are" };
    format!("{} {verb}", places.join(", "))
}

/// The state that a run has left a change's resource in.
pub fn standing(state: &RunState, change: &Change) -> Standing {
    let Some(progress) = state.changes.get(&change.id) else { return Standing::Untouched };
    match progress.outcome {
        None if progress.started => Standing::Unknown,
        None | Some(ChangeOutcome::Skipped) => Standing::Untouched,
        Some(ChangeOutcome::Failed | ChangeOutcome::Undone) => Standing::AsItWas,
        Some(ChangeOutcome::Verified) if left_alone(state, &change.id) => Standing::Unknown,
        Some(ChangeOutcome::Verified) => Standing::AsPlanned,
        Some(ChangeOutcome::Stuck) if progress.gone => Standing::Gone,
        Some(ChangeOutcome::Unverified | ChangeOutcome::Stuck) => match (&progress.before, &progress.after) {
            (Some(before), Some(after)) => compared(before, after),
            (None, Some(_)) => Standing::Between(vec![String::new()]),
            (_, None) => Standing::Unknown,
        },
    }
}

fn compared(before: &Resource, after: &Resource) -> Standing {
    let places: Vec<String> =
        differences(&before.properties, &after.properties).into_iter().map(|difference| difference.path).collect();
    if places.is_empty() { Standing::AsItWas } else { Standing::Between(places) }
}

/// Whether a change was to be taken back and its resource was not touched, since it was not what the run had made of it.
fn left_alone(state: &RunState, id: &ChangeId) -> bool {
    let outcome = |id: &ChangeId| state.progress(id).and_then(|progress| progress.outcome);
    state.undoing.iter().filter(|undoing| undoing.reversal.of == *id).any(|undoing| {
        let mut first = undoing.reversal.change.depends_on.iter();
        undoing.progress.outcome == Some(ChangeOutcome::Skipped)
            && first.all(|id| outcome(id) == Some(ChangeOutcome::Verified))
    })
}
