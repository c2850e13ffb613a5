//! `rectify plans`.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;

use super::session::{SessionArgs, open_journal};
use super::ui::Ui;
use super::{CliError, Exit};
use crate::cloud::snapshot_file;
use crate::journal::Ledger;
use crate::report::{json as json_report, text};
use crate::text::json::pretty;

/// The plans that events have led to and that wait for an approval
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List them, the oldest first
    List,
    /// Show one; `rectify apply waiting:DIGEST --approve …` applies it
    Show {
        /// Its digest, or the beginning of it.
        plan: String,
        /// Keep it in a file.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Forget one
    Drop {
        /// Its digest, or the beginning of it.
        plan: String,
    },
}

pub async fn run(args: &Args, session: &SessionArgs, ui: &Ui) -> Result<Exit, CliError> {
    let ledger = Ledger::new(open_journal(session).await?);
    match args.what.as_ref().unwrap_or(&What::List) {
        What::List => {
            let plans = ledger.plans().await?;
            let told = || {
                let mut text = String::new();
                for plan in &plans {
                    let digest = plan.digest.0.trim_start_matches("sha256:");
                    let short = digest.get(..12).unwrap_or(digest);
                    let changes = match plan.changes.len() {
                        1 => "1 change".to_owned(),
                        count => format!("{count} changes"),
                    };
                    let _ = writeln!(text, "{short}  account {}  {changes}  until {}", plan.account, plan.expires_at);
                }
                if text.is_empty() { "none\n".to_owned() } else { text }
            };
            let one = |plan: &crate::model::Plan| json!({"digest": plan.digest, "account": plan.account, "expires_at": plan.expires_at, "changes": plan.changes.len()});
            ui.result(told, || plans.iter().map(one).collect())?;
        }
        What::Show { plan, out } => {
            let plan = ledger.plan(plan).await?;
            if let Some(path) = out {
                let text = pretty(&plan).map_err(|error| CliError::internal(error.to_string()))?;
                snapshot_file::replace(path, text.as_bytes())
                    .map_err(|error| CliError::config(format!("{}: {error}", path.display())))?;
            }
            ui.result(|| text::plan(&plan), || json_report::plan(&plan))?;
        }
        What::Drop { plan } => {
            let plan = ledger.plan(plan).await?;
            ledger.drop_plan(&plan.digest).await?;
            ui.say(&format!("The plan {} is forgotten.", plan.digest));
        }
    }
    Ok(Exit::Done)
}
