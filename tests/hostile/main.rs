//! Whatever others may write – names, tags, messages, files, folders – does nothing but be shown escaped or refused, soon and
//! in bounded memory.
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

#[path = "../cli/runner.rs"]
#[allow(dead_code, reason = "the stories need more of it")]
mod runner;

mod bounded;
mod files;
mod folders;
mod foreign;
mod notices;
mod patterns;
mod shown;
mod texts;
