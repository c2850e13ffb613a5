//! `rectify apply`.
#![expect(clippy::disallowed_methods, reason = "the command line reads the clock")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::selection::Selection;
use super::session::{Session, SessionArgs, read_source};
use super::ui::{Bar, Ui};
use super::{CliError, Exit, limits, plan};
use crate::apply::Progress;
use crate::engine::{self, Settings, gate, only};
use crate::journal::{Journal, Ledger, load};
use crate::model::{Change, ChangeId, ChangeOutcome, Plan, Run, RunId, RunKind, RunOutcome, Safety, Status};
use crate::report::{json, text};
use crate::text::json as json_text;

/// Apply a plan: the one that is given exactly as it is, or one made, shown and asked about
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A plan that `rectify plan --out` kept, or `waiting:DIGEST`, one that an event has led to (`rectify plans`).
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
    if args.plan.is_some() && !args.selection.is_all() {
        return Err(CliError::user(
            "a kept plan is applied as it is: --policies, --types, --severity and --resource select when it is made",
        )
        .help("make a smaller plan with `rectify plan --out`"));
    }
    let mut session = Session::open(session, args.selection.clone()).await?;
    if !session.cloud.writable() {
        return Err(CliError::user("a snapshot cannot be changed")
            .help("--cloud sandbox:FILE applies to the documents of a file"));
    }
    let plan = match &args.plan {
        Some(path) if waiting(path).is_some() => {
            Ledger::new(session.journal().await?).plan(waiting(path).unwrap_or_default()).await?
        }
        Some(path) => {
            let source = read_source(path)?;
            json_text::parse::<Plan>(&source)
                .map_err(|told| CliError::from(told).help("a plan is what `rectify plan --out FILE` writes"))?
        }
        None => plan::make(&session, ui).await?,
    };
    session.go_to(&plan.account).await?;
    for (name, value) in &args.consent.limit {
        limits::set(&mut session.settings.limits, name, *value)?;
    }
    let selected = select(&plan, &args.consent.approve)?;
    refuse(&session, &plan, &selected)?;
    if args.plan.is_some() {
        // What the plan was made with decides, not what this machine would have made.
        session.settings = Settings { parameters: plan.parameters.clone(), ..session.settings };
    }
    ui.show(&text::plan(&plan))?;
    let unapproved = plan.changes.len() - selected.len();
    if unapproved > 0 {
        let few = "approve a change with --approve ID, or all with --approve all";
        ui.say(&format!("{unapproved} of {} changes wait for an approval: {few}", plan.changes.len()));
    }
    if selected.is_empty() {
        let nothing = plan.changes.is_empty() && plan.findings.iter().all(|finding| finding.status == Status::Open);
        ui.say(if nothing { "Nothing to apply." } else { "Nothing is applied." });
        no_run(ui, "nothing")?;
        return Ok(if nothing { Exit::Done } else { Exit::Pending });
    }
    if !args.consent.yes && !ui.confirm(&format!("Apply {} changes in account {}?", selected.len(), plan.account))? {
        declined(ui)?;
        return Ok(Exit::Pending);
    }
    let journal = session.journal().await?;
    if args.plan.is_some() {
        not_again(&journal, &plan, &selected).await?;
    }
    let digest = plan.digest.clone();
    let run = execute(&session, &journal, ui, Work::New(RunKind::Apply, only(plan, &selected), None)).await?;
    if args.plan.as_deref().is_some_and(|path| waiting(path).is_some()) {
        // It does not wait any more; what it has left is found anew.
        Ledger::new(journal).drop_plan(&digest).await?;
    }
    finish(&run, ui)
}

/// The digest of a plan that waits in the journal.
fn waiting(path: &Path) -> Option<&str> {
    path.to_str()?.strip_prefix("waiting:")
}

/// How far the clocks of two machines may be apart, in milliseconds.
const SKEW: i64 = 10 * 60 * 1000;

/// Refuses to apply a change of a kept plan a second time: what it creates would be created twice.
async fn not_again(journal: &dyn Journal, plan: &Plan, selected: &BTreeSet<ChangeId>) -> Result<(), CliError> {
    // The name of a run begins with its time: those from before the plan did not apply it.
    let made = plan.created_at.parse::<jiff::Timestamp>().map_or(0, |made| made.as_millisecond().saturating_sub(SKEW));
    let since = format!("{made:012x}");
    for id in journal.runs().await?.into_iter().filter(|id| id.as_str() >= since.as_str()) {
        let run = load(journal, id.as_str()).await?;
        let applied = |id: &ChangeId| run.state.changes.get(id).is_some_and(|progress| progress.started);
        if run.state.plan.digest == plan.digest && selected.iter().any(applied) {
            return Err(CliError::user(format!("run {id} has applied this plan already"))
                .help("make a new plan with `rectify plan --out`"));
        }
    }
    Ok(())
}

