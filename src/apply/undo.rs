//! A run's changes the other way, as a plan of its own.

use super::change::same;
use super::executor::outcome;
use crate::cloud::Cloud;
use crate::engine::{reversed, seal};
use crate::model::{Change, ChangeOutcome, Plan, Proof, Resource, ResourceTypes, Run};

/// The plan that takes a run back, and what of the run cannot be taken back and why.
///
/// Only changes that took effect are taken back, and none whose resource is as it was before the run. A resource that
/// somebody has changed since is left alone when the plan is applied, unless `force`: then what it is now is read, and the
/// plan starts from there.
pub async fn undo_plan(
    run: &Run,
    cloud: &dyn Cloud,
    types: &ResourceTypes,
    force: bool,
) -> Result<(Plan, Vec<(Change, String)>), crate::cloud::CallError> {
    let mut done: Vec<(Change, Option<Resource>, Option<Resource>)> = Vec::new();
    for change in &run.state.plan.changes {
        let took = matches!(outcome(&run.state, &change.id), Some(ChangeOutcome::Verified | ChangeOutcome::Unverified));
        let Some(progress) = run.state.changes.get(&change.id).filter(|_| took) else { continue };
        let (before, after) = (progress.before.clone(), progress.after.clone());
        let Some(known) = after.as_ref().or(before.as_ref()) else { continue };
        let now = cloud.read(&known.key(), &change.parts).await?;
        if !same(before.as_ref(), now.as_ref()) && !same(before.as_ref(), after.as_ref()) {
            done.push((change.clone(), before, if force { now } else { after }));
        }
    }
    let (changes, left) = reversed(done, types);
    let plan = Plan { findings: Vec::new(), changes, proof: Proof::default(), ..run.state.plan.clone() };
    Ok((seal(plan), left))
}
