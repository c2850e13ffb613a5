//! Floor 5: sends a plan's calls, verifies each change, and takes runs back.

mod canary;
mod change;
mod executor;
mod failure;
mod fence;
mod hold;
mod late;
mod pace;
mod recorder;
mod recover;
mod rest;
mod stages;
mod stale;
mod standing;
mod undo;
mod unknown;
mod verify;

pub use executor::{ApplyError, Executor, Options, Progress, new_run};
pub use fence::{FencedCloud, FencedJournal};
pub use hold::Hold;
pub use pace::Wait;
pub use standing::{Standing, standing};
pub use undo::{taken_back, undo_plan};
