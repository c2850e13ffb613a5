//! `rectify runs`.

use clap::Subcommand;
use serde_json::Value;

use super::apply::{Work, execute, finish};
use super::selection::Selection;
use super::session::{Session, SessionArgs};
use super::ui::Ui;
use super::{CliError, Exit};
use crate::journal::{Journal, load};
use crate::model::RunOutcome;
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
    /// Show how each change of a run ended
    Show {
        /// The run, or the beginning of its name.
        run: String,
    },
    /// Go on with a run that was stopped or whose process ended
    Resume {
        /// The run, or the beginning of its name.
        run: String,
    },
}

pub async fn run(args: &Args, session: &SessionArgs, ui: &Ui) -> Result<Exit, CliError> {
    match args.what.as_ref().unwrap_or(&What::List) {
        What::List => {
            let journal = super::session::open_journal(session).await?;
            let mut runs = Vec::new();
            for id in journal.runs().await? {
                runs.push(load(&journal, id.as_str()).await?);
            }
            let lines = || {
                let lines: Vec<String> = runs.iter().map(text::run_line).collect();
                if lines.is_empty() { "no runs\n".to_owned() } else { lines.join("\n") + "\n" }
            };
            ui.result(lines, || runs.iter().map(json::run).collect::<Vec<Value>>().into())?;
            Ok(Exit::Done)
        }
        What::Show { run } => {
            let run = load(&super::session::open_journal(session).await?, run).await?;
            ui.result(|| text::run(&run), || json::run(&run))?;
            Ok(Exit::Done)
        }
        What::Resume { run } => {
            let mut session = Session::open(session, Selection::default()).await?;
            let journal = session.journal().await?;
            let run = load(&journal, run).await?;
            if !matches!(run.state.outcome, None | Some(RunOutcome::Stopped)) {
                return Err(CliError::user(format!("run {} has ended; there is nothing to go on with", run.id)));
            }
            session.go_to(&run.state.plan.account).await?;
            super::undo::same_account(&run, session.cloud.as_ref())?;
            if run.state.plan.fingerprint_key != session.settings.fingerprint_key {
                return Err(CliError::user(format!("run {} was made with another fingerprint key", run.id))
                    .help("go on with it where it was begun, or set RECTIFY_FINGERPRINT_KEY"));
            }
            session.settings.parameters = run.state.plan.parameters.clone();
            let run = execute(&session, &journal, ui, Work::Resume(run)).await?;
            finish(&run, ui)
        }
    }
}
