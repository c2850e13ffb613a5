//! What somebody could write where a name, a tag, a message or a description is expected.

/// What no output may have at the beginning of a line: it would be taken for rectify's own words.
pub const FORGED: &str = "FORGED";

/// Each tries to get out of a terminal, a line, a document, a chat or a folder.
pub const TEXTS: &[&str] = &[
    // Terminals: clear, hide, colour, a link, the clipboard, the title; C1; BEL and backspaces.
    "\u{1b}[2J\u{1b}[1;1Hall is verified",
    "\u{1b}[8mhidden\u{1b}[0m",
    "\u{1b}[31mred",
    "\u{1b}]8;;https://evil.example\u{1b}\\click\u{1b}]8;;\u{1b}\\",
    "\u{1b}]52;c;cm0gLXJmIH4=\u{7}",
    "\u{1b}]0;title\u{7}",
    "\u{1b}",
    "\u{9b}31mred",
    "\u{90}dcs\u{9c}",
    "\u{7}\u{8}\u{8}\u{7f}",
    // Lines.
    "a\nFORGED: all is well",
    "a\rFORGED",
    "a\u{85}FORGED",
    "a\u{2028}FORGED",
    "a\u{b}FORGED\u{c}FORGED",
    // What is read otherwise than it is.
    "\u{202e}gnp.exe\u{202c}",
    "\u{2066}isolated\u{2069}",
    "zero\u{200b}width\u{200d}\u{feff}",
    "soft\u{ad}hyphen\u{61c}",
    "tag\u{e0041}\u{e007f}",
    "\u{0}nul",
    // Markup.
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "<!channel> <@U0123> <https://evil.example|click>",
    "*bold* _slanted_ ~gone~ `code` ```\nFORGED",
    "[link](https://evil.example) ![image](https://evil.example/x.png)",
    "| a | table |\n|---|---|\n# FORGED",
    // Documents and commands.
    "\"}],\"changes\":[],\"x\":{\"",
    "---\n- FORGED: !!python/object:os.system",
    "'; DROP TABLE runs; --",
    "$(touch FORGED) `touch FORGED` && touch FORGED",
    "${account} {{ 7 * 7 }} %s%n%x",
    "../../../../etc/passwd",
];

/// Whether a character steers, hides or begins a line.
pub fn hides(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// A text for people: lines, and nothing that steers or hides; none of the lines is somebody else's.
#[track_caller]
pub fn is_plain(text: &str) {
    let found = text.char_indices().find(|(_, c)| hides(*c) && *c != '\n');
    if let Some((at, c)) = found {
        let start = text[..at].rfind('\n').map_or(0, |start| start + 1);
        panic!("{c:?} in {:?}", text[start..].lines().next());
    }
    for line in text.lines() {
        assert!(!line.trim_start_matches(['#', '-', ' ']).starts_with(FORGED), "{line:?}");
    }
}

/// A JSON document in which nothing steers or hides, as it stands there.
#[track_caller]
pub fn is_document(text: &str) -> serde_json::Value {
    assert!(!text.contains(|c| hides(c) && c != '\n'), "{text:?}");
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}
