//! Exit codes, once.

use std::process::ExitCode;

/// What the process ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Nothing to do, or done.
    Done,
    /// Findings, or changes that wait.
    Pending,
    /// Usage, configuration or internal error: nothing was changed.
    Usage,
    /// Apply did not succeed: everything was undone or left as it was, or says that it is not as planned.
    Failed,
    /// A person is needed.
    Stuck,
}

/// Told by `--help`.
pub const HELP: &str = "Exit codes: 0 nothing to do, or done; 1 findings, or what waits; 2 usage, configuration or internal error; \
    3 apply did not succeed, everything undone or left as it was; 4 stuck, or a run is not as it was written, a person is needed; 130 interrupted; where a run was begun, `rectify runs resume` brings it to its end.";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Pending => 1,
            Exit::Usage => 2,
            Exit::Failed => 3,
            Exit::Stuck => 4,
        })
    }
}
