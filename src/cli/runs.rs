//! `rectify runs`.

use clap::Subcommand;
use serde_json::Value;

use super::session::SessionArgs;
use super::ui::Ui;
use super::{CliError, Exit, resume, verify};
use crate::journal::{Journal, Told, examine};
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
    Resume(resume::Args),
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
        What::Resume(args) => resume::run(args, session, ui).await,
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
