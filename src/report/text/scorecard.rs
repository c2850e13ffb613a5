//! A framework's controls.

use std::fmt::Write;

use crate::engine::{Scorecard, Verdict};
use crate::report::style::{STRONG, bad, count, good, styled, wary};

/// How each control fares, and the score.
pub fn scorecard(card: &Scorecard) -> String {
    let mut text = format!("{}\n", styled(STRONG, card.framework.title()));
    let width = card.controls.iter().map(|control| control.control.len()).max().unwrap_or_default();
    for control in &card.controls {
        let padded = format!("{:<12}", control.verdict.as_str());
        let verdict = match control.verdict {
            Verdict::Passed => good(padded),
            Verdict::Failed => bad(padded),
            Verdict::Unknown | Verdict::Waived => wary(padded),
            Verdict::NoResources => padded,
        };
        let resources = match control.verdict {
            Verdict::NoResources => String::new(),
            Verdict::Waived => format!("{} of {}  ", control.waived, count(control.resources, "resource")),
            _ => format!("{} of {}  ", control.failing, count(control.resources, "resource")),
        };
        let policies: Vec<&str> = control.policies.iter().map(|id| id.as_str()).collect();
        let line = format!("  {:<width$}  {verdict}  {resources:<21}{}", control.control, policies.join(", "));
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let score = card.score.map_or_else(|| "no control was judged".to_owned(), |score| format!("score {score} %"));
    let waived = if card.waived > 0 { format!(", {} waived", card.waived) } else { String::new() };
    let counts = format!("{} passed, {} failed{waived}", card.passed, card.failed);
    let _ = writeln!(text, "{score}: {counts} of {} that policies cover\n", count(card.controls.len(), "control"));
    text
}
