//! The laws over every policy, playbook and resource type, on the embedded sandbox: on the demo's account, and on every case of
//! every playbook as an account of its own. A new policy, playbook or type is under them the day it is added.
//!
//! The numbers are those of the laws: planning is pure (1), the dry run tells the truth (2), the proof is honest (3), applying
//! twice is applying once (4), undo leads back (5), no fix loosens anything (6). That no secret leaves the process (8) is
//! tested where secrets get in, over HTTP.
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

mod account;
mod algebra;
mod days;
mod deployments;
mod evaluators;
mod laws;
mod loosening;
mod privileges;
mod rights;
mod strictness;
mod tables;
mod types;
mod worlds;
