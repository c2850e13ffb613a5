//! Every document that a reader makes is one of its CloudFormation type, by AWS's published schemas.
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

mod support;

use rectify::cloud::aws::TYPES;
use rectify::cloud::{DEMO, snapshot_file};
use rectify::model::{ResourceType, ResourceTypes, Snapshot};
use rectify::text::Source;
use support::{Kind, Open, schema};

/// Fails where a type has no document in any of the snapshots.
fn whole(from: &str, snapshots: &[Snapshot]) {
    for kind in TYPES {
        let there = snapshots.iter().any(|snapshot| snapshot.of_type(kind.name()).next().is_some());
        assert!(there, "{from} has no {}", kind.name());
    }
}

/// What is wrong with the documents.
fn errors(from: &str, snapshot: &Snapshot) -> Vec<String> {
    let told = snapshot.resources().flat_map(|document| {
        schema::errors(document).into_iter().map(|error| format!("{from}, {}: {error}", document.key()))
    });
    told.collect()
}

#[test]
fn what_is_read_from_the_emulators_fits_the_schemas() {
    let read = Kind::ALL.map(|kind| Open::on(kind).snapshot("account.jsonl"));
    whole("neither emulator", &read);
    let told = Kind::ALL.into_iter().zip(&read).flat_map(|(kind, snapshot)| errors(kind.name(), snapshot));
    let told: Vec<String> = told.collect();
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn the_demo_fits_the_schemas() {
    let types = ResourceTypes::new(TYPES.iter().map(|kind| *kind as &dyn ResourceType));
    let demo = snapshot_file::parse(&Source::new("demo.jsonl", DEMO), &types).unwrap();
    let told = errors("the demo", &demo);
    whole("the demo", &[demo]);
    assert!(told.is_empty(), "{}", told.join("\n"));
}
