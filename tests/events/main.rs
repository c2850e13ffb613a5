//! From an event to resources: a catalogue with one record, or more, for every call that a resource type declares, written in
//! the form that AWS documents, with the resources that each must lead to; events of other kinds; and what is no event.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test says what it expects by failing, and has a process of its own"
)]

mod catalogue;
mod garbage;
mod others;

use std::fs;
use std::path::Path;

use rectify::cloud::aws;
use rectify::event::{Touched, Trigger};
use rectify::model::{ResourceType, ResourceTypes};
use serde_json::Value;

/// A record, and where it must lead.
struct Sample {
    /// File and line.
    name: String,
    event: Value,
    touched: Vec<String>,
}

fn types() -> ResourceTypes {
    ResourceTypes::new(aws::TYPES.iter().map(|kind| *kind as &dyn ResourceType))
}

/// The catalogue. The first line of each file says where AWS documents what its records look like.
fn samples() -> Vec<Sample> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/events/records");
    let mut samples = Vec::new();
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let mut lines = text.lines().enumerate().map(|(number, line)| {
            let parsed: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{name}:{number}: {error}"));
            (format!("{name}:{}", number + 1), parsed)
        });
        let (_, head) = lines.next().unwrap();
        let documented = head["documented"].as_array().unwrap();
        assert!(documented.iter().all(|url| url.as_str().unwrap().starts_with("https://docs.aws.amazon.com/")));
        samples.extend(lines.map(|(name, line)| {
            let touched = line["touched"].as_array().unwrap().iter().map(Value::to_string).collect();
            Sample { name, event: line["event"].clone(), touched: sorted(touched) }
        }));
    }
    samples
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts
}

/// Where a trigger leads, as the catalogue writes it.
fn touched(trigger: &Trigger) -> Vec<String> {
    let touched: &[Touched] = match trigger {
        Trigger::Changed(changed) => &changed.touched,
        Trigger::Scan(_) | Trigger::Ignored(_) => &[],
    };
    sorted(touched.iter().map(|one| serde_json::to_value(one).unwrap().to_string()).collect())
}
