//! The laws with the real binary, over HTTP, on both emulators of AWS: every policy and playbook on one seeded shop.
//!
//! What an emulator cannot do is a named gap (`tests/support/gaps.rs`), and a test as well: where it refuses a call the engine
//! has to say that the change failed, and where it drops what was asked for, that the fix did not take. A gap that a newer
//! emulator has closed fails here.
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

mod expected;
mod faults;
mod laws;
