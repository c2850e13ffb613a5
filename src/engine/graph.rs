//! Who is whose neighbour in a snapshot.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{Locate, Relation, Resource, ResourceKey, ResourceTypes, Scope, Snapshot, TypeName};

/// The neighbours of a resource by one relation.
#[derive(Clone, Debug, PartialEq)]
pub enum Neighbours {
    /// Read: none, one or many.
    Known(Vec<Arc<Resource>>),
    /// Some could not be read, or were not looked for.
    Unknown,
}

/// A snapshot with its children found by their parents.
pub struct Graph<'a> {
    snapshot: &'a Snapshot,
    types: &'a ResourceTypes,
    children: BTreeMap<(TypeName, String), Vec<ResourceKey>>,
}

impl<'a> Graph<'a> {
    /// Finds the children of a snapshot.
    pub fn new(snapshot: &'a Snapshot, types: &'a ResourceTypes) -> Self {
        let mut children: BTreeMap<(TypeName, String), Vec<ResourceKey>> = BTreeMap::new();
        for resource in snapshot.resources() {
            if let Some(parent) = types.find(&resource.type_name).and_then(|kind| kind.parent(&resource.id)) {
                children.entry((resource.type_name.clone(), parent)).or_default().push(resource.key());
            }
        }
        Self { snapshot, types, children }
    }

    /// The snapshot.
    pub fn snapshot(&self) -> &'a Snapshot {
        self.snapshot
    }

    /// Where the neighbours stand, read or not.
    pub fn keys(&self, resource: &Resource, relation: &Relation) -> Vec<ResourceKey> {
        let of = TypeName::from(relation.of);
        match (relation.locate)(resource) {
            Locate::Ids(ids) => ids.into_iter().map(|id| self.key(resource, &of, id)).collect(),
            Locate::Children => {
                let same_place = |key: &&ResourceKey| key.account == resource.account && key.region == resource.region;
                let found = self.children.get(&(of, resource.id.clone()));
                found.into_iter().flatten().filter(same_place).cloned().collect()
            }
        }
    }

    /// The neighbours by one relation.
    pub fn neighbours(&self, resource: &Resource, relation: &Relation) -> Neighbours {
        let unread = &self.snapshot.header.unread;
        match (relation.locate)(resource) {
            Locate::Ids(_) => {
                let found: Vec<Arc<Resource>> =
                    self.keys(resource, relation).iter().filter_map(|key| self.snapshot.get(key).cloned()).collect();
                // One that is named and not there was not read; of a list, those that are there are told.
                if !relation.many && found.is_empty() { Neighbours::Unknown } else { Neighbours::Known(found) }
            }
            Locate::Children => {
                let of = TypeName::from(relation.of);
                let kind = self.types.find(&of);
                let missed = |unread: &crate::model::Unread| {
                    let parent = kind.and_then(|kind| kind.parent(&unread.resource.id));
                    unread.resource.type_name == of
                        && (unread.resource.id.is_empty() || parent.as_deref() == Some(resource.id.as_str()))
                };
                if unread.iter().any(missed) {
                    return Neighbours::Unknown;
                }
                let keys = self.keys(resource, relation);
                Neighbours::Known(keys.iter().filter_map(|key| self.snapshot.get(key).cloned()).collect())
            }
        }
    }

    fn key(&self, resource: &Resource, of: &TypeName, id: String) -> ResourceKey {
        let global = self.types.find(of).is_some_and(|kind| kind.scope() == Scope::Global);
        ResourceKey {
            type_name: of.clone(),
            account: resource.account.clone(),
            region: if global { String::new() } else { resource.region.clone() },
            id,
        }
    }
}
