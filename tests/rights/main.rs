//! Law 9: the IAM policies of `rectify iam-policy` are enough, and each statement of them is needed.
//!
//! What is enough is shown by the calls of the real binary over HTTP: every one is allowed. What each call takes comes from
//! AWS's reference, written down here apart from the product (`takes.rs`), and whether a policy allows it from a matcher that
//! is tested itself (`matcher.rs`).
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

mod each;
mod known;
mod matcher;
mod takes;
mod whole;
