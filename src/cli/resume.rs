//! `rectify runs resume`.
#![expect(clippy::disallowed_methods, reason = "the command line reads the clock")]

use jiff::Timestamp;

use super::apply::{Work, execute, finish, no_run};
use super::freeze::{self, FreezeArg};
use super::hold::HoldArg;
use super::selection::Selection;
use super::session::{Session, SessionArgs};
use super::ui::Ui;
use super::undo::{same_account, same_key};
use super::{CliError, Exit, approvals, error};
use crate::apply::{Hold, taken_back};
use crate::engine::{Assessor, Settings, check_approval, lapsed};
use crate::journal::{Journal, load, run_key};
use crate::model::{Mandate, Run, RunKind, RunOutcome};
use crate::report::clean;

/// What to go on with, and on whose word.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The run, or the beginning of its name.
    run: String,
    #[command(flatten)]
    freeze: FreezeArg,
    #[command(flatten)]
    hold: HoldArg,
}

pub async fn run(args: &Args, session: &SessionArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut session = Session::open(session, Selection::default()).await?;
    let journal = session.journal().await?;
    let run = load(&journal, &args.run).await?;
    // In another account of the fleet, everybody has the fleet's role.
    let applier = session.cloud.caller().to_owned();
    let account = run.state.plan.account.clone();
    session.go_to(&account).await?;
    same_account(&run, session.cloud.as_ref())?;
    same_key(&run, &session)?;
    goes_on(&run, &journal).await?;
    session.settings.parameters = run.state.plan.parameters.clone();
    let during_freeze = match args.freeze.thaw(&session, &account) {
        Ok(during_freeze) => during_freeze,
        Err(frozen) => {
            freeze::say(&frozen, &account, ui);
            no_run(ui, "frozen")?;
            return Ok(Exit::Pending);
        }
    };
    let mandate = Mandate { during_freeze, ..Mandate::default() };
    let changed = run.state.plan.changes.iter().map(|change| change.resource.clone());
    let keys = changed.chain([run_key(&run.id)]).collect();
    let work = async |held: &Hold| {
        // Whoever held it may have gone on with it.
        let run = load(&journal, run.id.as_str()).await?;
        goes_on(&run, &journal).await?;
        approved(&run, &session, &applier)?;
        let halt = halts(&run, &session);
        if let Some(why) = &halt {
            ui.say(&format!("What is left of the run is not begun: {}.", clean(why)));
        }
        execute(&session, &journal, ui, held, Work::Resume(run, mandate, halt)).await
    };
    let run = args.hold.holding(&session, &journal, ui, ("runs resume", keys), work).await?;
    finish(&run, ui)
}

/// Refuses a run that has come to its end, or was taken back.
async fn goes_on(run: &Run, journal: &dyn Journal) -> Result<(), CliError> {
    if !matches!(run.state.outcome, None | Some(RunOutcome::Stopped)) {
        return Err(CliError::user(format!("run {} has ended; there is nothing to go on with", run.id)));
    }
    match taken_back(journal, run).await? {
        None => Ok(()),
        Some(back) => Err(CliError::user(format!("run {back} has taken run {} back, and it does not go on", run.id))
            .help("make a new plan with `rectify plan --out`")),
    }
}

/// Why nothing more of a run is begun. What was begun is brought to its end in any case, and so is what takes a run back.
fn halts(run: &Run, session: &Session) -> Option<String> {
    if run.state.kind == RunKind::Undo {
        return None;
    }
    let today = Timestamp::now();
    let settings = Settings { now: session.settings.now.min(today), ..session.settings.clone() };
    let assessor = Assessor { settings: &settings, ..session.assessor() };
    lapsed(&run.state.plan, &run.state.ahead(), &assessor, session.settings.now.max(today))
}

/// Refuses a run of which changes are left that nobody has approved for whoever goes on with it.
fn approved(run: &Run, session: &Session, applier: &str) -> Result<(), CliError> {
    let (state, rules) = (&run.state, approvals::rules(&session.config));
    let ahead = state.ahead();
    let counts = state.approvals.iter().filter(|approval| approval.changes.iter().any(|id| ahead.contains(id)));
    let (place, now) = (session.cloud.place(), session.settings.now.max(Timestamp::now()));
    let wrong = counts.flat_map(|approval| check_approval(approval, &state.plan, &rules, applier, place, now));
    let messages: Vec<String> = wrong.map(|told| format!("run {}: {}", run.id, clean(&told.to_string()))).collect();
    match messages.is_empty() {
        true => Ok(()),
        false => Err(CliError { kind: error::Kind::User, messages, help: None }),
    }
}
