//! Floor 6: from an event to what is to be done about it.

mod actor;
pub mod deploy;
mod findings;
mod scan;
mod trigger;

pub use actor::Actor;
pub use scan::Scan;
pub use trigger::{Changed, Ignored, NotAnEvent, Touched, Trigger, Why, read};
