//! What a run goes by besides its plan: what a failure leads to, how fast it goes, and which changes go first.

use serde::{Deserialize, Serialize};

/// What follows when a change does not come to its end as planned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnFailure {
    /// Other resources go on; what depends on the change is skipped.
    #[default]
    Continue,
    /// No further change is begun.
    Stop,
    /// What was done is taken back, the last first: of a run everything, and no further change is begun; of a playbook what was
    /// done for its findings, and other resources go on.
    Undo,
}

impl OnFailure {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Continue, Self::Stop, Self::Undo];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Continue => "continue",
            Self::Stop => "stop",
            Self::Undo => "undo",
        }
    }
}

/// Changes that go first: they are made, left for a while and verified once more before the others are begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Canary {
    /// How many, each with what it needs.
    pub changes: u32,
    /// Seconds between their end and the second look.
    #[serde(default = "wait")]
    pub wait_seconds: u32,
}

impl Canary {
    /// Seconds that canaries are left for where nobody says how long.
    pub const WAIT: u32 = 10;
}

fn wait() -> u32 {
    Canary::WAIT
}

/// What a run goes by. It is written down with the plan, so that whoever goes on with the run goes by the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// What a failure leads to in the whole run. What a playbook says of its own findings holds besides.
    pub on_failure: OnFailure,
    /// After so many failures no further change is begun.
    pub max_failures: u32,
    /// Changes begun within any minute.
    pub max_per_minute: u32,
    /// Which changes go first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<Canary>,
}

impl Default for Terms {
    fn default() -> Self {
        let limits = super::Limits::default();
        Self {
            on_failure: OnFailure::Continue,
            max_failures: limits.max_failures,
            max_per_minute: limits.max_per_minute,
            canary: None,
        }
    }
}
