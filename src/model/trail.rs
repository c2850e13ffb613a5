//! What CloudTrail tells of a resource type.

use serde_json::Value;

/// An API call that CloudTrail records and that makes, changes or deletes resources of a type.
///
/// The record says where to look and nothing else: what stands there is always read again.
#[derive(Debug)]
pub struct Trail {
    /// The record's `eventSource`, such as `lambda.amazonaws.com`.
    pub source: &'static str,
    /// The record's `eventName`, such as `UpdateFunctionConfiguration20150331v2`.
    pub name: &'static str,
    /// Which resources it is about, from the record (the `detail` of the EventBridge event).
    pub tells: fn(&Value) -> Vec<Told>,
}

/// A resource that a record is about, in the record's account and Region.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Told {
    /// One, by its primary identifier.
    Id(String),
    /// All that belong to the resource of that id: the record says no more.
    Within(String),
}
