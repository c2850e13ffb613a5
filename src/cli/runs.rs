//! `rectify runs`.

use clap::Subcommand;
use serde_json::Value;

use super::apply::{Work, execute, finish, no_run};
use super::freeze::{self, FreezeArg};
use super::hold::HoldArg;
use super::selection::Selection;
use super::session::{Session, SessionArgs};
use super::ui::Ui;
use super::{CliError, Exit, verify};
use crate::apply::Hold;
use crate::journal::{Journal, Told, examine, load, run_key};
use crate::model::{Mandate, Run, RunOutcome};
use crate::report::audit::{self, Verdict, Worth};
use crate::report::{json, text};

/// List the runs of the journal, show one, or go on with one that was interrupted
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the runs, the newest first
    List,
    /// Show how each change of a run ended, who had it made and why, and each call
    Show {
        /// The run, or the beginning of its name.
        run: String,
    },
    /// Tell whether the records of runs are as they were written; exit code 4 where one is not, 1 where the last one is torn
    Verify(verify::Args),
    /// Go on with a run that was stopped or whose process ended
    Resume {
        /// The run, or the beginning of its name.
        run: String,
        #[command(flatten)]
        freeze: FreezeArg,
        #[command(flatten)]
        hold: HoldArg,
    },
}

pub async fn run(args: &Args, session: &SessionArgs, ui: &Ui) -> Result<Exit, CliError> {
    match args.what.as_ref().unwrap_or(&What::List) {
        What::List => {
            let journal = super::session::open_journal(session).await?;
            let mut runs = Vec::new();
            for id in journal.runs().await? {
                runs.push(examine(&journal, id.as_str()).await?);
            }
            let lines = || {
                let lines: String = runs.iter().map(line).collect();
                if lines.is_empty() { "no runs\n".to_owned() } else { lines }
            };
            ui.result(lines, || runs.iter().map(listed).collect::<Vec<Value>>().into())?;
            Ok(Exit::Done)
        }
        What::Show { run } => {
            let told = examine(&super::session::open_journal(session).await?, run).await?;
            ui.result(|| shown(&told), || audit::document(&told))?;
            Ok(match Worth::of(&told.id, &told.chain, None).verdict {
                Verdict::Broken => Exit::Stuck,
                Verdict::Torn | Verdict::Whole => Exit::Done,
            })
        }
        What::Verify(args) => verify::run(args, session, ui).await,
        What::Resume { run, freeze: word, hold } => {
            let mut session = Session::open(session, Selection::default()).await?;
            let journal = session.journal().await?;
            let run = load(&journal, run).await?;
            goes_on(&run)?;
            session.go_to(&run.state.plan.account).await?;
            super::undo::same_account(&run, session.cloud.as_ref())?;
            if run.state.plan.fingerprint_key != session.settings.fingerprint_key {
                return Err(CliError::user(format!("run {} was made with another fingerprint key", run.id))
                    .help("go on with it where it was begun, or set RECTIFY_FINGERPRINT_KEY"));
            }
            session.settings.parameters = run.state.plan.parameters.clone();
            let during_freeze = match word.thaw(&session, &run.state.plan.account) {
                Ok(during_freeze) => during_freeze,
                Err(frozen) => {
                    freeze::say(&frozen, &run.state.plan.account, ui);
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
                goes_on(&run)?;
                execute(&session, &journal, ui, held, Work::Resume(run, mandate)).await
            };
            let run = hold.holding(&session, &journal, ui, ("runs resume", keys), work).await?;
            finish(&run, ui)
        }
    }
}

/// A run in one line, and in another one what is wrong with its records.
fn line(told: &Told) -> String {
    let worth = Worth::of(&told.id, &told.chain, None);
    let line = told.run.as_ref().map(|run| text::run_line(run) + "\n").unwrap_or_default();
    if worth.verdict == Verdict::Whole { line } else { line + &text::worth(&worth) }
}

/// A run with how each change ended, and what is wrong with its records.
fn listed(told: &Told) -> Value {
    let worth = Worth::of(&told.id, &told.chain, None);
    match &told.run {
        Some(run) if worth.verdict == Verdict::Whole => json::run(run),
        _ => audit::document(told),
    }
}

/// All that is known of a run.
fn shown(told: &Told) -> String {
    match (&told.run, audit::audit(told)) {
        (Some(run), Some(audit)) => text::run(run) + "\n" + &text::audit(&audit),
        _ => text::worth(&Worth::of(&told.id, &told.chain, None)),
    }
}

/// Refuses a run that has come to its end.
fn goes_on(run: &Run) -> Result<(), CliError> {
    match run.state.outcome {
        None | Some(RunOutcome::Stopped) => Ok(()),
        Some(_) => Err(CliError::user(format!("run {} has ended; there is nothing to go on with", run.id))),
    }
}
