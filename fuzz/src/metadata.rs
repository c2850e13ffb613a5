//! The METADATA comment of a policy.

use rectify::policy::Metadata;
use rectify::text::{Source, yaml};
use serde_json::json;

use crate::is_shown;

/// What a comment says is said again by a comment that is written from it.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Metadata::read(&Source::new("fuzz.rego", text)) {
        Err(told) => is_shown(&told.to_string()),
        Ok(None) => {}
        Ok(Some(metadata)) => {
            let written = yaml::write(&metadata).unwrap_or_else(|told| panic!("{told}"));
            let comment: String = written.lines().map(|line| format!("# {line}\n")).collect();
            let again = Metadata::read(&Source::new("again.rego", format!("# METADATA\n{comment}package a\n")));
            let again = again.unwrap_or_else(|told| panic!("{told}\n{comment}"));
            assert_eq!(json!(again), json!(Some(metadata)), "{comment}");
        }
    }
}
