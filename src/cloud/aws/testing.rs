//! What the unit tests of resource types share.

use serde_json::Value;

use crate::model::{Call, Header, Impossible, Place, Resource, ResourceKey, ResourceType, Snapshot};

pub const ACCOUNT: &str = "111122223333";
pub const REGION: &str = "eu-west-1";

pub fn place() -> Place {
    Place { partition: "aws".into(), account: ACCOUNT.into(), region: REGION.into() }
}

pub fn document(kind: &dyn ResourceType, id: &str, arn: &str, properties: Value, facts: Value) -> Resource {
    let key = ResourceKey {
        type_name: kind.name().into(),
        account: ACCOUNT.into(),
        region: REGION.into(),
        id: id.to_owned(),
    };
    let object = |value: Value| value.as_object().cloned().unwrap_or_default();
    Resource::new(key, arn, object(properties), object(facts))
}

pub fn world(resources: impl IntoIterator<Item = Resource>) -> Snapshot {
    let mut world = Snapshot::new(Header {
        rectify_snapshot: 1,
        account: ACCOUNT.into(),
        partition: "aws".into(),
        regions: vec![REGION.into()],
        taken_at: "2026-11-22T10:00:00Z".into(),
        unread: vec![],
    });
    for resource in resources {
        world.insert(resource);
    }
    world
}

/// Sends the calls to the sandbox's half of the type, with the values that are known only then; gives back what
/// stands at the end where `key` says.
pub fn run(
    kind: &dyn ResourceType,
    calls: &[Call],
    key: Option<&ResourceKey>,
    world: &mut Snapshot,
) -> Result<Option<Resource>, String> {
    let mut created: Option<String> = None;
    for call in calls {
        let mut call = call.clone();
        let id = created.clone().unwrap_or_default();
        let facts = key.and_then(|key| world.get(key)).map(|found| found.facts.clone());
        if let Some(input) = call.input.as_object_mut() {
            input.retain(|_, value| match value.as_str().and_then(|text| text.strip_prefix("${rectify:current.")) {
                Some(fact) => {
                    let fact = facts.as_ref().and_then(|facts| facts.get(fact.trim_end_matches('}')));
                    fact.is_some_and(|fact| {
                        *value = fact.clone();
                        true
                    })
                }
                None => true,
            });
            for value in input.values_mut().filter(|value| value.as_str() == Some("${rectify:created.id}")) {
                *value = Value::String(id.clone());
            }
        }
        let sent = kind.effect(&place(), &call, world)?;
        created = created.or(sent.id);
    }
    let key = key.cloned().unwrap_or_else(|| ResourceKey {
        type_name: kind.name().into(),
        account: ACCOUNT.into(),
        region: REGION.into(),
        id: created.unwrap_or_default(),
    });
    Ok(world.get(&key).map(|found| Resource::clone(found)))
}

/// The calls of every difference lead from one document to the other, and there are none where nothing differs.
pub fn leads(kind: &dyn ResourceType, before: &Resource, after: &Resource) -> Result<Vec<Call>, Impossible> {
    assert_eq!(kind.calls(Some(before), Some(before)), Ok(vec![]));
    let calls = kind.calls(Some(before), Some(after))?;
    let mut world = world([before.clone()]);
    let end = run(kind, &calls, Some(&before.key()), &mut world);
    assert_eq!(end.map(|end| end.map(|end| end.properties)), Ok(Some(after.properties.clone())));
    Ok(calls)
}
