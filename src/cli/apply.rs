//! `rectify apply`.
#![expect(clippy::disallowed_methods, reason = "the command line reads the clock")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;

use super::approvals::{self, Approved};
use super::care::Care;
use super::files::{Kind, read_source_of};
use super::freeze::{self, FreezeArg};
use super::hold::{HoldArg, Noted};
use super::selection::Selection;
use super::session::{Session, SessionArgs};
use super::ui::{Bar, Ui};
use super::{CliError, Exit, limits, plan};
use crate::apply::{Executor, FencedCloud, FencedJournal, Hold, Progress, Wait};
use crate::engine::{Assessor, SKEW, Settings, gate, only};
use crate::journal::{Journal, Ledger, Store, load, run_key};
use crate::model::{ChangeId, ChangeOutcome, Finding, Mandate, Plan, Run, RunId, RunKind, RunOutcome, Status};
use crate::report::{clean, json, text};
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
    #[command(flatten)]
    care: Care,
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
    /// Approve what an approval approves, a file that `rectify approve` has made of this plan (repeatable).
    #[arg(long, value_name = "FILE")]
    pub approval: Vec<PathBuf>,
    #[command(flatten)]
    pub freeze: FreezeArg,
    #[command(flatten)]
    pub hold: HoldArg,
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
        Some(path) => kept(path, async || session.journal().await).await?,
        None => plan::make(&session, ui).await?,
    };
    // In another account of the fleet, everybody has the fleet's role.
    let applier = session.cloud.caller().to_owned();
    session.go_to(&plan.account).await?;
    args.care.take(&mut session.settings)?;
    let kept = args.plan.is_some();
    let approved = Approved::read(&session, &plan, &args.consent, kept, &applier).await?;
    let selected = approvals::select(&plan, &approved.changes)?;
    refuse(&session, &plan, &selected)?;
    if args.plan.is_some() {
        // What the plan was made with decides, not what this machine would have made.
        session.settings = Settings { parameters: plan.parameters.clone(), ..session.settings };
    }
    ui.show(&text::plan(&plan))?;
    let unapproved = plan.changes.len() - selected.len();
    if unapproved > 0 {
        approved.short.iter().for_each(|short| ui.say(short));
        let how = approvals::how(&session, kept);
        ui.say(&format!("{unapproved} of {} changes wait for an approval: {how}", plan.changes.len()));
    }
    if selected.is_empty() {
        let told = |finding: &Finding| matches!(finding.status, Status::Open | Status::Waived);
        let nothing = plan.changes.is_empty() && plan.findings.iter().all(told);
        ui.say(if nothing { "Nothing to apply." } else { "Nothing is applied." });
        no_run(ui, "nothing")?;
        return Ok(if nothing { Exit::Done } else { Exit::Pending });
    }
    let during_freeze = match args.consent.freeze.thaw(&session, &plan.account) {
        Ok(during_freeze) => during_freeze,
        Err(frozen) => {
            freeze::say(&frozen, &plan.account, ui);
            no_run(ui, "frozen")?;
            return Ok(Exit::Pending);
        }
    };
    if !args.consent.yes && !ui.confirm(&format!("Apply {} changes in account {}?", selected.len(), plan.account))? {
        declined(ui)?;
        return Ok(Exit::Pending);
    }
    let journal = session.journal().await?;
    let digest = plan.digest.clone();
    let mandate = Mandate { approvals: approved.approvals, during_freeze, cause: None };
    let changed = plan.changes.iter().filter(|change| selected.contains(&change.id));
    let keys = changed.map(|change| change.resource.clone()).collect();
    let work = async |hold: &Hold| {
        if kept {
            not_again(&journal, &plan, &selected).await?;
        }
        let work = Work::New(RunKind::Apply, only(plan, &selected), None, mandate);
        execute(&session, &journal, ui, hold, work).await
    };
    let run = args.consent.hold.holding(&session, &journal, ui, ("apply", keys), work).await?;
    if args.plan.as_deref().is_some_and(|path| waiting(path).is_some()) {
        // It does not wait any more; what it has left is found anew.
        let dropped = Ledger::new(journal).drop_plan(&digest).await;
        if let Err(error) = dropped {
            Ui::warn(&format!("the plan is still told as waiting: {error}"));
        }
    }
    finish(&run, ui)
}

/// The digest of a plan that waits in the journal.
fn waiting(path: &Path) -> Option<&str> {
    path.to_str()?.strip_prefix("waiting:")
}

