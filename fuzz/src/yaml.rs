//! YAML of people: `rectify.yaml`, and whatever else is written in it.

use rectify::text::{Source, yaml};
use serde_json::Value;

use crate::is_shown;

/// What is read is written so that it is read again as the same; what is refused is told.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match yaml::parse::<Value>(&Source::new("fuzz.yaml", text)) {
        Err(told) => is_shown(&told.to_string()),
        Ok(value) => {
            let written = yaml::write(&value).unwrap_or_else(|told| panic!("{value}: {told}"));
            let again = yaml::parse::<Value>(&Source::new("again.yaml", &written));
            assert_eq!(again.as_ref(), Ok(&value), "{written}");
        }
    }
}
