//! A complaint about a text: where, what, and what to do.

use std::fmt;

use super::{beginning, hides, shown};

/// What is wrong with a text. `Display` gives the whole: file, line and column, the message, the line itself with a
/// mark under the column, and the help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The text's name.
    pub file: String,
    /// Line and column, counted from 1.
    pub place: Option<(usize, usize)>,
    /// The line itself.
    pub excerpt: Option<String>,
    /// What is wrong, a lowercase fragment.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// Columns of a line that are shown; a longer line is cut around the place.
const SHOWN: usize = 100;

/// Characters of a message, and of a help, that are shown: they may repeat a foreign name.
const LONGEST: usize = 4000;

impl Diagnostic {
    /// The same with help.
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// A complaint about a text as a whole.
    pub fn about(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self { file: file.into(), place: None, excerpt: None, message: message.into(), help: None }
    }
}

impl std::error::Error for Diagnostic {}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", shown(&self.file))?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", shown(&beginning(&self.message, LONGEST)))?;
        if let (Some((line, column)), Some(excerpt)) = (self.place, &self.excerpt) {
            let skip = column.saturating_sub(SHOWN / 2).min(excerpt.chars().count().saturating_sub(SHOWN));
            let shown: String = excerpt.chars().skip(skip).take(SHOWN).collect();
            let number = line.to_string();
            let gutter = " ".repeat(number.len());
            write!(f, "\n{gutter} |\n{number} | {}", visible(&shown))?;
            write!(f, "\n{gutter} | {}^", " ".repeat(column.saturating_sub(skip + 1)))?;
        }
        if let Some(help) = &self.help {
            write!(f, "\nhelp: {}", shown(&beginning(help, LONGEST)))?;
        }
        Ok(())
    }
}

/// A foreign line: what would hide or steer is one column wide, so that the mark stands under its place.
fn visible(text: &str) -> String {
    let show = |c: char| match c {
        '\t' => ' ',
        c if hides(c) => '\u{fffd}',
        c => c,
    };
    text.chars().map(show).collect()
}

/// The candidate that a mistyped name most likely meant.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = |candidate: &'a str| (strsim::jaro_winkler(&name.to_lowercase(), &candidate.to_lowercase()), candidate);
    let best = candidates.into_iter().map(near).max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(score, _)| *score >= 0.8).map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Source;

    #[test]
    fn it_shows_the_place_the_line_and_the_help() {
        let source = Source::new("a.yaml", "one\n  two: 2\n");
        let told = source.complain(2, 3, "unknown field `two`").help("did you mean `tow`?");
        assert_eq!(
            told.to_string(),
            "a.yaml:2:3: unknown field `two`\n  |\n2 |   two: 2\n  |   ^\nhelp: did you mean `tow`?"
        );
    }

    #[test]
    fn a_terminal_escape_is_shown_not_sent() {
        let told = Source::new("a", "\u{1b}[31mred").complain(1, 1, "x").to_string();
        assert!(!told.contains('\u{1b}'), "{told:?}");
    }

    #[test]
    fn a_name_in_a_message_begins_no_line_of_its_own() {
        let told = Diagnostic::about("a\nb", "unknown field `x\nhelp: do it`").help("\u{202e}").to_string();
        assert_eq!(told, "a\\nb: unknown field `x\\nhelp: do it`\nhelp: \\u{202e}");
        assert_eq!(Diagnostic::about("a", "x".repeat(1 << 20)).to_string().chars().count(), LONGEST + 4);
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let told = Source::new("a", "x".repeat(5000)).complain(1, 4000, "m").to_string();
        assert!(told.lines().all(|line| line.len() < 120), "{told}");
    }

    #[test]
    fn the_nearest_name_is_near() {
        assert_eq!(nearest("stpes", ["steps", "safety"]), Some("steps"));
        assert_eq!(nearest("zebra", ["steps", "safety"]), None);
    }
}
