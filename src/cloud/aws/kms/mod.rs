//! AWS Key Management Service.

mod alias;
mod key;
mod key_calls;
mod key_effect;
mod names;
mod rights;
mod service;
mod trails;

pub use alias::Alias;
pub use key::Key;
pub use names::key_in;
pub use service::serves;
