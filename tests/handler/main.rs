//! From an event to a verified fix, on the documents of a sandbox.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test says what it expects by failing, and has a process of its own"
)]

mod account;
mod frozen;
mod handling;
mod looking;
mod storm;
mod waived;

use jiff::Timestamp;
use rectify::cloud::{DEMO, Sandbox, aws, snapshot_file};
use rectify::engine::{Bundle, Settings};
use rectify::model::{ResourceType, ResourceTypes, Snapshot};
use rectify::text::Source;

/// The types that rectify knows.
fn types() -> ResourceTypes {
    ResourceTypes::new(aws::TYPES.iter().map(|kind| *kind as &dyn ResourceType))
}

/// The demo's documents.
fn demo() -> Snapshot {
    snapshot_file::parse(&Source::new("demo.jsonl", DEMO), &types()).unwrap()
}

/// An account with the demo's documents.
fn sandbox() -> Sandbox {
    Sandbox::memory(demo(), types())
}

/// The built-in bundle.
fn bundle() -> Bundle {
    Bundle::embedded(&types()).unwrap()
}

/// A clock that stands, and the file's fingerprints.
fn settings() -> Settings {
    let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
    Settings { fingerprint_key: "file".to_owned(), ..Settings::new(now) }
}
