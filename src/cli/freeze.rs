//! Freeze windows: `freeze` of `rectify.yaml`, and what a person says who goes on all the same.
#![expect(clippy::disallowed_methods, reason = "the command line reads the clock")]

use clap::builder::NonEmptyStringValueParser;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::CliError;
use super::config::Config;
use super::session::Session;
use super::ui::Ui;
use crate::engine::{Freeze, Frozen, When, Window};
use crate::model::DuringFreeze;
use crate::report::clean;

/// A window of `freeze`: either `from` and `to`, or `cron` and `duration`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FreezeOptions {
    /// Its beginning: a date, a date and time, or one with an offset from UTC.
    from: Option<String>,
    /// Its end; a date is in it whole.
    to: Option<String>,
    /// Its beginnings.
    cron: Option<String>,
    /// How long it is each time.
    duration: Option<String>,
    /// The time zone, by its IANA name; UTC where none is named.
    timezone: Option<String>,
    /// The accounts; all where there are none.
    #[serde(default)]
    accounts: Vec<String>,
    /// Why.
    reason: String,
}

impl FreezeOptions {
    /// The accounts that it names.
    pub fn accounts(&self) -> &[String] {
        &self.accounts
    }
}

/// The windows of the configuration.
pub fn windows(config: &Config) -> Result<Freeze, CliError> {
    let window = |(index, options): (usize, &FreezeOptions)| {
        one(options).map_err(|(at, told)| config.complain(at, format!("freeze window {}: {told}", index + 1)))
    };
    let windows: Result<Vec<Window>, CliError> = config.freeze.iter().enumerate().map(window).collect();
    Ok(Freeze { windows: windows? })
}

/// A window; the error is where the configuration is wrong, and what.
fn one(options: &FreezeOptions) -> Result<Window, (&str, String)> {
    let whole = "freeze:";
    if options.reason.trim().is_empty() {
        return Err((whole, "its `reason` says nothing".to_owned()));
    }
    let zone = match options.timezone.as_deref() {
        None => TimeZone::UTC,
        Some(name) => TimeZone::get(name)
            .map_err(|_| (name, format!("there is no time zone `{name}`; it is one such as `Europe/Berlin`")))?,
    };
    let when = match (&options.from, &options.to, &options.cron, &options.duration) {
        (Some(from), Some(to), None, None) => When::between(from, to, &zone).map_err(|told| (from.as_str(), told))?,
        (None, None, Some(cron), Some(duration)) => {
            When::recurring(cron, duration, zone).map_err(|told| (cron.as_str(), told))?
        }
        _ => return Err((whole, "it has either `from` and `to`, or `cron` and `duration`".to_owned())),
    };
    Ok(Window { when, accounts: options.accounts.clone(), reason: options.reason.clone() })
}

/// The word of a person who goes on in a freeze.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct FreezeArg {
    /// Go on in a freeze of rectify.yaml, for this once, and why; the journal keeps it.
    #[arg(long, value_name = "REASON", value_parser = NonEmptyStringValueParser::new(), help_heading = "Consent")]
    during_freeze: Option<String>,
}

impl FreezeArg {
    /// The person's word where it takes one to change something in an account now; the error is the freeze that nobody has
    /// spoken against.
    pub fn thaw(&self, session: &Session, account: &str) -> Result<Option<DuringFreeze>, Frozen> {
        match (frozen(session, account), &self.during_freeze) {
            (None, _) => Ok(None),
            (Some(frozen), None) => Err(frozen),
            (Some(Frozen { until, because }), Some(reason)) => {
                let until = until.map(|until| until.to_string());
                Ok(Some(DuringFreeze { reason: reason.clone(), freeze: because, until }))
            }
        }
    }
}

/// What freezes an account now. A time that is set by `--now` opens no window, and closes none.
pub fn frozen(session: &Session, account: &str) -> Option<Frozen> {
    session.settings.freeze.at(Timestamp::now(), account)
}

/// Tells a person that what is planned has to wait.
pub fn note(frozen: &Frozen, account: &str, ui: &Ui) {
    ui.say(&format!("Account {account} is {}.", clean(&frozen.to_string())));
}

/// Tells a person why nothing is changed, and how it could be.
pub fn say(frozen: &Frozen, account: &str, ui: &Ui) {
    note(frozen, account, ui);
    ui.say("Nothing is changed; what cannot wait is done with --during-freeze REASON.");
}
