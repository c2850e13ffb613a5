//! Errors of commands: a kind, the messages, and what to do.

use crate::cloud::CallError;
use crate::cloud::aws::ConnectError;
use crate::journal::{JournalError, StoreError};
use crate::text::{Diagnostic, shown};

/// Whose fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The command line's.
    User,
    /// A file's, or the environment's.
    Config,
    /// rectify's, or the machine's.
    Internal,
    /// The machine's, after changes were begun: a person is needed.
    Begun,
}

/// A command that could not be done. Every kind but `Begun` ends with exit code 2, and nothing was changed.
#[derive(Clone, Debug)]
pub struct CliError {
    /// Whose fault it is.
    pub kind: Kind,
    /// One or more complaints.
    pub messages: Vec<String>,
    /// What to do.
    pub help: Option<String>,
}

impl CliError {
    /// One complaint on one line: a name of somebody else's that stands in it begins no other.
    fn one(kind: Kind, message: &str) -> Self {
        Self { kind, messages: vec![shown(message).into_owned()], help: None }
    }

    /// The command line is wrong.
    pub fn user(message: impl Into<String>) -> Self {
        Self::one(Kind::User, &message.into())
    }

    /// A file or the environment is wrong.
    pub fn config(message: impl Into<String>) -> Self {
        Self::one(Kind::Config, &message.into())
    }

    /// Something that should not happen.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::one(Kind::Internal, &message.into())
    }

    /// The same with help.
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(shown(&help.into()).into_owned()), ..self }
    }
}

impl From<Diagnostic> for CliError {
    fn from(told: Diagnostic) -> Self {
        // It has lines of its own.
        Self { kind: Kind::Config, messages: vec![told.to_string()], help: None }
    }
}

impl From<Vec<Diagnostic>> for CliError {
    fn from(told: Vec<Diagnostic>) -> Self {
        let messages = told.iter().map(ToString::to_string).collect();
        Self { kind: Kind::Config, messages, help: None }
    }
}

impl From<CallError> for CliError {
    fn from(error: CallError) -> Self {
        Self::config(error.to_string())
    }
}

impl From<ConnectError> for CliError {
    fn from(error: ConnectError) -> Self {
        Self::config(error.message).help(error.help)
    }
}

impl From<JournalError> for CliError {
    fn from(error: JournalError) -> Self {
        let told = Self::config(error.to_string());
        match error {
            JournalError::Broken { run, .. } => told.help(format!(
                "`rectify runs verify {run}` and `rectify runs show {run}` tell more; a person has to look at it and at the resources"
            )),
            _ => told,
        }
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        Self::config(error.to_string())
    }
}

impl From<crate::apply::ApplyError> for CliError {
    fn from(error: crate::apply::ApplyError) -> Self {
        if let crate::apply::ApplyError::NotBegun(_) = error {
            return Self::config(error.to_string());
        }
        Self { kind: Kind::Begun, ..Self::internal(error.to_string()) }
            .help("`rectify runs` shows how far it came, and `rectify runs resume` brings the run to its end")
    }
}
