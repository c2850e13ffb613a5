//! A cloud as far as some of its Regions go.

use async_trait::async_trait;

use super::{CallError, Cloud, Listing};
use crate::model::{Call, Parts, Place, Resource, ResourceKey, Sent};

/// A cloud of which only these Regions are read.
pub struct Within<'a> {
    /// The cloud.
    pub cloud: &'a dyn Cloud,
    /// The Regions.
    pub regions: Vec<String>,
}

#[async_trait]
impl Cloud for Within<'_> {
    fn place(&self) -> &Place {
        self.cloud.place()
    }

    fn caller(&self) -> &str {
        self.cloud.caller()
    }

    fn regions(&self) -> &[String] {
        &self.regions
    }

    fn writable(&self) -> bool {
        self.cloud.writable()
    }

    async fn list(&self, type_name: &str, region: &str, within: Option<&str>, parts: &Parts) -> Listing {
        self.cloud.list(type_name, region, within, parts).await
    }

    async fn read(&self, key: &ResourceKey, parts: &Parts) -> Result<Option<Resource>, CallError> {
        self.cloud.read(key, parts).await
    }

    fn as_read(&self, planned: Resource) -> Resource {
        self.cloud.as_read(planned)
    }

    async fn send(&self, type_name: &str, region: &str, call: &Call) -> Result<Sent, CallError> {
        self.cloud.send(type_name, region, call).await
    }
}
