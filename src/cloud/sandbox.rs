//! Documents in memory or in a file, as a cloud: the embedded default, for the demo, for trying things out, for tests.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde_json::Value;

use super::snapshot_file;
use super::{CallError, CallErrorKind, Cloud, Listing};
use crate::model::{
    Call, Locate, Parts, Place, Resource, ResourceKey, ResourceType, ResourceTypes, Sent, Snapshot, TypeName,
};

/// A small account of a serverless shop, with at least one violation of each built-in policy.
pub const DEMO: &str = include_str!("demo.jsonl");

/// An account of documents. A call changes them as the type's [`ResourceType::effect`] says; a read brings only the
/// parts that are asked for, as AWS's calls do.
pub struct Sandbox {
    place: Place,
    regions: Vec<String>,
    types: ResourceTypes,
    world: Mutex<Snapshot>,
    store: Store,
}

/// Where the documents are kept.
enum Store {
    Memory,
    File(PathBuf),
    /// A snapshot is a record of what was: it is not changed.
    ReadOnly,
}

impl Sandbox {
    /// Documents that end with the process.
    pub fn memory(world: Snapshot, types: ResourceTypes) -> Self {
        Self::new(world, types, Store::Memory)
    }

    /// The documents of a snapshot file; every call is written back to it.
    pub fn file(world: Snapshot, types: ResourceTypes, path: &Path) -> Self {
        Self::new(world, types, Store::File(path.to_owned()))
    }

    /// The documents of a snapshot that is only read.
    pub fn read_only(world: Snapshot, types: ResourceTypes) -> Self {
        Self::new(world, types, Store::ReadOnly)
    }

    /// Reads only these Regions, all where none is named; the error is one that the documents do not have.
    pub fn only(mut self, regions: &[String]) -> Result<Self, String> {
        if let Some(missing) = regions.iter().find(|region| !self.regions.contains(region)) {
            return Err(missing.clone());
        }
        if !regions.is_empty() {
            self.regions = regions.to_vec();
        }
        Ok(self)
    }

    fn new(world: Snapshot, types: ResourceTypes, store: Store) -> Self {
        let header = &world.header;
        let place =
            Place { partition: header.partition.clone(), account: header.account.clone(), region: String::new() };
        Self { place, regions: header.regions.clone(), types, world: Mutex::new(world), store }
    }

    /// The documents as they are.
    pub fn world(&self) -> MutexGuard<'_, Snapshot> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kind(&self, type_name: &str) -> Option<&'static dyn ResourceType> {
        self.types.find(&TypeName::from(type_name))
    }
}

/// A document without the parts that were not asked for.
fn only_parts(kind: &dyn ResourceType, resource: &Resource, parts: &Parts) -> Resource {
    let mut resource = resource.clone();
    for part in kind.parts().iter().filter(|part| !parts.wants(part.name)) {
        let take = |value: &mut Value, names: &[&str]| {
            if let Some(members) = value.as_object_mut() {
                names.iter().for_each(|name| drop(members.remove(*name)));
            }
        };
        take(&mut resource.properties, part.properties);
        take(&mut resource.facts, part.facts);
        if part.properties.contains(&"Tags") {
            resource.tags.clear();
            resource.owner = None;
        }
    }
    resource
}

#[async_trait]
impl Cloud for Sandbox {
    fn place(&self) -> &Place {
        &self.place
    }

    fn regions(&self) -> &[String] {
        &self.regions
    }

    fn writable(&self) -> bool {
        !matches!(self.store, Store::ReadOnly)
    }

    async fn list(&self, type_name: &str, region: &str, within: Option<&str>, parts: &Parts) -> Listing {
        let Some(kind) = self.kind(type_name) else { return Listing::default() };
        let world = self.world();
        let whole = kind.belongs_to().and_then(|name| kind.relation(name));
        let of = |resource: &Resource, parent: &str| {
            let named = whole.map(|relation| (relation.locate)(resource));
            let named = matches!(named, Some(Locate::Ids(ids)) if ids.iter().any(|id| id == parent));
            named || kind.parent(&resource.id).as_deref() == Some(parent)
        };
        let here = |resource: &&std::sync::Arc<Resource>| {
            resource.region == region && within.is_none_or(|parent| of(resource, parent))
        };
        let resources =
            world.of_type(type_name).filter(here).map(|resource| only_parts(kind, resource, parts)).collect();
        let missed = |unread: &&crate::model::Unread| {
            unread.resource.type_name.as_str() == type_name && unread.resource.region == region
        };
        Listing { resources, unread: world.header.unread.iter().filter(missed).cloned().collect() }
    }

    async fn read(&self, key: &ResourceKey, parts: &Parts) -> Result<Option<Resource>, CallError> {
        let Some(kind) = self.kind(key.type_name.as_str()) else { return Ok(None) };
        Ok(self.world().get(key).map(|resource| only_parts(kind, resource, parts)))
    }

    async fn send(&self, type_name: &str, region: &str, call: &Call) -> Result<Sent, CallError> {
        let failed = |message: String| CallError {
            kind: CallErrorKind::Invalid,
            service: call.service.clone(),
            operation: call.operation.clone(),
            message,
            request_id: None,
        };
        if matches!(self.store, Store::ReadOnly) {
            return Err(failed("a snapshot cannot be changed; --cloud sandbox:FILE can".into()));
        }
        let kind = self.kind(type_name).ok_or_else(|| failed(format!("no resource type {type_name}")))?;
        let place = Place { region: region.to_owned(), ..self.place.clone() };
        let mut world = self.world();
        let mut next = world.clone();
        let sent = kind.effect(&place, call, &mut next).map_err(failed)?;
        if let Store::File(path) = &self.store {
            snapshot_file::write(path, &next).map_err(|error| failed(format!("{}: {error}", path.display())))?;
        }
        *world = next;
        Ok(sent)
    }
}
