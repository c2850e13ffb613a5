//! `rectify demo`.
#![expect(clippy::disallowed_methods, reason = "the command line reads the clock")]

use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;

use jiff::Timestamp;
use serde_json::json;

use super::session::resource_types;
use super::ui::Ui;
use super::{CliError, Exit};
use crate::apply::{ApplyError, Executor, Options, undo_plan};
use crate::cloud::{Cloud, DEMO, Sandbox, gather, snapshot_file};
use crate::engine::{Assessor, Bundle, Planner, Purpose, Reading, Settings, gate};
use crate::journal::Sqlite;
use crate::model::{ChangeId, Finding, Plan, Run, RunId, RunKind, Severity};
use crate::report::{Scan, json as json_report, strong, text};
use crate::text::Source;

/// See findings, plan, apply, verify and undo on an embedded account: no AWS, no credentials, nothing is kept
#[derive(Debug, clap::Args)]
pub struct Args {}

/// What the demo is about: a page or two, and not all that there is.
fn shown(finding: &Finding) -> bool {
    finding.severity >= Severity::High
}

pub async fn run(_args: &Args, ui: &Ui) -> Result<Exit, CliError> {
    let types = resource_types();
    let bundle = Bundle::embedded(&types)?;
    let world = snapshot_file::parse(&Source::new("demo.jsonl", DEMO), &types)?;
    let before = world.clone();
    let cloud = Sandbox::memory(world, types.clone());
    let settings = Settings { fingerprint_key: "file".into(), ..Settings::new(Timestamp::now()) };
    let assessor = || Assessor { bundle: &bundle, types: &types, settings: &settings };
    let reading = Reading::of(&bundle, &types, Purpose::Plan);
    let title = |number: u8, title: &str| ui.say(&format!("\n{}\n", strong(format!("{number}. {title}"))));

    title(1, "Scan: what is wrong with a small shop");
    let taken_at = settings.now.to_string();
    let snapshot = gather(&cloud, &types, &reading, taken_at.clone(), &|_, _| {}).await;
    let mut assessment = assessor().assess(&snapshot, None);
    let found = assessment.findings.len();
    assessment.findings.retain(shown);
    let less = found - assessment.findings.len();
    let scan =
        Scan { read: snapshot.len(), header: snapshot.header.clone(), assessment, waivers: None, scorecard: None };
    ui.say(text::scan(&scan).trim_end());
    ui.say(&format!("{less} findings of lower severity are left out here and below."));

    title(2, "Plan: the exact calls, and the proof before anything is touched");
    let plan = Planner { assessor: assessor(), reading: &reading }.plan(&snapshot, shown);
    ui.say(text::plan(&plan).trim_end());

    title(3, "Apply and verify: every change read again and judged again");
    let selected: BTreeSet<ChangeId> = plan.changes.iter().map(|change| change.id.clone()).collect();
    let refusals = gate(&plan, &selected, &assessor(), settings.now, cloud.place());
    if let Some(refusal) = refusals.first() {
        return Err(CliError::internal(refusal.to_string()));
    }
    let journal = Sqlite::memory()?;
    let stop = AtomicBool::new(false);
    let executor = Executor {
        cloud: &cloud,
        types: &types,
        assessor: assessor(),
        journal: &journal,
        options: Options::default(),
        clock: Timestamp::now,
        stop: &stop,
        progress: &|_| {},
    };
    let apply = async |kind: RunKind, plan: Plan, of: Option<RunId>| -> Result<Run, ApplyError> {
        executor.apply(kind, plan, of).await
    };
    let applied = apply(RunKind::Apply, plan.clone(), None).await?;
    ui.say(text::run(&applied).trim_end());
    let snapshot = gather(&cloud, &types, &reading, taken_at, &|_, _| {}).await;
    let after = assessor().assess(&snapshot, None);
    let left = after.findings.iter().filter(|finding| shown(finding)).count();
    ui.say(&format!("Findings by a new scan: {left}, as the proof said ({}).", plan.proof.after));

    title(4, "Undo: the same changes with before and after swapped");
    let (back, stays) = undo_plan(&applied, &cloud, &types, false).await?;
    let undone = apply(RunKind::Undo, back, Some(applied.id.clone())).await?;
    ui.say(text::run(&undone).trim_end());
    for (change, why) in &stays {
        ui.say(&format!("stays: {} {}: {why}", change.resource.type_name, change.id));
    }
    let same = before
        .resources()
        .filter(|old| cloud.world().get(&old.key()).is_some_and(|new| new.properties == old.properties))
        .count();
    ui.say(&format!("{same} of {} documents are as they were.", before.len()));
    if ui.format == super::Format::Json {
        ui.result(String::new, || {
            json!({
                "scan": json_report::scan(&scan),
                "plan": json_report::plan(&plan),
                "apply": json_report::run(&applied),
                "findings_after": left,
                "undo": json_report::run(&undone),
                "documents": {"same": same, "all": before.len()},
            })
        })?;
    }
    Ok(Exit::Done)
}
