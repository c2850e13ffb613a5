//! What may reach a terminal: rectify's own styles, and texts without anything that would steer it.
//!
//! Whoever renders a foreign text writes its steering out ([`crate::text::shown`]). This is the net below: whatever is
//! forgotten there comes to rest here, so that no name, message or answer ever reaches a terminal as a command.

use std::borrow::Cow;

use crate::text::{hides, shown, shown_lines};

/// The styles that rectify, the command line's help and the log use; a text that hides itself (8) is none of them.
const STYLES: [u8; 10] = [0, 1, 2, 3, 4, 31, 32, 33, 34, 36];

/// The most of an escape that may be a style.
const LONGEST: usize = 16;

/// A text for the terminal: of its escapes only styles are left.
pub fn safe(text: &str) -> Cow<'_, str> {
    if !text.contains(|c| hides(c) && !matches!(c, '\n' | '\t')) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        let (before, escape) = rest.split_at(at);
        plain.push_str(&shown_lines(before));
        let end = style(escape).unwrap_or(0);
        let (style, after) = escape.split_at(end);
        plain.push_str(style);
        rest = match after.strip_prefix('\u{1b}') {
            Some(after) if end == 0 => {
                plain.push_str(&shown("\u{1b}"));
                after
            }
            _ => after,
        };
    }
    plain.push_str(&shown_lines(rest));
    Cow::Owned(plain)
}

/// How long the style is that a text begins with: `ESC [ numbers m`.
fn style(text: &str) -> Option<usize> {
    let numbers = text.strip_prefix("\u{1b}[")?;
    let (numbers, _) = numbers.split_once('m').filter(|(numbers, _)| numbers.len() <= LONGEST)?;
    let known = |number: &str| number.is_empty() || number.parse().is_ok_and(|number: u8| STYLES.contains(&number));
    numbers.split(';').all(known).then_some("\u{1b}[".len() + numbers.len() + "m".len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{bad, strong};

    #[test]
    fn our_styles_stay_and_nothing_else() {
        let ours = format!("{} {}\n\tplain", strong("a"), bad("b"));
        assert_eq!(safe(&ours), ours);
        for (hostile, told) in [
            ("\u{1b}[2J", r"\u{1b}[2J"),
            ("\u{1b}[8mhidden", r"\u{1b}[8mhidden"),
            ("\u{1b}]8;;http://evil\u{1b}\\link", r"\u{1b}]8;;http://evil\u{1b}\link"),
            ("\u{1b}]52;c;cm0=\u{7}", r"\u{1b}]52;c;cm0=\u{7}"),
            ("\u{9b}31m\u{202e}", r"\u{9b}31m\u{202e}"),
            ("\u{1b}", r"\u{1b}"),
            ("\u{1b}[\u{1b}[31m", "\\u{1b}[\u{1b}[31m"),
            ("\u{1b}[0000000000000000000m", r"\u{1b}[0000000000000000000m"),
            ("a\rb", r"a\rb"),
        ] {
            assert_eq!(safe(hostile), told);
            assert_eq!(safe(&format!("{}{hostile}", bad("x"))), format!("{}{told}", bad("x")));
        }
    }
}
