//! `rectify switch`.
#![expect(clippy::disallowed_methods, reason = "the command line reads the clock and the environment")]

use clap::Subcommand;
use jiff::Timestamp;
use serde_json::json;

use super::session::{SessionArgs, open_journal};
use super::ui::Ui;
use super::{CliError, Exit};
use crate::journal::{Halt, Ledger};
use crate::report::clean;

/// Switch off what events may change, in all handlers of the journal, or on again
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Tell whether events may change anything
    Show,
    /// From the next event on, nothing is changed; everything is still observed
    Off {
        /// Why, for those who find it so.
        #[arg(long)]
        reason: String,
    },
    /// Events may change things again
    On,
}

pub async fn run(args: &Args, session: &SessionArgs, ui: &Ui) -> Result<Exit, CliError> {
    let ledger = Ledger::new(open_journal(session).await?);
    match args.what.as_ref().unwrap_or(&What::Show) {
        What::Show => {}
        What::Off { reason } => {
            let by = ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
            let by = by.unwrap_or_else(|| "somebody".to_owned());
            ledger.halt(Halt { at: Timestamp::now(), by, reason: reason.clone() }).await?;
        }
        What::On => drop(ledger.go_on().await?),
    }
    let halted = ledger.halted().await?;
    let told = || match &halted {
        None => "on: events may change what they are allowed to\n".to_owned(),
        Some(halt) => format!("off since {} by {}: {}\n", halt.at, clean(&halt.by), clean(&halt.reason)),
    };
    let shown = || json!({"on": halted.is_none(), "halt": halted});
    ui.result(told, shown)?;
    Ok(Exit::Done)
}
