//! A snapshot file.

use rectify::cloud::snapshot_file;
use rectify::model::TypeName;
use rectify::text::Source;

use crate::is_shown;
use crate::world::{TYPES, is_planned};

/// Documents that are judged and planned for, at most: what is looked for is found on few.
const MOST: usize = 3;

/// What is read is written so that it is read again as the same, and whatever the documents hold, they can be judged,
/// planned for and shown.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let snapshot = match snapshot_file::parse(&Source::new("fuzz.jsonl", text), &TYPES) {
        Err(told) => return is_shown(&told.to_string()),
        Ok(snapshot) => snapshot,
    };
    let written = snapshot_file::text(&snapshot).unwrap_or_else(|error| panic!("{error}"));
    let again = snapshot_file::parse(&Source::new("again.jsonl", &written), &TYPES);
    assert_eq!(again.as_ref(), Ok(&snapshot), "{written}");
    if snapshot.len() <= MOST {
        let types: Vec<TypeName> = snapshot.resources().map(|resource| resource.type_name.clone()).collect();
        types.iter().for_each(|type_name| is_planned(&snapshot, type_name));
    }
}
