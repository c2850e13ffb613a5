//! Limits by name, and what an account has left of its day.
#![expect(clippy::disallowed_methods, reason = "the command line reads the clock")]

use jiff::{SignedDuration, Timestamp};

use super::CliError;
use crate::journal::{Ledger, Spent};
use crate::model::{Limits, Plan};
use crate::text::nearest;

/// The limits' names, as `rectify.yaml` and `--limit` write them.
const NAMES: [&str; 10] = [
    "max_changes",
    "max_share",
    "share_from",
    "max_review",
    "max_irreversible",
    "max_deletes",
    "max_changes_per_day",
    "max_failures",
    "max_per_minute",
    "max_age_hours",
];

/// Sets a limit; the error says which there are.
pub fn set(limits: &mut Limits, name: &str, value: u32) -> Result<(), CliError> {
    let place = match name {
        "max_changes" => &mut limits.max_changes,
        "max_share" => &mut limits.max_share,
        "share_from" => &mut limits.share_from,
        "max_review" => &mut limits.max_review,
        "max_irreversible" => &mut limits.max_irreversible,
        "max_deletes" => &mut limits.max_deletes,
        "max_changes_per_day" => &mut limits.max_changes_per_day,
        "max_failures" => &mut limits.max_failures,
        "max_per_minute" => &mut limits.max_per_minute,
        "max_age_hours" => &mut limits.max_age_hours,
        _ => {
            let help = match nearest(name, NAMES) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the limits are {}", NAMES.join(", ")),
            };
            return Err(CliError::user(format!("there is no limit `{name}`")).help(help));
        }
    };
    // With none, a run would begin nothing and never end, or end before it begins.
    if value == 0 && matches!(name, "max_failures" | "max_per_minute") {
        return Err(CliError::user(format!("the limit `{name}` is 1 at the least")));
    }
    *place = value;
    Ok(())
}

/// Parses `NAME=VALUE`.
pub fn parse(text: &str) -> Result<(String, u32), String> {
    let (name, value) = text.split_once('=').ok_or("it is NAME=VALUE")?;
    Ok((name.to_owned(), value.parse().map_err(|_| format!("`{value}` is no whole number"))?))
}

/// Counts the changes of a plan that are about to be made against what their account may have in a day, over all runs and handlers that share
/// the journal.
pub async fn spend(ledger: &Ledger, plan: &Plan, limits: &Limits) -> Result<(), CliError> {
    let (limit, changes) = (limits.max_changes_per_day, u32::try_from(plan.changes.len()).unwrap_or(u32::MAX));
    match ledger.spend(&plan.account, changes, limit, DAY, Timestamp::now()).await? {
        Spent::Yes => Ok(()),
        Spent::No { used, free_at } => {
            let when = free_at.map(|at| format!(" from {at} on they fit, or")).unwrap_or_default();
            Err(CliError::user(format!(
                "account {} had {used} changes within 24 hours, and with these {changes} it would have more than {limit};{when} use --limit max_changes_per_day={}",
                plan.account,
                used.saturating_add(changes)
            )))
        }
    }
}

/// The window of `max_changes_per_day`.
const DAY: SignedDuration = SignedDuration::from_hours(24);
