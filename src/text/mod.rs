//! Floor 1: texts that people write, and what to say when they cannot be read.

mod diagnostic;
pub mod json;
mod shown;
mod source;
pub mod yaml;

pub use diagnostic::{Diagnostic, nearest};
pub use shown::{beginning, hides, quoted, shown, shown_json, shown_lines};
pub use source::Source;