/// Refuses to apply a change of a kept plan a second time: what it creates would be created twice.
async fn not_again(journal: &dyn Journal, plan: &Plan, selected: &BTreeSet<ChangeId>) -> Result<(), CliError> {
    // The name of a run begins with its time: those from before the plan did not apply it. Its own may be one that was set.
    let made = plan.created_at.parse::<Timestamp>().unwrap_or_default().min(Timestamp::now());
    let since = format!("{:012x}", made.checked_sub(SKEW).unwrap_or_default().as_millisecond());
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

/// A plan that was kept: a file, or one that waits in the journal.
pub async fn kept(
    path: &Path,
    journal: impl AsyncFnOnce() -> Result<Arc<dyn Store>, CliError>,
) -> Result<Plan, CliError> {
    match waiting(path) {
        Some(digest) => Ok(Ledger::new(journal().await?).plan(digest).await?),
        None => json_text::parse(&read_source_of(path, Kind::PLAN)?)
            .map_err(|told| CliError::from(told).help("a plan is what `rectify plan --out FILE` writes")),
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
    let (today, now) = (Timestamp::now(), settings.now.max(Timestamp::now()));
    // And one that is set forward ends no waiver.
    let settings = Settings { now: settings.now.min(today), ..settings.clone() };
    let assessor = Assessor { settings: &settings, ..session.assessor() };
    let refusals = gate(plan, selected, &assessor, now, place);
    if refusals.is_empty() {
        return Ok(());
    }
    Err(CliError {
        kind: super::error::Kind::User,
        messages: refusals.iter().map(|refusal| clean(&refusal.to_string())).collect(),
        help: None,
    })
}

/// What to run.
#[expect(clippy::large_enum_variant, reason = "there is one in a process")]
pub enum Work {
    /// A plan.
    New(RunKind, Plan, Option<RunId>, Mandate),
    /// A run that did not end, and why nothing more of it is begun.
    Resume(Run, Mandate, Option<String>),
}

/// Runs with a bar; Ctrl-C stops it between two changes. The resources are held, and for a run that goes on the run.
pub async fn execute(
    session: &Session,
    store: &Arc<dyn Store>,
    ui: &Ui,
    hold: &Hold,
    work: Work,
) -> Result<Run, CliError> {
    let noted = Noted::new(store, ui, &work).await?;
    if let Work::New(RunKind::Apply, plan, ..) = &work
        && let Err(error) = limits::spend(&Ledger::new(store.clone()), plan, &session.settings.limits).await
    {
        noted.forget().await?;
        return Err(error);
    }
    // Nobody else knows its name yet, so nobody else holds it.
    drop(hold.take(&run_key(&noted.run)).await?);
    let length = match &work {
        Work::New(_, plan, ..) => plan.changes.len(),
        Work::Resume(run, ..) => run.state.plan.changes.len(),
    };
    let bar = ui.progress(u64::try_from(length).ok(), "applying");
    let listener = tokio::spawn(listen(hold.stop.clone(), bar.clone()));
    let progress = |progress: Progress<'_>| match progress {
        Progress::Started(change) => bar.set_prefix(clean(&change.resource.id)),
        Progress::Ended(..) => bar.inc(1),
        Progress::Waits(left, why) => {
            let why = match why {
                Wait::Pace => "no more changes begin within one minute (max_per_minute)",
                Wait::Canaries => "then the changes that went first are verified once more",
            };
            bar.suspend(|| Ui::warn(&format!("waiting for {} s: {why}", left.as_secs_f64().ceil())));
        }
        Progress::Frozen(frozen) => {
            bar.suspend(|| {
                Ui::warn(&format!("the account is {}; what is left is not begun", clean(&frozen.to_string())))
            });
        }
    };
    let journal = FencedJournal { journal: store, hold };
    let cloud = FencedCloud { cloud: session.cloud.as_ref(), hold };
    let executor = Executor { cloud: &cloud, ..session.executor(&journal, &hold.stop, &progress) };
    let run = match work {
        Work::New(kind, plan, of, mandate) => executor.start(noted.run.clone(), kind, plan, of, mandate).await,
        Work::Resume(run, mandate, halt) => executor.resume_on(run, mandate, halt).await,
    };
    listener.abort();
    bar.finish_and_clear();
    let run = run?;
    // The run has ended, whatever is noted elsewhere: whoever comes to it there reads that it has.
    noted.forget().await.unwrap_or_else(|error| Ui::warn(&error.messages.join("; ")));
    Ok(run)
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
        _ if run.state.needs_a_person() => Exit::Stuck,
        Some(RunOutcome::Incomplete | RunOutcome::Stopped) | None => Exit::Failed,
    }
}

fn took_effect(run: &Run) -> bool {
    let took = |outcome| matches!(outcome, Some(ChangeOutcome::Verified | ChangeOutcome::Unverified));
    run.state.changes.values().any(|progress| took(progress.outcome))
}
