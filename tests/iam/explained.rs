//! Where rectify and the programs of others differ, and why.

use serde_json::Value;

use super::check::Check;
use super::without::{Statement, allows, changed, conditional, denies, dropped, on_star, replaced, texts};

/// What rectify says of something that the other program says the opposite of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// It is in the answer.
    Says,
    /// It is not.
    Silent,
}

/// Whose answer hangs on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Ours,
    Theirs,
}

/// A kind of difference.
pub struct Explained {
    /// Its name.
    pub what: &'static str,
    /// Where it occurs.
    pub checks: &'static [Check],
    /// What rectify says; the other program says the opposite.
    pub ours: Word,
    /// Who changes his mind when the document is put so that both read it alike. The other one stays with what he said.
    pub moves: Side,
    /// The document so put; none where it has nothing of the kind.
    pub alike: fn(&Value) -> Option<Value>,
    /// Why the two differ, and why rectify says what it does.
    pub why: &'static str,
}

use Check::{Allowed, AnyPrincipal, Complete, Escalation, Everyone, Foreign, Internet, Services, Unrestricted};
use Side::{Ours, Theirs};
use Word::{Says, Silent};

/// All kinds of differences that there are.
pub const EXPLAINED: &[Explained] = &[
    Explained {
        what: "a condition on an Allow",
        checks: &[Complete, Services, Unrestricted, Escalation],
        ours: Says,
        moves: Theirs,
        alike: |document| {
            changed(document, |statement| {
                allows(statement) && conditional(statement) && statement.remove("Condition").is_some()
            })
        },
        why: "cloudsplaining leaves out what is allowed under a condition. A condition makes a right rarer, not smaller.",
    },
    Explained {
        what: "a condition on a Deny",
        checks: &[Complete, Unrestricted, Escalation],
        ours: Says,
        moves: Theirs,
        alike: |document| dropped(document, |statement| denies(statement) && conditional(statement)),
        why: "cloudsplaining counts a Deny with a condition as one that always holds.",
    },
    Explained {
        what: "a Deny on some resources",
        checks: &[Complete, Unrestricted, Escalation],
        ours: Says,
        moves: Theirs,
        alike: |document| {
            dropped(document, |statement| denies(statement) && !conditional(statement) && !on_star(statement))
        },
        why: "cloudsplaining counts a Deny on one resource as one on every resource.",
    },
    Explained {
        what: "a Deny of a part of what a wildcard allows",
        checks: &[Complete],
        ours: Says,
        moves: Theirs,
        alike: |document| {
            dropped(document, |statement| denies(statement) && !conditional(statement) && on_star(statement))
        },
        why: "service:* with a Deny of some of its actions is still a wildcard, which takes in all that AWS will add.",
    },
    Explained {
        what: "a Deny of all but some actions",
        checks: &[Complete, Unrestricted, Escalation],
        ours: Silent,
        moves: Ours,
        alike: |document| dropped(document, |statement| denies(statement) && statement.contains_key("NotAction")),
        why: "cloudsplaining does not read a Deny with NotAction.",
    },
    Explained {
        what: "an Allow on all but some resources",
        checks: &[Complete, Unrestricted, Escalation],
        ours: Says,
        moves: Theirs,
        alike: |document| {
            changed(document, |statement| {
                allows(statement) && statement.remove("NotResource").is_some() && {
                    statement.insert("Resource".into(), "*".into());
                    true
                }
            })
        },
        why: "cloudsplaining does not read NotResource.",
    },
];
