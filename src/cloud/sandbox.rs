//! Documents in memory or in a file, as a cloud: the embedded default, for the demo, for trying things out, for tests.

mod shared;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde_json::Value;

pub use shared::SharedFile;

use super::secret::holds_secret;
use super::{CallError, CallErrorKind, Cloud, FingerprintKey, Listing, snapshot_file};
use crate::model::{
    Call, Locate, Parts, Place, Resource, ResourceKey, ResourceType, ResourceTypes, Sent, Snapshot, TypeName, Unread,
    fingerprints_in,
};
use crate::text::{Diagnostic, Source};

/// A small account of a serverless shop, with at least one violation of each built-in policy.
pub const DEMO: &str = include_str!("demo.jsonl");

/// An account of documents. A call changes them as the type's [`ResourceType::effect`] says; a read brings only the
/// parts that are asked for, as AWS's calls do.
pub struct Sandbox {
    place: Place,
    caller: String,
    regions: Vec<String>,
    types: ResourceTypes,
    world: Mutex<Snapshot>,
    store: Store,
    key: Option<FingerprintKey>,
}

/// Where the documents are kept.
enum Store {
    Memory,
    File(SharedFile),
    /// A snapshot is a record of what was: it is not changed.
    ReadOnly,
}

impl Sandbox {
    /// Documents that end with the process.
    pub fn memory(world: Snapshot, types: ResourceTypes) -> Self {
        Self::new(world, types, Store::Memory)
    }

    /// The documents of a snapshot file. Every call is written back to it, and what other processes write there is seen.
    pub fn file(world: Snapshot, types: ResourceTypes, file: SharedFile) -> Self {
        Self::new(world, types, Store::File(file))
    }

    /// The documents of a snapshot that is only read.
    pub fn read_only(world: Snapshot, types: ResourceTypes) -> Self {
        Self::new(world, types, Store::ReadOnly)
    }

    /// Says who calls.
    pub fn called_by(self, caller: String) -> Self {
        Self { caller, ..self }
    }

    /// Conceals the secrets that its documents hold, as AWS's readers do, with this key.
    pub fn concealing(self, key: Option<FingerprintKey>) -> Self {
        if let Some(key) = &key {
            keep_own(key, &self.world());
        }
        Self { key, ..self }
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
        let (regions, caller) = (header.regions.clone(), String::new());
        Self { place, caller, regions, types, world: Mutex::new(world), store, key: None }
    }

    /// The documents as they were read or written last.
    pub fn world(&self) -> MutexGuard<'_, Snapshot> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The documents as they are by now.
    fn newest(&self) -> Result<MutexGuard<'_, Snapshot>, String> {
        let mut world = self.world();
        if let Store::File(file) = &self.store {
            file.refresh(&mut world, |source| self.again(source))?;
        }
        Ok(world)
    }

    /// The documents that another process has written, if they can stand in place of those that were there.
    fn again(&self, source: &Source) -> Result<Snapshot, String> {
        let short = |told: Diagnostic| Diagnostic { excerpt: None, help: None, ..told }.to_string();
        let next = snapshot_file::parse(source, &self.types).map_err(short)?;
        let (header, place) = (&next.header, &self.place);
        if (&header.account, &header.partition) != (&place.account, &place.partition) {
            return Err(format!("{}: it was of account {}, and is of another by now", source.name, place.account));
        }
        match &self.key {
            Some(key) => keep_own(key, &next),
            None if next.resources().any(|resource| holds_secret(resource)) => {
                return Err(format!("{}: it holds a secret by now, and held none before; start again", source.name));
            }
            None => {}
        }
        Ok(next)
    }

    fn kind(&self, type_name: &str) -> Option<&'static dyn ResourceType> {
        self.types.find(&TypeName::from(type_name))
    }
}

/// A fingerprint that the documents have themselves is a value as any other.
fn keep_own(key: &FingerprintKey, world: &Snapshot) {
    let own = |resource: &Arc<Resource>| fingerprints_in(&resource.properties);
    world.resources().flat_map(own).for_each(|fingerprint| key.keep_as_it_is(&fingerprint));
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

    fn caller(&self) -> &str {
        &self.caller
    }

    fn regions(&self) -> &[String] {
        &self.regions
    }

    fn writable(&self) -> bool {
        !matches!(self.store, Store::ReadOnly)
    }

    async fn list(&self, type_name: &str, region: &str, within: Option<&str>, parts: &Parts) -> Listing {
        let Some(kind) = self.kind(type_name) else { return Listing::default() };
        let world = match self.newest() {
            Ok(world) => world,
            Err(reason) => {
                let (type_name, account, region) = (type_name.into(), self.place.account.clone(), region.to_owned());
                let resource = ResourceKey { type_name, account, region, id: String::new() };
                let unread = vec![Unread { resource, reason, passing: false }];
                return Listing { unread, ..Listing::default() };
            }
        };
        let whole = kind.belongs_to().and_then(|name| kind.relation(name));
        let of = |resource: &Resource, parent: &str| {
            let named = whole.map(|relation| (relation.locate)(resource));
            let named = matches!(named, Some(Locate::Ids(ids)) if ids.iter().any(|id| id == parent));
            named || kind.parent(&resource.id).as_deref() == Some(parent)
        };
        let here =
            |resource: &&Arc<Resource>| resource.region == region && within.is_none_or(|parent| of(resource, parent));
        let read = |resource: &Arc<Resource>| self.as_read(only_parts(kind, resource, parts));
        let resources = world.of_type(type_name).filter(here).map(read).collect();
        let missed =
            |unread: &&Unread| unread.resource.type_name.as_str() == type_name && unread.resource.region == region;
        let unread = world.header.unread.iter().filter(missed).cloned().collect();
        Listing { resources, unread, expired: None }
    }

    async fn read(&self, key: &ResourceKey, parts: &Parts) -> Result<Option<Resource>, CallError> {
        let Some(kind) = self.kind(key.type_name.as_str()) else { return Ok(None) };
        let failed = |message: String| CallError {
            kind: CallErrorKind::Invalid,
            service: "sandbox".into(),
            operation: "Read".into(),
            message,
            request_id: None,
        };
        Ok(self.newest().map_err(failed)?.get(key).map(|resource| self.as_read(only_parts(kind, resource, parts))))
    }

    fn as_read(&self, planned: Resource) -> Resource {
        match &self.key {
            Some(key) => key.conceal_document(planned),
            None => planned,
        }
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
        // Held until the file is written: no other process writes in between what is not seen here.
        let _lock = match &self.store {
            Store::File(file) => Some(file.lock().map_err(failed)?),
            Store::Memory | Store::ReadOnly => None,
        };
        let mut world = self.newest().map_err(failed)?;
        let mut next = world.clone();
        let revealed = match &self.key {
            Some(key) => Call { input: key.reveal(&call.input).map_err(failed)?, ..call.clone() },
            None => call.clone(),
        };
        let quiet = |message: String| self.key.as_ref().map_or_else(|| message.clone(), |key| key.quiet(&message));
        let sent = kind.effect(&place, &revealed, &mut next).map_err(|message| failed(quiet(message)))?;
        if let Store::File(file) = &self.store {
            file.write(&next).map_err(failed)?;
        }
        *world = next;
        Ok(sent)
    }
}
