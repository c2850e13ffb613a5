//! What goes wrong between rectify and AWS, and how a run ends that meets it: each kind of fault on its own, with the real binary
//! over HTTP; changes that somebody else makes meanwhile; and storms, in which many calls fail at random.
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
#[allow(dead_code, reason = "the laws on the sandbox use the rest of it")]
#[path = "../laws_sandbox/worlds.rs"]
mod worlds;

mod foreign;
mod keys;
mod kinds;
mod pages;
mod revisions;
mod storm;
mod stuck;
