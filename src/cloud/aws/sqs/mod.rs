//! Amazon Simple Queue Service.

mod attributes;
mod names;
mod queue;
mod queue_policy;
mod rights;
mod trails;

pub use queue::Queue;
pub use queue_policy::QueuePolicy;
