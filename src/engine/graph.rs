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

    /// Where all neighbours of a resource stand.
    pub fn all_keys(&self, resource: &Resource) -> Vec<ResourceKey> {
        let relations = self.types.find(&resource.type_name).into_iter().flat_map(|kind| kind.relations());
        relations.flat_map(|relation| self.keys(resource, relation)).collect()
    }

    /// The neighbours by one relation.
    pub fn neighbours(&self, resource: &Resource, relation: &Relation) -> Neighbours {
        let unread = |of: &TypeName, wanted: &dyn Fn(&str) -> bool| {
            let region = self.key(resource, of, String::new()).region;
            self.snapshot.header.unread.iter().map(|unread| &unread.resource).any(|unread| {
                let here = unread.account == resource.account && unread.region == region;
                unread.type_name == *of && here && (unread.id.is_empty() || wanted(&unread.id))
            })
        };
        let of = TypeName::from(relation.of);
        match (relation.locate)(resource) {
            Locate::Ids(ids) => {
                let keys = self.keys(resource, relation);
                let found: Vec<Arc<Resource>> = keys.iter().filter_map(|key| self.snapshot.get(key).cloned()).collect();
                // A single one that is named and not there was not read, or is gone: nothing is known of it. Of a list,
                // those that are there are told, unless one of them could not be read.
                let unknown =
                    if relation.many { unread(&of, &|id| ids.iter().any(|own| own == id)) } else { found.is_empty() };
                if unknown { Neighbours::Unknown } else { Neighbours::Known(found) }
            }
            Locate::Children => {
                let kind = self.types.find(&of);
                let child = |id: &str| kind.and_then(|kind| kind.parent(id)).as_deref() == Some(resource.id.as_str());
                if unread(&of, &child) {
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
