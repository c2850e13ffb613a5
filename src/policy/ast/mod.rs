//! What a module's syntax tree tells: what it reads, names and calls, and constructs that need care.

mod calls;
mod inputs;
mod interpreted;
mod names;
mod reads;
mod recursion;
mod tree;

pub use calls::{Call, calls};
pub use inputs::inputs;
pub use interpreted::interpreted_only;
pub use names::{imports, package, rules};
pub use reads::{Reads, reads};
pub use recursion::recursion;
