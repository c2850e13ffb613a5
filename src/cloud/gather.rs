//! Reads an account into a snapshot.

use futures::future::join_all;
use tracing::{debug, warn};

use super::{Cloud, Listing};
use crate::engine::Reading;
use crate::model::{Header, Resource, ResourceTypes, SNAPSHOT_FORMAT, Scope, Snapshot, Unread};

/// Reads every type of a reading in every Region, at the same time. `done` is told of each type that has been read, with
/// how many documents it gave.
pub async fn gather(
    cloud: &dyn Cloud,
    types: &ResourceTypes,
    reading: &Reading,
    taken_at: String,
    done: &(dyn Fn(&str, usize) + Send + Sync),
) -> Snapshot {
    let place = cloud.place();
    let mut snapshot = Snapshot::new(Header {
        rectify_snapshot: SNAPSHOT_FORMAT,
        account: place.account.clone(),
        partition: place.partition.clone(),
        regions: cloud.regions().to_vec(),
        taken_at,
        unread: Vec::new(),
    });
    let mut lists = Vec::new();
    for (type_name, parts) in &reading.0 {
        let Some(kind) = types.find(type_name) else { continue };
        let regions = match kind.scope() {
            Scope::Global => vec![String::new()],
            Scope::Regional => cloud.regions().to_vec(),
        };
        for region in regions {
            lists.push(async move {
                let listing = cloud.list(kind.name(), &region, None, parts).await;
                done(kind.name(), listing.resources.len());
                debug!(kind = kind.name(), region, read = listing.resources.len(), "listed");
                for unread in &listing.unread {
                    warn!(resource = %unread.resource, reason = unread.reason, "unread");
                }
                listing
            });
        }
    }
    for Listing { resources, unread, .. } in join_all(lists).await {
        snapshot.header.unread.extend(unread);
        for resource in resources {
            match reserved(&resource) {
                Some(unread) => snapshot.header.unread.push(unread),
                None => snapshot.insert(resource),
            }
        }
    }
    snapshot.header.unread.sort();
    snapshot
}

/// Refuses a document with a text that looks like a value known after apply: it would be taken for one.
pub(super) fn reserved(resource: &Resource) -> Option<Unread> {
    let holds = serde_json::to_string(resource).is_ok_and(|text| text.contains("${rectify:"));
    let reason = "it holds the text `${rectify:`, which rectify keeps for itself";
    holds.then(|| Unread { resource: resource.key(), reason: reason.to_owned(), passing: false })
}
