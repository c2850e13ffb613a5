//! `rectify listen`, `event`, the notices and the fleet: the real binary between a queue and an account, both on an emulator.
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

mod boto;
mod burst;
mod fleet;
mod notices;
mod queue;
mod shutdown;
mod world;
