//! `rectify quarantine`.
#![expect(clippy::disallowed_methods, reason = "the command line reads the clock")]

use std::fmt::Write;

use clap::Subcommand;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::session::{SessionArgs, open_journal};
use super::ui::Ui;
use super::{CliError, Exit};
use crate::journal::Ledger;
use crate::report::clean;

/// The resources that events leave alone because their fixes did not last
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List them
    List,
    /// Let a resource be changed again
    Lift {
        /// The resource's id.
        id: String,
    },
}

pub async fn run(args: &Args, session: &SessionArgs, ui: &Ui) -> Result<Exit, CliError> {
    let ledger = Ledger::new(open_journal(session).await?);
    let all = ledger.quarantines(Timestamp::now()).await?;
    match args.what.as_ref().unwrap_or(&What::List) {
        What::List => {
            let told = || {
                let mut text = String::new();
                for (key, quarantine) in &all {
                    let _ = writeln!(
                        text,
                        "{}  until {}: {}",
                        clean(&key.to_string()),
                        quarantine.until,
                        clean(&quarantine.why)
                    );
                }
                if text.is_empty() { "none\n".to_owned() } else { text }
            };
            let one = |(key, quarantine): &(_, _)| json!({"resource": key, "quarantine": quarantine});
            ui.result(told, || all.iter().map(one).collect::<Vec<Value>>().into())?;
        }
        What::Lift { id } => {
            let found: Vec<_> = all.iter().filter(|(key, _)| key.id == *id).collect();
            if found.is_empty() {
                let known = all.iter().map(|(key, _)| key.id.as_str());
                return Err(super::selection::unknown("resource in quarantine,", id, known));
            }
            for (key, _) in found {
                ledger.lift(key).await?;
                ui.say(&format!("{key} may be changed again."));
            }
        }
    }
    Ok(Exit::Done)
}
