//! Whether the documents are what the journal says of a run's changes.

use rectify::engine::inside;
use rectify::model::{ChangeOutcome, Resource, Run, Snapshot};

use super::same::differ;

/// Whether the documents are what a run says of its changes.
pub fn not_as_told(run: &Run, before: &Snapshot, after: &Snapshot) -> Vec<String> {
    let mut told = Vec::new();
    for change in &run.state.plan.changes {
        let progress = &run.state.changes[&change.id];
        let key = progress.after.as_ref().map_or(change.resource.clone(), Resource::key);
        let (old, now) = (before.get(&change.resource), after.get(&key));
        let as_it_was = match (old, now) {
            (Some(old), Some(now)) => differ(&old.properties, &now.properties).is_empty(),
            (old, now) => old.is_none() && now.is_none(),
        };
        // What the run has read after its calls is what is there.
        let as_read = match (&progress.after, now) {
            (Some(read), Some(now)) => inside(&read.properties, &now.properties).is_empty(),
            (read, now) => read.is_none() && now.is_none(),
        };
        let right = match progress.outcome {
            Some(ChangeOutcome::Failed | ChangeOutcome::Undone | ChangeOutcome::Skipped) => as_it_was,
            Some(ChangeOutcome::Verified) => as_read,
            // It could not be read, or not be judged: it says so.
            Some(ChangeOutcome::Unverified) => as_read || progress.after.is_none(),
            Some(ChangeOutcome::Stuck) => true,
            // Begun by nobody, after something that a person has to look at.
            None => !progress.started && as_it_was,
        };
        let says = progress.outcome == Some(ChangeOutcome::Verified)
            || progress.outcome.is_none()
            || progress.reason.as_ref().is_some_and(|reason| !reason.is_empty());
        if !right || !says {
            told.push(format!(
                "{} is {:?} ({:?}), and that is not so",
                change.resource, progress.outcome, progress.reason
            ));
        }
    }
    told
}
