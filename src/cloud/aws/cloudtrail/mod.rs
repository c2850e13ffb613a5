//! AWS CloudTrail.

mod calls;
mod effect;
mod reading;
mod rights;
mod selectors;
mod send;
mod trail;
mod trails;

pub use trail::Trail;
