//! What `rectify deploy` installs: the templates in each language, the patterns of their rules, the package, and the stack
//! on an emulator of AWS.
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

mod command;
mod end_to_end;
mod fixture;
mod hcl_text;
mod lint;
mod patterns;
mod stability;
mod stack;
