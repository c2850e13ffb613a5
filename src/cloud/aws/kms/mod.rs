//! AWS Key Management Service.

mod alias;

pub use alias::Alias;
