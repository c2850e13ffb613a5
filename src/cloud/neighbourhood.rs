//! Reads a few resources with their neighbours, both ways: what an event needs, and a verification.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;

use super::{Cloud, Listing};
use crate::engine::{Bundle, Graph, Purpose, Reading, relations};
use crate::model::{
    Header, Locate, Parts, Relation, Resource, ResourceKey, ResourceType, ResourceTypes, SNAPSHOT_FORMAT, Scope,
    Snapshot, TypeName, Unread,
};

/// The resources of a type in a Region, or those of one parent.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    /// The type.
    pub type_name: TypeName,
    /// The Region; empty for a global type.
    pub region: String,
    /// The parent's id; all of the Region where there is none.
    pub within: Option<String>,
}

/// Documents around a few resources, as far as a bundle's policies look. What was read once is not read again; what cannot be
/// read stands in the snapshot's list, so that nothing is concluded from its absence.
pub struct Neighbourhood<'a> {
    cloud: &'a dyn Cloud,
    types: &'a ResourceTypes,
    bundle: &'a Bundle,
    reading: &'a Reading,
    purpose: Purpose,
    snapshot: Snapshot,
    read: BTreeSet<ResourceKey>,
    listed: BTreeSet<Group>,
}

impl<'a> Neighbourhood<'a> {
    /// Nothing yet, of what a reading asks for; for a plan, what its playbooks look at is a neighbour too.
    pub fn new(
        cloud: &'a dyn Cloud,
        types: &'a ResourceTypes,
        bundle: &'a Bundle,
        reading: &'a Reading,
        purpose: Purpose,
        taken_at: String,
    ) -> Self {
        let place = cloud.place();
        let snapshot = Snapshot::new(Header {
            rectify_snapshot: SNAPSHOT_FORMAT,
            account: place.account.clone(),
            partition: place.partition.clone(),
            regions: cloud.regions().to_vec(),
            taken_at,
            unread: Vec::new(),
        });
        Self { cloud, types, bundle, reading, purpose, snapshot, read: BTreeSet::new(), listed: BTreeSet::new() }
    }

    /// What has been read so far.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// What has been read.
    pub fn into_snapshot(mut self) -> Snapshot {
        self.snapshot.header.unread.sort();
        self.snapshot.header.unread.dedup();
        self.snapshot
    }

    /// Reads these resources, every resource that sees one of them as a neighbour, and all neighbours of both. Gives back
    /// where the former two stand: those that can be judged.
    pub async fn around(&mut self, keys: &BTreeSet<ResourceKey>) -> BTreeSet<ResourceKey> {
        self.read_all(keys).await;
        let mut judged = keys.clone();
        for key in keys {
            judged.extend(self.seers(key).await);
        }
        judged.retain(|key| self.snapshot.get(key).is_some());
        self.neighbours(&judged).await;
        judged
    }

    /// Reads these resources and their neighbours.
    pub async fn with_neighbours(&mut self, keys: &BTreeSet<ResourceKey>) {
        self.read_all(keys).await;
        self.neighbours(keys).await;
    }

    /// Reads groups whole.
    pub async fn list(&mut self, groups: impl IntoIterator<Item = Group>) {
        let fresh: BTreeSet<Group> = groups.into_iter().filter(|group| !self.has(group)).collect();
        let cloud = self.cloud;
        let lists = fresh.iter().map(|group| {
            let parts = self.parts(&group.type_name);
            async move { cloud.list(group.type_name.as_str(), &group.region, group.within.as_deref(), &parts).await }
        });
        let listings: Vec<Listing> = join_all(lists).await;
        for Listing { resources, unread, .. } in listings {
            self.snapshot.header.unread.extend(unread);
            for resource in resources {
                self.read.insert(resource.key());
                self.insert(resource);
            }
        }
        self.listed.extend(fresh);
    }

    /// The keys of what a relation names, and the groups where only a list tells.
    fn located(&self, resource: &Resource, relation: &Relation) -> (Vec<ResourceKey>, Vec<Group>) {
        let of = TypeName::from(relation.of);
        let region = self.region_of(&of, &resource.region);
        let groups = |within: Option<String>| {
            let regions = self.types.find(&of).map(|kind| self.regions(kind, &resource.region)).unwrap_or_default();
            let group = |region| Group { type_name: of.clone(), region, within: within.clone() };
            (Vec::new(), regions.into_iter().map(group).collect())
        };
        match (relation.locate)(resource) {
            Locate::Ids(ids) => {
                let key = |id| ResourceKey {
                    type_name: of.clone(),
                    account: resource.account.clone(),
                    region: region.clone(),
                    id,
                };
                (ids.into_iter().map(key).collect(), Vec::new())
            }
            Locate::ChildrenOf(id) => groups(Some(id)),
            // Who names it stands in no document but theirs: each has to be looked at.
            Locate::Referring(_) => groups(None),
        }
    }

