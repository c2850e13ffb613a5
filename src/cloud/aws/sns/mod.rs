//! Amazon Simple Notification Service.

mod names;
mod rights;
mod topic;
mod topic_policy;
mod trails;

pub use topic::Topic;
pub use topic_policy::TopicPolicy;
