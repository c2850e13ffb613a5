//! Secrets: found in what is read, replaced by fingerprints, and put back only into what is sent.

mod conceal;
mod find;
mod format;
mod key;
mod memory;
mod told;

pub use conceal::holds_secret;
pub use key::{FingerprintKey, what_is_known};
pub use told::without_secrets;
