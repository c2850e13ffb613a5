//! Amazon Inspector.

mod enabler;
mod trails;

pub use enabler::Enabler;
