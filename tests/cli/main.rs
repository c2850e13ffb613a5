//! Stories of the real binary, in a clean environment and a temporary folder, told by what a person sees and by what is
//! left behind.
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

#[path = "../hostile/bounded.rs"]
#[allow(dead_code, reason = "one of its limits is not for here")]
mod bounded;

mod approvals;
mod audit;
mod bad_input;
mod consent;
mod events;
mod first_run;
mod freeze;
mod gate;
mod hostile_interpreted;
mod hostile_policy;
mod iam_policy;
mod interrupt;
mod output;
mod plan_apply;
mod radius;
mod resume;
mod runner;
mod scale;
mod shared_file;
mod signatures;
mod steps;
mod undo;
mod waivers;

/// A file that no `mod` names would never run.
#[test]
fn no_file_is_forgotten() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli");
    let mut forgotten = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let named = include_str!("main.rs").lines().any(|line| line == format!("mod {name};"));
        if path.extension().is_some_and(|extension| extension == "rs") && name != "main" && !named {
            forgotten.push(name);
        }
    }
    assert_eq!(forgotten, Vec::<String>::new(), "not in tests/cli/main.rs");
}
