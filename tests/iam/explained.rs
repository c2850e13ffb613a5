//! Where rectify and the programs of others differ, and why.

use serde_json::Value;

use super::check::{Check, DECRYPT, PASS};
use super::theirs::Known;
use super::without::{Statement, allows, changed};
use super::{everyone, identity};

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
    /// Who says something else when the document is put so that both read it alike. The other one stays with what he said.
    pub moves: Side,
    pub alike: Alike,
    /// Why the two differ, and why rectify says what it does.
    pub why: &'static str,
}

/// The document so put; none where it has nothing of the kind.
#[derive(Clone, Copy)]
pub enum Alike {
    /// Whatever they differ on.
    Whole(fn(&Value) -> Option<Value>),
    /// The same, each Allow on its own; says whether it has changed it.
    Allows(fn(&mut Statement) -> bool),
    /// For what they differ on.
    Each(fn(&Value, &Asked<'_>) -> Option<Value>),
}

/// The document put alike in several ways, one after the other.
pub fn put_alike(chain: &[&Explained], document: &Value, asked: &Asked<'_>) -> Option<Value> {
    chain.iter().try_fold(document.clone(), |document, entry| match entry.alike {
        Alike::Whole(put) => put(&document),
        Alike::Allows(put) => changed(&document, |one| allows(one) && put(one)),
        Alike::Each(put) => put(&document, asked),
    })
}

/// What the two differ on.
pub struct Asked<'a> {
    /// The word that one says and the other does not.
    pub subject: &'a str,
    pub known: &'a Known,
}

impl Asked<'_> {
    /// The actions that a right, or a way to more rights, takes, in lower case.
    pub fn actions(&self) -> Vec<String> {
        match self.subject {
            PASS => vec!["iam:passrole".to_owned()],
            DECRYPT => vec!["kms:decrypt".to_owned(), "kms:reencryptfrom".to_owned()],
            way => self.known.methods.get(way).into_iter().flatten().cloned().collect(),
        }
    }
}

/// All kinds of differences that there are.
pub fn all() -> impl Iterator<Item = &'static Explained> {
    identity::EXPLAINED.iter().chain(everyone::EXPLAINED)
}
