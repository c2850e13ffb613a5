//! What handlers of events must remember together, over any store: which event is whose, who works on which resource, what
//! was fixed how often, what waits.

mod claim;
mod fix;
mod lease;
mod quarantine;
mod resource;
mod spend;
mod swap;
mod switch;
mod waiting;

pub use claim::Claim;
pub use fix::Fix;
pub use lease::{Holder, Lease, run_key};
pub use quarantine::Quarantine;
pub use spend::{Full, Spent, Window};
pub use swap::Ledger;
pub use switch::Halt;
