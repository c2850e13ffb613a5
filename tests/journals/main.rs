//! What is remembered is remembered: every test of this crate runs over every store, SQLite in memory and in a file, DynamoDB
//! on both emulators.
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

#[path = "../support/mod.rs"]
mod support;

#[macro_use]
mod stores;

mod chain;
mod claims;
mod journal;
mod leases;
mod lost_answers;
mod protocol;
mod resources;
mod spends;
mod store;
mod torn;
mod waiting;
