//! Whether a change took: the document is what was planned, and the policies say so too.

use std::collections::BTreeSet;

use serde_json::Value;

use super::late::Late;
use crate::cloud::Cloud;
use crate::engine::{Assessor, Purpose, Reading, differences, inside};
use crate::model::{Change, Finding, Locate, Resource, ResourceKey, ResourceTypes, Scope, Snapshot};

/// What differs from the plan; empty where the document is what was planned. What the change took away has to be gone,
/// and what it did not touch is compared too.
pub(super) fn differs(before: Option<&Resource>, planned: Option<&Resource>, actual: Option<&Resource>) -> Vec<String> {
    let shown = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
    match (planned, actual) {
        (None, None) => Vec::new(),
        (None, Some(_)) => vec!["it is still there".into()],
        (Some(_), None) => vec!["it is not there".into()],
        (Some(planned), Some(actual)) => {
            let mut told: Vec<String> = inside(&planned.properties, &actual.properties)
                .into_iter()
                .map(|d| format!("{} is {}, planned was {}", d.path, shown(d.after.as_ref()), shown(d.before.as_ref())))
                .collect();
            let empty = Value::Object(serde_json::Map::new());
            let old = before.map_or(&empty, |before| &before.properties);
            for gone in differences(old, &planned.properties).into_iter().filter(|d| d.after.is_none()) {
                // An element of a list has no place of its own: the list's length has told of it.
                let in_list = gone.path.rsplit('/').next().is_some_and(|last| last.parse::<usize>().is_ok());
                let still = actual.property(&gone.path);
                if !in_list && still.is_some() {
                    told.push(format!("{} is {}, and should be gone", gone.path, shown(still)));
                }
            }
            told
        }
    }
}

/// Reads the resources of findings again with their neighbours, and tells which of the findings are still there.
pub(super) async fn still_found(
    cloud: &dyn Cloud,
    assessor: &Assessor<'_>,
    findings: &[&Finding],
    late: &Late,
) -> Result<Vec<String>, String> {
    let reading = Reading::of(assessor.bundle, assessor.types, Purpose::Scan);
    let mut told = Vec::new();
    for finding in findings {
        let Some(policy) = assessor.bundle.policies.find(finding.policy.as_str()) else {
            told.push(format!("policy {} is not in the bundle any more, and could not be asked again", finding.policy));
            continue;
        };
        let mut snapshot = empty(cloud);
        let key = ResourceKey { id: late.text(&finding.resource.id), ..finding.resource.clone() };
        let read = cloud.read(&key, &reading.parts(&key.type_name)).await.map_err(|error| error.to_string())?;
        let Some(resource) = read else { continue };
        neighbours(cloud, assessor.types, &reading, &resource, &policy.metadata.custom.related, &mut snapshot).await?;
        snapshot.insert(resource);
        let again = assessor.assess(&snapshot, Some(&BTreeSet::from([key])));
        let errors = again.errors.iter().filter(|error| error.policy == finding.policy);
        told.extend(errors.map(|error| format!("policy {} could not be asked again: {}", error.policy, error.message)));
        let same = again.findings.iter().filter(|found| found.id == finding.id);
        told.extend(same.map(|found| format!("policy {} still finds: {}", found.policy, found.message)));
    }
    told.sort();
    told.dedup();
    Ok(told)
}

fn empty(cloud: &dyn Cloud) -> Snapshot {
    let place = cloud.place();
    Snapshot::new(crate::model::Header {
        rectify_snapshot: crate::model::SNAPSHOT_FORMAT,
        account: place.account.clone(),
        partition: place.partition.clone(),
        regions: cloud.regions().to_vec(),
        taken_at: String::new(),
        unread: Vec::new(),
    })
}

async fn neighbours(
    cloud: &dyn Cloud,
    types: &ResourceTypes,
    reading: &Reading,
    resource: &Resource,
    related: &[String],
    snapshot: &mut Snapshot,
) -> Result<(), String> {
    let Some(kind) = types.find(&resource.type_name) else { return Ok(()) };
    for relation in related.iter().filter_map(|name| kind.relation(name)) {
        let of = relation.of.into();
        let parts = reading.parts(&of);
        let global = types.find(&of).is_some_and(|kind| kind.scope() == Scope::Global);
        let region = if global { String::new() } else { resource.region.clone() };
        match (relation.locate)(resource) {
            Locate::Ids(ids) => {
                for id in ids {
                    let key = ResourceKey {
                        type_name: of.clone(),
                        account: resource.account.clone(),
                        region: region.clone(),
                        id,
                    };
                    if let Some(found) = cloud.read(&key, &parts).await.map_err(|error| error.to_string())? {
                        snapshot.insert(found);
                    }
                }
            }
            Locate::Children => {
                let listing = cloud.list(relation.of, &region, Some(&resource.id), &parts).await;
                snapshot.header.unread.extend(listing.unread);
                listing.resources.into_iter().for_each(|found| snapshot.insert(found));
            }
        }
    }
    Ok(())
}

/// The findings of a plan that a change is the last to fix, given which changes are already verified.
pub(super) fn last_of<'a>(
    findings: &'a [Finding],
    change: &Change,
    changes: &[Change],
    verified: impl Fn(&Change) -> bool,
) -> Vec<&'a Finding> {
    let done = |finding: &&Finding| {
        let mut others = changes.iter().filter(|other| other.id != change.id && other.fixes.contains(&finding.id));
        change.fixes.contains(&finding.id) && others.all(&verified)
    };
    findings.iter().filter(done).collect()
}