    async fn neighbours(&mut self, keys: &BTreeSet<ResourceKey>) {
        let (mut ids, mut groups) = (BTreeSet::new(), BTreeSet::new());
        for resource in keys.iter().filter_map(|key| self.snapshot.get(key)) {
            let Some(kind) = self.types.find(&resource.type_name) else { continue };
            for relation in relations(self.bundle, kind, self.purpose) {
                let (named, group) = self.located(resource, relation);
                ids.extend(named);
                groups.extend(group);
            }
        }
        self.read_all(&ids).await;
        self.list(groups).await;
    }

    /// Reads the resources that see one as a neighbour, and tells where they stand.
    async fn seers(&mut self, key: &ResourceKey) -> BTreeSet<ResourceKey> {
        let mut found = BTreeSet::new();
        let types = self.types;
        for kind in types.all() {
            let looks = relations(self.bundle, kind, Purpose::Scan);
            for relation in looks.into_iter().filter(|relation| *relation.of == *key.type_name.as_str()) {
                let type_name = TypeName::from(kind.name());
                if let Some(parent) = self.parent(key, kind, relation) {
                    self.read_all(&BTreeSet::from([parent])).await;
                } else {
                    // Its own parts are listed by it; of others, each has to be looked at.
                    let within = (kind.belongs_to() == Some(relation.name)).then(|| key.id.clone());
                    let group = |region| Group { type_name: type_name.clone(), region, within: within.clone() };
                    let groups: Vec<Group> = self.regions(kind, &key.region).into_iter().map(group).collect();
                    self.list(groups).await;
                }
                let graph = Graph::new(&self.snapshot, types);
                let sees = |resource: &&std::sync::Arc<Resource>| graph.keys(resource, relation).contains(key);
                // What is gone is in no list of children, and whom it named is not known: each may miss it.
                let gone = self.snapshot.get(key).is_none();
                let whole = types.find(&key.type_name).and_then(|kind| kind.parent(&key.id));
                let missed = |resource: &&std::sync::Arc<Resource>| {
                    gone && match (relation.locate)(resource) {
                        Locate::Ids(_) => false,
                        Locate::ChildrenOf(id) => whole.as_ref() == Some(&id),
                        Locate::Referring(_) => true,
                    }
                };
                let seers = self.snapshot.of_type(kind.name()).filter(|resource| sees(resource) || missed(resource));
                found.extend(seers.map(|resource| resource.key()));
            }
        }
        found
    }

    /// The one resource of a type that has this one as its child by the relation.
    fn parent(&self, key: &ResourceKey, kind: &dyn ResourceType, relation: &Relation) -> Option<ResourceKey> {
        let child = self.types.find(&key.type_name)?;
        let is_parent = child.belongs_to().and_then(|name| child.relation(name)).map(|up| up.of) == Some(kind.name());
        if relation.of != key.type_name.as_str() || !is_parent {
            return None;
        }
        let id = child.parent(&key.id)?;
        Some(ResourceKey { type_name: kind.name().into(), id, ..key.clone() })
    }

    /// Where resources of a type stand that may see one in a Region: in the same one, or where either is global in any.
    fn regions(&self, kind: &dyn ResourceType, region: &str) -> Vec<String> {
        match kind.scope() {
            Scope::Global => vec![String::new()],
            Scope::Regional if region.is_empty() => self.cloud.regions().to_vec(),
            Scope::Regional => vec![region.to_owned()],
        }
    }

    fn region_of(&self, type_name: &TypeName, region: &str) -> String {
        let global = self.types.find(type_name).is_some_and(|kind| kind.scope() == Scope::Global);
        if global { String::new() } else { region.to_owned() }
    }

    fn parts(&self, type_name: &TypeName) -> Parts {
        self.reading.parts(type_name)
    }

    fn has(&self, group: &Group) -> bool {
        let whole = Group { within: None, ..group.clone() };
        self.listed.contains(group) || self.listed.contains(&whole)
    }

    async fn read_all(&mut self, keys: &BTreeSet<ResourceKey>) {
        let fresh: Vec<ResourceKey> = keys.iter().filter(|key| !self.read.contains(*key)).cloned().collect();
        let cloud = self.cloud;
        let reads = fresh.iter().map(|key| {
            let parts = self.parts(&key.type_name);
            async move { cloud.read(key, &parts).await }
        });
        let answers: BTreeMap<ResourceKey, _> = fresh.iter().cloned().zip(join_all(reads).await).collect();
        for (key, answer) in answers {
            match answer {
                Ok(Some(resource)) => self.insert(resource),
                Ok(None) => {}
                Err(error) => {
                    let (reason, passing) = (error.to_string(), error.is_passing());
                    let unread = Unread { resource: key.clone(), reason, passing };
                    self.snapshot.header.unread.push(unread);
                }
            }
            self.read.insert(key);
        }
    }

    fn insert(&mut self, resource: Resource) {
        match super::gather::reserved(&resource) {
            Some(unread) => self.snapshot.header.unread.push(unread),
            None => self.snapshot.insert(resource),
        }
    }
}
