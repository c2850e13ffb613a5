//! How much harm a run can do at the most: changes of a kind that are risky, counted against the limits.

use std::fmt;

use crate::model::{Change, ChangeKind, Limits, Safety};

/// What makes a change risky.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// It needs a review.
    Review,
    /// It cannot be taken back.
    Irreversible,
    /// It deletes something.
    Delete,
}

impl Risk {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Review, Self::Irreversible, Self::Delete];

    /// The limit on them, by its name.
    pub fn limit(self) -> &'static str {
        match self {
            Self::Review => "max_review",
            Self::Irreversible => "max_irreversible",
            Self::Delete => "max_deletes",
        }
    }

    /// How many there may be in one run.
    pub fn most(self, limits: &Limits) -> u32 {
        match self {
            Self::Review => limits.max_review,
            Self::Irreversible => limits.max_irreversible,
            Self::Delete => limits.max_deletes,
        }
    }

    /// Whether a change is one of them.
    pub fn is(self, change: &Change) -> bool {
        match self {
            Self::Review => change.safety != Safety::Safe,
            Self::Irreversible => !change.reversible,
            Self::Delete => change.kind == ChangeKind::Delete,
        }
    }
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Review => "changes that need a review",
            Self::Irreversible => "changes that cannot be undone",
            Self::Delete => "changes that delete a resource",
        })
    }
}

/// The risks of which there are more than may be, each with how many there are.
pub(super) fn beyond<'a>(
    changes: impl Iterator<Item = &'a Change> + Clone,
    limits: &Limits,
) -> impl Iterator<Item = (Risk, usize)> {
    let counted = Risk::ALL.map(|risk| (risk, changes.clone().filter(|change| risk.is(change)).count()));
    counted.into_iter().filter(|(risk, planned)| *planned > usize::try_from(risk.most(limits)).unwrap_or(usize::MAX))
}
