//! A text and where it came from.

use std::sync::Arc;

use super::Diagnostic;

/// A text with the name under which messages speak of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// A path, or for what is built in the path it has in the project.
    pub name: Arc<str>,
    /// The whole text.
    pub text: Arc<str>,
}

impl Source {
    /// A text under a name.
    pub fn new(name: impl AsRef<str>, text: impl AsRef<str>) -> Self {
        Self { name: name.as_ref().into(), text: text.as_ref().into() }
    }

    /// A complaint about a place, both counted from 1.
    pub fn complain(&self, line: usize, column: usize, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            file: self.name.to_string(),
            place: Some((line, column)),
            excerpt: self.text.lines().nth(line.saturating_sub(1)).map(str::to_owned),
            message: message.into(),
            help: None,
        }
    }

    /// A complaint about the first line that holds `needle`, or about the whole where none does.
    pub fn complain_at(&self, needle: &str, message: impl Into<String>) -> Diagnostic {
        let found = self.text.lines().enumerate().find_map(|(line, text)| Some((line + 1, text.find(needle)? + 1)));
        match found {
            Some((line, column)) => self.complain(line, column, message),
            None => Diagnostic { place: None, excerpt: None, ..self.complain(1, 1, message) },
        }
    }
}
