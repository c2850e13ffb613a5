//! Floor 6: what happens in an account, as it happens.
//!
//! ```text
//! event ──► trigger ──► handler ──► plan ──► gate ──► run ──► notice
//!           where to    reads the    as the command line's
//!           look        state again
//! ```
//!
//! An event only says where to look. What stands there is read again, judged and planned for as everywhere else, and the
//! plan passes the same gate, is written to the same journal and verified in the same way.

mod actor;
mod carry_out;
mod decide;
pub mod deploy;
mod findings;
pub mod fleet;
mod handle;
pub mod handler;
mod hold;
pub mod listen;
pub mod look;
pub mod mode;
pub mod notice;
pub mod outcome;
mod scan;
mod together;
mod trigger;

pub use actor::Actor;
pub use scan::Scan;
pub use trigger::{Changed, Ignored, NotAnEvent, Touched, Trigger, Why, read};
