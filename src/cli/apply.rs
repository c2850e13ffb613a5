//! `rectify apply`.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::selection::Selection;
use super::session::{Session, SessionArgs, read_source};
use super::ui::Ui;
use super::{CliError, Exit, limits, plan};
use crate::apply::Progress;
use crate::engine::{Settings, gate};
use crate::journal::Journal;
use crate::model::{ChangeId, Finding, Plan, Run, RunId, RunKind, RunOutcome, Safety};
use crate::report::{json, text};
use crate::text::json as json_text;

/// Apply a plan: the one that is given exactly as it is, or one made, shown and asked about
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A plan that `rectify plan --out` kept.
    #[arg(value_name = "PLAN")]
    plan: Option<PathBuf>,
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    pub consent: Consent,
}

/// What the user agrees to.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Consent")]
pub struct Consent {
    /// Do not ask.
    #[arg(long, short)]
    pub yes: bool,
    /// Approve a change that needs a review, by its id (repeatable), or `all` of them.
    #[arg(long, value_name = "CHANGE")]
    pub approve: Vec<String>,
    /// Raise a limit for this once (repeatable).
    #[arg(long, value_name = "NAME=VALUE", value_parser = limits::parse)]
    pub limit: Vec<(String, u32)>,
}

pub async fn run(args: &Args, session: &SessionArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut session = Session::open(session, args.selection.clone()).await?;
    let plan = match &args.plan {
        Some(path) => {
            let source = read_source(path)?;
            json_text::parse::<Plan>(&source)
                .map_err(|told| CliError::from(told).help("a plan is what `rectify plan --out FILE` writes"))?
        }
        None => plan::make(&session, ui).await,
    };
    for (name, value) in &args.consent.limit {
        limits::set(&mut session.settings.limits, name, *value)?;
    }
    let selected = select(&plan, &args.consent.approve)?;
    refuse(&session, &plan, &selected)?;
    if args.plan.is_some() {
        // What the plan was made with decides, not what this machine would have made.
        session.settings = Settings { parameters: plan.parameters.clone(), ..session.settings };
    }
    ui.say(text::plan(&plan).trim_end());
    let waiting = plan.changes.len() - selected.len();
    if waiting > 0 {
        let few = "approve a change with --approve ID, or all with --approve all";
        ui.say(&format!("{waiting} of {} changes wait for an approval: {few}", plan.changes.len()));
    }
    if selected.is_empty() {
        let nothing = plan.changes.is_empty() && plan.findings.is_empty();
        ui.say(if nothing { "Nothing to apply." } else { "Nothing is applied." });
        if ui.format == super::Format::Json {
            ui.result(String::new, || serde_json::json!({"run": null, "outcome": "nothing", "changes": []}))?;
        }
        return Ok(if nothing { Exit::Done } else { Exit::Pending });
    }
    if !args.consent.yes
        && !ui.confirm(&format!("Apply {} changes in account {}?", selected.len(), plan.created.account))?
    {
        ui.say("Nothing was changed.");
        return Ok(Exit::Pending);
    }
    let journal = session.journal()?;
    let run = execute(&session, &journal, ui, Work::New(RunKind::Apply, only(plan, &selected), None)).await?;
    finish(&run, ui)
}

/// The plan of the selected changes alone, with the findings that they clear without the others.
fn only(plan: Plan, selected: &BTreeSet<ChangeId>) -> Plan {
    let (changes, others): (Vec<_>, Vec<_>) =
        plan.changes.into_iter().partition(|change| selected.contains(&change.id));
    let waits = |finding: &Finding| others.iter().any(|other| other.fixes.contains(&finding.id));
    let findings = plan.findings.into_iter().filter(|finding| !waits(finding)).collect();
    Plan { changes, findings, ..plan }
}

