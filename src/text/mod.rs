//! Floor 1: texts that people write, and what to say when they cannot be read.

mod diagnostic;
pub mod json;
mod source;
pub mod yaml;

pub use diagnostic::{Diagnostic, nearest};
pub use source::Source;