/// The changes to apply: the safe ones and those that are approved. One that is approved by name and would be half a fix is
/// the error.
fn select(plan: &Plan, approved: &[String]) -> Result<BTreeSet<ChangeId>, CliError> {
    let all = approved.iter().any(|id| id == "all");
    for id in approved.iter().filter(|id| *id != "all") {
        if !plan.changes.iter().any(|change| change.id.as_str() == id) {
            let known = plan.changes.iter().map(|change| change.id.as_str());
            return Err(super::selection::unknown("change", id, known));
        }
    }
    let named = |change: &Change| approved.iter().any(|id| id == change.id.as_str());
    let selected = engine::select(plan, |change| change.safety == Safety::Safe || all || named(change));
    match plan.changes.iter().find(|change| named(change) && !selected.contains(&change.id)) {
        None => Ok(selected),
        Some(half) => {
            let missing = engine::company(plan, half).filter(|other| !selected.contains(&other.id) && !named(other));
            let missing: Vec<&str> = missing.map(|change| change.id.as_str()).collect();
            let told = format!("change {} is half a fix without others that are not approved", half.id);
            Err(CliError::user(told).help(format!("approve these too: {}", missing.join(", "))))
        }
    }
}

/// Tells that nothing was done because somebody said so.
pub fn declined(ui: &Ui) -> Result<(), CliError> {
    ui.say("Nothing was changed.");
    no_run(ui, "declined")
}

/// The JSON document of a command that made no run.
pub fn no_run(ui: &Ui, outcome: &str) -> Result<(), CliError> {
    match ui.format {
        super::Format::Text => Ok(()),
        super::Format::Json => {
            ui.result(String::new, || serde_json::json!({"run": null, "outcome": outcome, "changes": []}))
        }
    }
}

/// Stops a plan that may not be applied.
pub fn refuse(session: &Session, plan: &Plan, selected: &BTreeSet<ChangeId>) -> Result<(), CliError> {
    let settings = &session.settings;
    let place = session.cloud.place();
    // A clock that is set back does not make a plan younger.
    let now = settings.now.max(jiff::Timestamp::now());
    let refusals = gate(plan, selected, &session.assessor(), now, place);
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
    let listener = tokio::spawn(listen(stop.clone(), bar.clone()));
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

/// The first Ctrl-C lets the change under way come to its end; the second one ends the process at once, and the journal
/// has what `rectify runs resume` needs.
async fn listen(stop: Arc<AtomicBool>, bar: Bar) {
    while tokio::signal::ctrl_c().await.is_ok() {
        if stop.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
        bar.suspend(|| Ui::warn("stopping after the change that is under way; Ctrl-C again ends at once"));
    }
}

/// Prints a run and tells how it ended.
pub fn finish(run: &Run, ui: &Ui) -> Result<Exit, CliError> {
    ui.result(|| text::run(run), || json::run(run))?;
    if run.state.kind == RunKind::Apply {
        match run.state.outcome {
            Some(RunOutcome::Stopped) => {
                ui.say(&format!(
                    "It goes on with `rectify runs resume {}`, or back with `rectify undo {}`.",
                    run.id, run.id
                ));
            }
            _ if took_effect(run) => ui.say(&format!("It can be taken back with `rectify undo {}`.", run.id)),
            _ => {}
        }
    }
    Ok(exit_of(run))
}

/// What a run's process ends with.
pub fn exit_of(run: &Run) -> Exit {
    match run.state.outcome {
        Some(RunOutcome::Verified) => Exit::Done,
        Some(RunOutcome::Stuck) => Exit::Stuck,
        Some(RunOutcome::Incomplete | RunOutcome::Stopped) | None => Exit::Failed,
    }
}

fn took_effect(run: &Run) -> bool {
    let took = |outcome| matches!(outcome, Some(ChangeOutcome::Verified | ChangeOutcome::Unverified));
    run.state.changes.values().any(|progress| took(progress.outcome))
}
