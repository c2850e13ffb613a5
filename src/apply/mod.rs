//! Floor 5: sends a plan's calls, verifies each change, and takes runs back.

mod change;
mod executor;
mod late;
mod recorder;
mod undo;
mod verify;

pub use executor::{ApplyError, Executor, Options, Progress, new_run};
pub use undo::undo_plan;
