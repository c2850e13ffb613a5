//! What rectify says of IAM policies against what programs that others wrote say of them: PyPI's parliament, cloudsplaining and
//! policyuniverse, over every policy that AWS manages, those at hand and generated ones.
//!
//! They differ where one reads more of a policy than the other, or means something else by a word. Every difference is in a
//! list (`explained.rs`) with what it hangs on; that it hangs on it is shown by asking both again without it.
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

mod check;
mod differential;
mod documents;
mod everyone;
mod explained;
mod identity;
mod made;
mod ours;
mod theirs;
mod without;
