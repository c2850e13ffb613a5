//! Foreign texts as people get to see them: names, messages and values may hold whatever their writers liked.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a character is acted on instead of shown, or is not seen at all: it steers the terminal, turns the direction of what
/// follows, has no width, or begins a line.
///
/// Among them are the controls of C0 and C1, the bidirectional ones that make a text read otherwise than it is
/// (<https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters>), and what is ignored where it is drawn
/// (<https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point>).
pub fn hides(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// A foreign text on one line: what hides or steers is written out, as `\n` or `\u{1b}`.
pub fn shown(text: &str) -> Cow<'_, str> {
    escaped(text, |_| false)
}

/// A text of several lines, with what hides or steers written out.
pub fn shown_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| matches!(c, '\n' | '\t'))
}

fn escaped(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    let told = |c: char| hides(c) && !stays(c);
    if !text.contains(told) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if told(c) { plain.extend(c.escape_default()) } else { plain.push(c) }
    }
    Cow::Owned(plain)
}

/// A JSON text in which nothing hides or steers: such characters of its strings stand there as `\u` and four digits, which is the
/// same document.
pub fn shown_json(text: &str) -> Cow<'_, str> {
    // Between values there are line ends; within strings JSON itself has none.
    let told = |c: char| hides(c) && c != '\n';
    if !text.contains(told) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if told(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(plain, "\\u{unit:04x}");
            }
        } else {
            plain.push(c);
        }
    }
    Cow::Owned(plain)
}

/// The most of a foreign text that is repeated where a message speaks of it, in characters.
const REPEATED: usize = 200;

/// A foreign text within a message: on one line, and of a long one the beginning.
pub fn quoted(text: &str) -> Cow<'_, str> {
    match beginning(text, REPEATED) {
        Cow::Borrowed(text) => shown(text),
        Cow::Owned(text) => Cow::Owned(shown(&text).into_owned()),
    }
}

/// The first characters of a text, and `…` for the others.
pub fn beginning(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_or_hides_is_written_out() {
        assert_eq!(shown("évil\u{1b}[2J\nx\u{7f}\u{9b}"), r"évil\u{1b}[2J\nx\u{7f}\u{9b}");
        assert_eq!(
            shown("a\u{202e}b\u{2066}c\u{200b}d\u{feff}\u{e0041}"),
            r"a\u{202e}b\u{2066}c\u{200b}d\u{feff}\u{e0041}"
        );
        assert!(matches!(shown("plain – ünï 漢字 👍 \\"), Cow::Borrowed(_)));
        assert_eq!(shown_lines("a\n\tb\r\n"), "a\n\tb\\r\n");
    }

    #[test]
    fn json_is_the_same_document() {
        let value = serde_json::json!({"a\u{202e}": ["\u{9b}", "\u{e0041}", "\n\u{7f}", "ä"]});
        let text = serde_json::to_string_pretty(&value).unwrap();
        let plain = shown_json(&text);
        assert!(!plain.chars().any(|c| hides(c) && c != '\n'), "{plain}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&plain).unwrap(), value);
    }

    #[test]
    fn of_a_long_text_the_beginning_is_repeated() {
        assert_eq!(quoted(&"ä".repeat(200)), "ä".repeat(200));
        assert_eq!(quoted(&"ä".repeat(201)), "ä".repeat(200) + "…");
    }
}
