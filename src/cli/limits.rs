//! Limits by name.

use super::CliError;
use crate::model::Limits;
use crate::text::nearest;

/// The limits' names, as `rectify.yaml` and `--limit` write them.
const NAMES: [&str; 4] = ["max_changes", "max_share", "share_from", "max_age_hours"];

/// Sets a limit; the error says which there are.
pub fn set(limits: &mut Limits, name: &str, value: u32) -> Result<(), CliError> {
    match name {
        "max_changes" => limits.max_changes = value,
        "max_share" => limits.max_share = value,
        "share_from" => limits.share_from = value,
        "max_age_hours" => limits.max_age_hours = value,
        _ => {
            let help = match nearest(name, NAMES) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the limits are {}", NAMES.join(", ")),
            };
            return Err(CliError::user(format!("there is no limit `{name}`")).help(help));
        }
    }
    Ok(())
}

/// Parses `NAME=VALUE`.
pub fn parse(text: &str) -> Result<(String, u32), String> {
    let (name, value) = text.split_once('=').ok_or("it is NAME=VALUE")?;
    Ok((name.to_owned(), value.parse().map_err(|_| format!("`{value}` is no whole number"))?))
}
