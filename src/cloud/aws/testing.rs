//! What the unit tests of resource types share.

use serde_json::{Value, json};

use crate::model::{
    Call, ChangeKind, Header, Impossible, Place, Resource, ResourceKey, ResourceType, SNAPSHOT_FORMAT, Scope, Snapshot,
};

/// Where calls go.
pub fn place() -> Place {
    Place { partition: "aws".into(), account: "111122223333".into(), region: "eu-west-1".into() }
}

/// A document in the account that [`world`] makes.
pub fn resource(kind: &dyn ResourceType, id: &str, properties: Value, facts: Value) -> Resource {
    document(kind, id, &format!("arn:{id}"), properties, facts)
}

/// A document with an ARN that counts.
pub fn document(kind: &dyn ResourceType, id: &str, arn: &str, properties: Value, facts: Value) -> Resource {
    let (Value::Object(properties), Value::Object(facts)) = (properties, facts) else { panic!("objects") };
    Resource::new(kind.key(&place(), id), arn, properties, facts)
}

/// An account with these documents.
pub fn world(resources: impl IntoIterator<Item = Resource>) -> Snapshot {
    let mut world = Snapshot::new(Header {
        rectify_snapshot: SNAPSHOT_FORMAT,
        account: place().account,
        partition: place().partition,
        regions: vec![place().region],
        taken_at: "2026-11-22T10:00:00Z".into(),
        unread: vec![],
    });
    for resource in resources {
        world.insert(resource);
    }
    world
}

/// Operation and input of each call.
pub fn shown(calls: &[Call]) -> Value {
    calls.iter().map(|call| json!([call.operation, call.input])).collect()
}

/// Sends the calls to the sandbox's half of the type, with the values that are known only then; gives back what
/// stands at the end where `key` says.
pub fn run(
    kind: &dyn ResourceType,
    calls: &[Call],
    key: Option<&ResourceKey>,
    world: &mut Snapshot,
) -> Result<Option<Resource>, String> {
    let place = Place {
        region: match kind.scope() {
            Scope::Global => String::new(),
            Scope::Regional => place().region,
        },
        ..place()
    };
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
        let sent = kind.effect(&place, &call, world)?;
        created = created.or(sent.id);
    }
    let key = key.cloned().unwrap_or_else(|| kind.key(&place, &created.unwrap_or_default()));
    Ok(world.get(&key).map(|found| Resource::clone(found)))
}

/// The calls of every difference lead from one document to the other, and there are none where nothing differs.
pub fn leads(kind: &dyn ResourceType, before: &Resource, after: &Resource) -> Result<Vec<Call>, Impossible> {
    assert_eq!(kind.calls(Some(before), Some(before)), Ok(vec![]));
    let calls = kind.calls(Some(before), Some(after))?;
    let names = [before, after].into_iter().filter_map(|document| document.properties.as_object()).flatten();
    let differ = names.map(|(name, _)| name.clone()).filter(|name| {
        let pointer = format!("/{name}");
        before.property(&pointer) != after.property(&pointer)
    });
    let differ = differ.map(|name| (name, None)).collect();
    let said: Vec<&str> = kind.rights_to(ChangeKind::Update, &differ).map(|right| right.action).collect();
    let unsaid = calls.iter().flat_map(|call| &call.permissions).find(|taken| !said.contains(&taken.as_str()));
    assert_eq!(unsaid, None, "`writes` does not say so");
    let end = run(kind, &calls, Some(&before.key()), &mut world([before.clone()]));
    assert_eq!(end.map(|end| end.map(|end| end.properties)), Ok(Some(after.properties.clone())));
    Ok(calls)
}

/// The document after the calls between the two.
pub fn carried(kind: &dyn ResourceType, before: &Resource, after: &Resource) -> Resource {
    let calls = leads(kind, before, after).unwrap();
    run(kind, &calls, Some(&before.key()), &mut world([before.clone()])).unwrap().unwrap()
}

/// The calls between the two documents lead from each to the other.
pub fn round_trip(kind: &dyn ResourceType, before: &Resource, properties: Value) {
    let forth = carried(kind, before, &before.with_properties(properties));
    leads(kind, &forth, before).unwrap();
}
