//! No secret leaves the process (law 8): twelve kinds of secrets, planted in variables, tags, descriptions, URLs and policy texts,
//! stand in nothing that the real binary prints, logs, writes or sends to anyone but the account that they are from. And what is
//! written there is never less than what was there.
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

#[path = "../cli/runner.rs"]
#[allow(dead_code, reason = "this binary uses a part of it")]
mod runner;

mod canary;
mod environment;
mod files;
mod http;
mod notices;
mod sandbox;