/// The changes to apply: the safe ones, those that are approved, and of both only such whose dependencies are too.
fn select(plan: &Plan, approved: &[String]) -> Result<BTreeSet<ChangeId>, CliError> {
    let all = approved.iter().any(|id| id == "all");
    for id in approved.iter().filter(|id| *id != "all") {
        if !plan.changes.iter().any(|change| change.id.as_str() == id) {
            let known = plan.changes.iter().map(|change| change.id.as_str());
            return Err(super::selection::unknown("change", id, known));
        }
    }
    let agreed = |change: &&crate::model::Change| {
        change.safety == Safety::Safe || all || approved.iter().any(|id| id == change.id.as_str())
    };
    let mut selected: BTreeSet<ChangeId> = BTreeSet::new();
    // A change comes after those that it depends on.
    for change in plan.changes.iter().filter(agreed) {
        if change.depends_on.iter().all(|id| selected.contains(id)) {
            selected.insert(change.id.clone());
        } else if approved.iter().any(|id| id == change.id.as_str()) {
            let missing: Vec<&str> = change.depends_on.iter().map(ChangeId::as_str).collect();
            return Err(CliError::user(format!("change {} depends on changes that are not approved", change.id))
                .help(format!("approve these too: {}", missing.join(", "))));
        }
    }
    Ok(selected)
}

/// Stops a plan that may not be applied.
pub fn refuse(session: &Session, plan: &Plan, selected: &BTreeSet<ChangeId>) -> Result<(), CliError> {
    let settings = &session.settings;
    let place = session.cloud.place();
    let refusals = gate(plan, selected, &settings.limits, settings.now, place, &settings.fingerprint_key);
    if refusals.is_empty() {
        return Ok(());
    }
    Err(CliError {
        kind: super::error::Kind::User,
        messages: refusals.iter().map(ToString::to_string).collect(),
        help: None,
    })
}

/// What to run.
pub enum Work {
    /// A plan.
    New(RunKind, Plan, Option<RunId>),
    /// A run that did not end.
    Resume(Run),
}

/// Runs with a bar; Ctrl-C stops it between two changes.
pub async fn execute(session: &Session, journal: &dyn Journal, ui: &Ui, work: Work) -> Result<Run, CliError> {
    let length = match &work {
        Work::New(_, plan, _) => plan.changes.len(),
        Work::Resume(run) => run.state.plan.changes.len(),
    };
    let bar = ui.progress(u64::try_from(length).ok(), "applying");
    let stop = Arc::new(AtomicBool::new(false));
    let listener = tokio::spawn(listen(stop.clone()));
    let progress = |progress: Progress<'_>| match progress {
        Progress::Started(change) => bar.set_prefix(change.resource.id.clone()),
        Progress::Ended(..) => bar.inc(1),
    };
    let executor = session.executor(journal, &stop, &progress);
    let run = match work {
        Work::New(kind, plan, of) => executor.apply(kind, plan, of).await,
        Work::Resume(run) => executor.resume(run).await,
    };
    listener.abort();
    bar.finish_and_clear();
    Ok(run?)
}

async fn listen(stop: Arc<AtomicBool>) {
    while tokio::signal::ctrl_c().await.is_ok() {
        stop.store(true, Ordering::SeqCst);
    }
}

/// Prints a run and tells how it ended.
pub fn finish(run: &Run, ui: &Ui) -> Result<Exit, CliError> {
    ui.result(|| text::run(run), || json::run(run))?;
    let exit = match run.state.outcome {
        Some(RunOutcome::Verified) => Exit::Done,
        Some(RunOutcome::Stuck) => Exit::Stuck,
        Some(RunOutcome::Incomplete | RunOutcome::Stopped) | None => Exit::Failed,
    };
    if run.state.kind == RunKind::Apply {
        match run.state.outcome {
            Some(RunOutcome::Stopped) => {
                ui.say(&format!(
                    "It goes on with `rectify runs resume {}`, or back with `rectify undo {}`.",
                    run.id, run.id
                ));
            }
            _ => ui.say(&format!("It can be taken back with `rectify undo {}`.", run.id)),
        }
    }
    Ok(exit)
}
