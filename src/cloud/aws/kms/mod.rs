//! AWS Key Management Service.

mod alias;
mod key;
mod key_calls;
mod key_effect;
mod trails;

pub use alias::Alias;
pub use key::Key;
