//! A run's changes the other way, as a plan of its own.

use super::change::same;
use crate::cloud::{CallError, Cloud};
use crate::engine::{reversed, seal, still_needed};
use crate::journal::{Journal, JournalError, examine};
use crate::model::{Change, ChangeKind, ChangeOutcome, Plan, Proof, Resource, ResourceTypes, Run, RunId, RunState};

/// The run that has taken a run back, or a part of it.
pub async fn taken_back(journal: &dyn Journal, run: &Run) -> Result<Option<RunId>, JournalError> {
    // The name of a run begins with its time: what takes it back comes after it.
    for id in journal.runs().await?.into_iter().filter(|id| *id > run.id) {
        // One that is not as it was written is told where somebody asks for it, and keeps no other from going on.
        let other = examine(journal, id.as_str()).await?.run.map(|run| run.state);
        let takes_back = |state: &RunState| {
            state.of.as_ref() == Some(&run.id) && state.changes.values().any(|progress| progress.started)
        };
        if other.as_ref().is_some_and(takes_back) {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// The plan that takes a run back, and what of the run cannot be taken back and why.
///
/// Only changes that took effect are taken back, and none whose resource is as it was before the run. A resource that somebody has
/// changed since is left alone when the plan is applied, unless `force`: then what it is now is read, and the plan starts from
/// there. So it is where the run could not read the resource after its calls. What is stuck stays, and what it needs, unless
/// `force`.
pub async fn undo_plan(
    run: &Run,
    cloud: &dyn Cloud,
    types: &ResourceTypes,
    force: bool,
) -> Result<(Plan, Vec<(Change, String)>), CallError> {
    let mut done: Vec<(Change, Option<Resource>, Option<Resource>)> = Vec::new();
    let mut stuck: Vec<(Change, String)> = Vec::new();
    for change in &run.state.plan.changes {
        let Some(progress) = run.state.changes.get(&change.id) else { continue };
        let (before, mut after) = (progress.before.clone(), progress.after.clone());
        let known = after.as_ref().or(before.as_ref());
        let is_stuck = progress.outcome == Some(ChangeOutcome::Stuck);
        match (progress.outcome, known) {
            (Some(ChangeOutcome::Verified | ChangeOutcome::Unverified), _) => {}
            (Some(ChangeOutcome::Stuck), Some(_)) if force => {}
            (Some(ChangeOutcome::Stuck), known) => {
                let why = progress.reason.clone().unwrap_or_default();
                let how = if known.is_some() { "; --force takes it back from where it stands" } else { "" };
                stuck.push((change.clone(), format!("it is stuck: {why}{how}")));
                continue;
            }
            _ => continue,
        }
        let Some(known) = known else { continue };
        let now = cloud.read(&known.key(), &change.parts).await?;
        if same(before.as_ref(), now.as_ref()) || (!is_stuck && same(before.as_ref(), after.as_ref())) {
            continue;
        }
        if force || (after.is_none() && change.kind != ChangeKind::Delete) {
            after = now;
        }
        // Of what is stuck it may be the run itself that took it away.
        if change.kind == ChangeKind::Update && after.is_none() && !is_stuck {
            stuck.push((change.clone(), "it is not there any more".into()));
        } else {
            done.push((change.clone(), before, after));
        }
    }
    keep_what_is_needed(&mut done, &mut stuck);
    let (changes, mut left) = reversed(done, types);
    left.extend(stuck);
    let plan = Plan { findings: Vec::new(), changes, proof: Proof::default(), ..run.state.plan.clone() };
    Ok((seal(plan), left))
}

/// What was done for a change that stays is left too.
fn keep_what_is_needed(
    done: &mut Vec<(Change, Option<Resource>, Option<Resource>)>,
    stays: &mut Vec<(Change, String)>,
) {
    loop {
        let needs = |change: &Change| stays.iter().find(|(other, _)| other.depends_on.contains(&change.id));
        let needed = done.iter().enumerate().find_map(|(index, (change, ..))| {
            let (by, _) = needs(change)?;
            Some((index, still_needed(&by.resource)))
        });
        let Some((index, why)) = needed else { return };
        stays.push((done.remove(index).0, why));
    }
}
