//! Floor 6: what reacts to changes as they happen.

pub mod deploy;
