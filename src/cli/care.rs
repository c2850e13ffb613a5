//! How careful a run is.

use super::{CliError, limits};
use crate::engine::Settings;
use crate::model::{Canary, OnFailure};

/// What a failure leads to, and what goes first.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Care")]
pub struct Care {
    /// What follows when a change does not succeed: `continue` with other resources, `stop`, or `undo` all that the run has done.
    #[arg(long, value_name = "WHAT", value_parser = parse)]
    pub on_failure: Option<OnFailure>,
    /// Make so many changes first, with what they need; the others follow when these have been verified twice.
    #[arg(long, value_name = "CHANGES")]
    pub canary: Option<u32>,
    /// Seconds between the two.
    #[arg(long, value_name = "SECONDS")]
    pub canary_wait: Option<u32>,
    /// Raise a limit for this once (repeatable).
    #[arg(long, value_name = "NAME=VALUE", value_parser = limits::parse)]
    pub limit: Vec<(String, u32)>,
}

fn parse(text: &str) -> Result<OnFailure, String> {
    let found = OnFailure::ALL.into_iter().find(|known| known.as_str() == text);
    found.ok_or_else(|| "it is continue, stop or undo".to_owned())
}

impl Care {
    /// Puts what was asked for in the place of what the configuration says.
    pub fn take(&self, settings: &mut Settings) -> Result<(), CliError> {
        for (name, value) in &self.limit {
            limits::set(&mut settings.limits, name, *value)?;
        }
        settings.on_failure = self.on_failure.unwrap_or(settings.on_failure);
        let configured = settings.canary;
        let wait = self.canary_wait.or(configured.map(|canary| canary.wait_seconds)).unwrap_or(Canary::WAIT);
        let changes = self.canary.or(configured.map(|canary| canary.changes));
        if changes.is_none() && self.canary_wait.is_some() {
            return Err(CliError::user("--canary-wait says how long to wait after no change")
                .help("--canary says how many changes go first"));
        }
        settings.canary = changes.map(|changes| Canary { changes, wait_seconds: wait });
        Ok(())
    }
}
