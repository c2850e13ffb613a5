//! Floor 4: what is remembered: the append-only events of runs ([`Journal`]) and what handlers of events know together
//! ([`Ledger`]), each written once over a [`Store`].

mod dynamodb;
mod ledger;
mod run;
mod sqlite;
mod store;

pub use dynamodb::DynamoDb;
pub use ledger::{Claim, Fix, Halt, Lease, Ledger, Quarantine, Spent};
pub use run::{Journal, JournalError, Stamped, load};
pub use sqlite::Sqlite;
pub use store::{Item, Key, Store, StoreError};
