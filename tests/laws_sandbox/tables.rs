//! The tables that policies read say where they are from, and are of our time.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::Value;

/// Every table by its file's name.
fn tables() -> BTreeMap<String, Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("policies/data");
    let table = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap())
    };
    fs::read_dir(folder).unwrap().map(table).collect()
}

fn date(value: &Value) -> Date {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{value} is no date"))
}

fn today() -> Date {
    Timestamp::now().to_zoned(TimeZone::UTC).date()
}

#[test]
fn every_table_has_a_source_and_none_is_older_than_a_year() {
    let tables = tables();
    assert!(date(&tables["lambda_runtimes.json"]["as_of"]) <= today());
    for (name, table) in tables {
        let source = table["source"].as_str().unwrap_or_default();
        assert!(source.starts_with("https://"), "{name} does not say where it is from");
        // What never changes has no date.
        if table["as_of"] != Value::Null {
            let as_of = date(&table["as_of"]);
            assert!(as_of + 1.year() > today(), "{name} is of {as_of}: look at {source} again, and set `as_of`");
        }
    }
}

/// A runtime has the three dates of AWS's page, and whoever moves to its successor does not have to move again soon.
#[test]
fn the_successors_of_runtimes_are_supported() {
    let table = &tables()["lambda_runtimes.json"];
    let runtimes = table["runtimes"].as_object().unwrap();
    let notes = table["notes"].to_string();
    let long = today().max(date(&table["as_of"])) + 6.months();
    let mut newest = 0;
    for (name, runtime) in runtimes {
        for member in ["deprecation_date", "block_create_date", "block_update_date"] {
            date(&runtime[member]);
        }
        let next: Vec<&str> = ["successor", "rebuild_for"].iter().filter_map(|kind| runtime[*kind].as_str()).collect();
        assert!(next.len() < 2, "{name} has a successor and has to be rebuilt");
        newest += usize::from(next.is_empty());
        for next in next {
            assert_ne!(next, name);
            match runtimes.get(next) {
                Some(known) => {
                    let until = date(&known["deprecation_date"]);
                    assert!(until > long, "{name} moves to {next}, which is supported until {until} only");
                    assert!(until >= date(&runtime["deprecation_date"]), "{name} moves back to {next}");
                }
                None => assert!(notes.contains(next), "{name} moves to {next}, of which the table knows nothing"),
            }
        }
    }
    assert!((3..12).contains(&newest), "of each language the newest runtimes have nowhere to move: {newest}");
}
