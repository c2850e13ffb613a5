//! Who is whose neighbour in a snapshot.

use std::collections::{BTreeMap, BTreeSet};
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
    children: Index,
    referrers: Index,
}

/// Where the resources of a type stand that have something in common: their parent, what they name.
type Index = BTreeMap<(TypeName, String), Vec<ResourceKey>>;

impl<'a> Graph<'a> {
    /// Finds the children of a snapshot.
    pub fn new(snapshot: &'a Snapshot, types: &'a ResourceTypes) -> Self {
        let (mut children, mut referrers) = (Index::new(), Index::new());
        for resource in snapshot.resources() {
            let Some(kind) = types.find(&resource.type_name) else { continue };
            let note = |index: &mut Index, name: String| {
                index.entry((resource.type_name.clone(), name)).or_default().push(resource.key());
            };
            if let Some(parent) = kind.parent(&resource.id) {
                note(&mut children, parent);
            }
            BTreeSet::from_iter(kind.refers(resource)).into_iter().for_each(|name| note(&mut referrers, name));
        }
        Self { snapshot, types, children, referrers }
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
            Locate::ChildrenOf(id) => self.indexed(resource, &self.children, &of, [&id]),
            Locate::Referring(names) => self.indexed(resource, &self.referrers, &of, &names),
        }
    }

    /// What an index has under these names, near a resource: in its Region, or in any where either is global.
    fn indexed<'b>(
        &self,
        resource: &Resource,
        index: &Index,
        of: &TypeName,
        names: impl IntoIterator<Item = &'b String>,
    ) -> Vec<ResourceKey> {
        let near = |key: &&ResourceKey| {
            let same_region = key.region == resource.region || key.region.is_empty() || resource.region.is_empty();
            key.account == resource.account && same_region
        };
        let found = names.into_iter().filter_map(|name| index.get(&(of.clone(), name.clone()))).flatten();
        BTreeSet::from_iter(found.filter(near)).into_iter().cloned().collect()
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
                let here = unread.account == resource.account && (region.is_empty() || unread.region == region);
                unread.type_name == *of && here && (unread.id.is_empty() || wanted(&unread.id))
            })
        };
        let of = TypeName::from(relation.of);
        match (relation.locate)(resource) {
            Locate::Ids(ids) => {
                let found = self.found(resource, relation);
                // A single one that is named and not there was not read, or is gone: nothing is known of it. Of a list,
                // those that are there are told, unless one of them could not be read.
                let unknown =
                    if relation.many { unread(&of, &|id| ids.iter().any(|own| own == id)) } else { found.is_empty() };
                if unknown { Neighbours::Unknown } else { Neighbours::Known(found) }
            }
            Locate::ChildrenOf(parent) => {
                let kind = self.types.find(&of);
                let child = |id: &str| kind.and_then(|kind| kind.parent(id)).as_ref() == Some(&parent);
                if unread(&of, &child) {
                    return Neighbours::Unknown;
                }
                Neighbours::Known(self.found(resource, relation))
            }
            // One that could not be read may be one of them.
            Locate::Referring(_) if unread(&of, &|_| true) => Neighbours::Unknown,
            Locate::Referring(_) => Neighbours::Known(self.found(resource, relation)),
        }
    }

    fn found(&self, resource: &Resource, relation: &Relation) -> Vec<Arc<Resource>> {
        self.keys(resource, relation).iter().filter_map(|key| self.snapshot.get(key).cloned()).collect()
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
