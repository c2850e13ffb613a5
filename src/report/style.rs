//! Colours and the little that texts share.

use anstyle::{AnsiColor, Style};
use serde_json::Value;

use crate::model::{ChangeKind, Safety, Severity};
use crate::text::shown;

/// Characters of one foreign text that are shown: a policy document has up to 20,480
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
const LONGEST: usize = 20_480;

/// Bold.
pub const STRONG: Style = Style::new().bold();
/// For what matters less.
pub const FAINT: Style = Style::new().dimmed();
const RED: Style = AnsiColor::Red.on_default();
const GREEN: Style = AnsiColor::Green.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();
const CYAN: Style = AnsiColor::Cyan.on_default();

/// A text in a style, without anything of its own that steers; whoever prints it takes the styles out where they cannot be shown.
pub fn styled(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{}{style:#}", shown(&text.to_string()))
}

/// What matters most.
pub fn strong(text: impl std::fmt::Display) -> String {
    styled(STRONG, text)
}

/// Good news.
pub fn good(text: impl std::fmt::Display) -> String {
    styled(GREEN, text)
}

/// Bad news.
pub fn bad(text: impl std::fmt::Display) -> String {
    styled(RED, text)
}

/// News to look at.
pub fn wary(text: impl std::fmt::Display) -> String {
    styled(YELLOW, text)
}

/// A severity, padded.
pub fn severity(severity: Severity) -> String {
    let text = format!("{:<8}", severity.as_str());
    match severity {
        Severity::Critical => styled(RED.bold(), text),
        Severity::High => styled(RED, text),
        Severity::Medium => styled(YELLOW, text),
        Severity::Low => styled(CYAN, text),
    }
}

/// A safety.
pub fn safety(safety: Safety) -> String {
    match safety {
        Safety::Safe => good(safety.as_str()),
        Safety::Review | Safety::Manual => wary(safety.as_str()),
    }
}

/// Terraform's mark of a change.
pub fn mark(kind: ChangeKind) -> String {
    match kind {
        ChangeKind::Create => good("+"),
        ChangeKind::Update => wary("~"),
        ChangeKind::Delete => bad("-"),
    }
}

/// A foreign text on one line: what would steer the terminal or hide is written out, and what is longer than anybody reads is
/// cut.
pub fn clean(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        None => shown(text).into_owned(),
        Some((end, _)) => {
            let (told, more) = text.split_at(end);
            format!("{}… and {} more bytes; --format json tells all", shown(told), more.len())
        }
    }
}

/// A value on one line. What is known only after apply is told so.
pub fn value(value: Option<&Value>) -> String {
    let Some(value) = value else { return styled(FAINT, "(unset)") };
    if let Some(text) = value.as_str()
        && let Some(late) = text.strip_prefix("${rectify:").and_then(|rest| rest.strip_suffix('}'))
        && !late.contains("${")
    {
        let (change, member) = late.split_once('.').unwrap_or((late, ""));
        return format!("(known after apply: {member} of {change})");
    }
    clean(&value.to_string())
}

/// `1 change`, `2 changes`.
pub fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}
