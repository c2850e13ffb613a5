//! Law 7: whoever dies while a change is made, and wherever, leaves what `rectify runs resume` brings to an end: done, or as it
//! was, or told; nothing is done twice, and nothing is lost.
//!
//! `in_process` dies at every event and in every call of every playbook's plan, and of the runs that go on, until no new way to
//! die is left. `killed` does it to the real binary, with SIGKILL, on both journals.
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

mod in_process;
mod killed;
mod tape;
