//! JSON as typed values.

use serde::de::DeserializeOwned;

use super::{Diagnostic, Source, yaml};

/// Parses a text as a value of the type; what is wrong is told with its place.
pub fn parse<T: DeserializeOwned>(source: &Source) -> Result<T, Diagnostic> {
    serde_json::from_str(&source.text).map_err(|error| diagnostic(source, &error, 0))
}

/// Parses one line (counted from 1) of newline-delimited JSON.
pub fn parse_line<T: DeserializeOwned>(source: &Source, number: usize, line: &str) -> Result<T, Diagnostic> {
    serde_json::from_str(line).map_err(|error| diagnostic(source, &error, number.saturating_sub(1)))
}

fn diagnostic(source: &Source, error: &serde_json::Error, lines_before: usize) -> Diagnostic {
    let text = error.to_string();
    let message = match text.rfind(" at line ") {
        Some(end) => text.get(..end).unwrap_or(&text),
        None => &text,
    };
    let told = source.complain(error.line() + lines_before, error.column().max(1), message);
    match yaml::suggestion(message) {
        Some(help) => told.help(help),
        None => told,
    }
}
