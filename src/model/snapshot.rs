//! Resources read at one moment.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Resource, ResourceKey};

/// The format that a snapshot file's header names.
pub const SNAPSHOT_FORMAT: u32 = 1;

/// The first line of a snapshot file: where and when the documents were read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// [`SNAPSHOT_FORMAT`].
    pub rectify_snapshot: u32,
    /// Twelve digits.
    pub account: String,
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// The Regions that were read.
    pub regions: Vec<String>,
    /// RFC 3339.
    pub taken_at: String,
    /// What could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<Unread>,
}

/// A resource, or all of a type in a Region, that could not be read: it is counted, and never judged or changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unread {
    /// What was to be read; an empty id is the whole type.
    pub resource: ResourceKey,
    /// Why it was not, after "could not be read: ".
    pub reason: String,
    /// Whether it may be read a moment later: the service was busy, or gave no answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub passing: bool,
}

/// Documents by where they stand, and what could not be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Where and when; its `unread` is the list that this snapshot keeps.
    pub header: Header,
    resources: BTreeMap<ResourceKey, Arc<Resource>>,
}

impl Snapshot {
    /// A snapshot with no documents yet.
    pub fn new(header: Header) -> Self {
        Self { header, resources: BTreeMap::new() }
    }

    /// Adds a document, or replaces the one that stood there.
    pub fn insert(&mut self, resource: Resource) {
        self.resources.insert(resource.key(), Arc::new(resource));
    }

    /// Takes a document out.
    pub fn remove(&mut self, key: &ResourceKey) -> Option<Arc<Resource>> {
        self.resources.remove(key)
    }

    /// The document that stands there.
    pub fn get(&self, key: &ResourceKey) -> Option<&Arc<Resource>> {
        self.resources.get(key)
    }

    /// Every document, in the order of type, account, Region and id.
    pub fn resources(&self) -> impl Iterator<Item = &Arc<Resource>> {
        self.resources.values()
    }

    /// The documents of one type, in the same order.
    pub fn of_type<'a>(&'a self, type_name: &'a str) -> impl Iterator<Item = &'a Arc<Resource>> {
        self.resources.values().filter(move |resource| resource.type_name.as_str() == type_name)
    }

    /// How many documents there are.
    pub fn len(&self) -> usize {
        self.resources.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }
}
