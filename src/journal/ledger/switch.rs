//! The kill switch: while it is off, nothing is changed by anybody.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::swap::{Ledger, Next};
use crate::journal::{Key, StoreError};

/// Why nothing may be changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Halt {
    /// Since when.
    pub at: Timestamp,
    /// Who wants it so.
    pub by: String,
    /// Why, for a person.
    pub reason: String,
}

/// The item stays when the halt is over: its version tells one halt from the next.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Switch {
    halt: Option<Halt>,
}

impl Ledger {
    /// Lets nothing be changed any more, or for another reason.
    pub async fn halt(&self, halt: Halt) -> Result<(), StoreError> {
        let next = |_: Option<Switch>| (Some(Next { state: Switch { halt: Some(halt.clone()) }, expires: None }), ());
        self.swap(&key(), next).await
    }

    /// Why nothing may be changed. Whoever cannot read it changes nothing.
    pub async fn halted(&self) -> Result<Option<Halt>, StoreError> {
        Ok(self.read::<Switch>(&key()).await?.and_then(|switch| switch.halt))
    }

    /// Lets changes be made again; `false` where they were not halted.
    pub async fn go_on(&self) -> Result<bool, StoreError> {
        self.swap(&key(), |switch: Option<Switch>| match switch {
            Some(Switch { halt: Some(_) }) => (Some(Next { state: Switch { halt: None }, expires: None }), true),
            _ => (None, false),
        })
        .await
    }
}

fn key() -> Key {
    Key::only("switch")
}
