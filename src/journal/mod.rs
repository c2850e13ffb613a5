//! Floor 4: what is remembered: the append-only events of runs ([`Journal`]) and what handlers of events know together
//! ([`Ledger`]), each written once over a [`Store`].

mod chain;
mod dynamodb;
mod ledger;
mod load;
pub mod private;
mod run;
mod sqlite;
mod store;

pub use chain::{Broken, Chain, Record, Torn};
pub use dynamodb::DynamoDb;
pub use ledger::{Claim, Fix, Full, Halt, Holder, Lease, Ledger, Quarantine, Spent, Window, run_key};
pub use load::{Told, examine, load};
pub use run::{Journal, JournalError, Stamped};
pub use sqlite::Sqlite;
pub use store::{Item, Key, Store, StoreError};
