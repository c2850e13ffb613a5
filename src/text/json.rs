//! JSON as typed values.

mod unique;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Diagnostic, Source, shown_json, yaml};
use unique::Unique;

/// Parses a text as a value of the type; what is wrong is told with its place. A name that an object has twice is refused: a
/// reader would see the one value, and the other would count. Nothing is nested deeper than 127 levels, which is the parser's
/// own limit.
pub fn parse<T: DeserializeOwned>(source: &Source) -> Result<T, Diagnostic> {
    typed(&source.text).map_err(|error| diagnostic(source, &error, 0))
}

/// Parses one line (counted from 1) of newline-delimited JSON.
pub fn parse_line<T: DeserializeOwned>(source: &Source, number: usize, line: &str) -> Result<T, Diagnostic> {
    typed(line).map_err(|error| diagnostic(source, &error, number.saturating_sub(1)))
}

/// Writes a value as people get to see it: with line ends, and without anything that steers or hides.
pub fn pretty<T: Serialize>(value: &T) -> serde_json::Result<String> {
    serde_json::to_string_pretty(value).map(|text| shown_json(&text).into_owned())
}

fn typed<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    let value = serde_json::from_str(text)?;
    serde_json::from_str::<Unique>(text)?;
    Ok(value)
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

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_name_that_stands_twice_is_refused_where_it_stands() {
        let told = parse::<Value>(&Source::new("a.json", "{\"a\": [\n  {\"b\": 1, \"b\": 2}]}")).unwrap_err();
        assert_eq!(
            told.to_string(),
            "a.json:2:14: duplicate entry with key \"b\"\n  |\n2 |   {\"b\": 1, \"b\": 2}]}\n  |              ^"
        );
        let fine = "{\"a\": {\"a\": 1, \"\\u0061b\": [null, true, 1.5, -1, \"x\"]}}";
        assert!(parse::<Value>(&Source::new("a.json", fine)).is_ok());
    }

    #[test]
    fn what_is_nested_deeper_than_anybody_writes_is_refused() {
        let nested = |depth| Source::new("a.json", "[".repeat(depth) + &"]".repeat(depth));
        assert!(parse::<Value>(&nested(127)).is_ok());
        let told = parse::<Value>(&nested(100_000)).unwrap_err();
        assert_eq!(told.message, "recursion limit exceeded");
    }
}
