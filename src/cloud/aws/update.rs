//! What the types share whose resources rectify changes and neither creates nor deletes.

use aws_sdk_iam::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde_json::{Map, Value};

use super::error::call_error;
use crate::cloud::{CallError, CallErrorKind};
use crate::model::{Call, Impossible, Resource, ResourceKey, Sent, Snapshot};

/// Both documents of an update; nothing where there is neither, and impossible where there is one.
pub fn both<'a>(
    before: Option<&'a Resource>,
    after: Option<&'a Resource>,
) -> Result<Option<(&'a Resource, &'a Resource)>, Impossible> {
    match (before, after) {
        (Some(before), Some(after)) => Ok(Some((before, after))),
        (None, None) => Ok(None),
        (None, Some(after)) => Err(Impossible(format!("rectify does not create an {}", after.type_name))),
        (Some(before), None) => Err(Impossible(format!("rectify does not delete an {}", before.type_name))),
    }
}

/// Changes a document of the simulated account, or answers with the service's message that there is none.
pub fn edit(
    world: &mut Snapshot,
    key: &ResourceKey,
    missing: &str,
    change: impl FnOnce(&mut Map<String, Value>, &mut Map<String, Value>) -> Result<(), String>,
) -> Result<Sent, String> {
    let found = world.get(key).ok_or_else(|| missing.to_owned())?;
    let object = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let (mut properties, mut facts) = (object(&found.properties), object(&found.facts));
    change(&mut properties, &mut facts)?;
    let mut edited = found.with_properties(Value::Object(properties));
    edited.facts = Value::Object(facts);
    world.insert(edited);
    Ok(Sent::default())
}

/// What a call that gives nothing back gave back: the request's id, or the error.
pub fn sent<O, E>(call: &Call, result: Result<O, SdkError<E, HttpResponse>>) -> Result<Sent, CallError>
where
    O: RequestId,
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match result {
        Ok(output) => Ok(Sent { request_id: output.request_id().map(str::to_owned), ..Sent::default() }),
        Err(error) => Err(call_error(&call.service, &call.operation, error)),
    }
}

/// What was read, or nothing where there is no such thing.
pub fn found<T>(result: Result<T, CallError>) -> Result<Option<T>, CallError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind == CallErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A time as RFC 3339.
pub fn time(time: Option<&DateTime>) -> Option<String> {
    time?.fmt(Format::DateTime).ok()
}

/// A number; a whole one is an integer, as documents and playbooks write it.
pub fn number(number: f64) -> Value {
    // A float without a fraction is written without one.
    number.to_string().parse::<i64>().map_or_else(|_| number.into(), Value::from)
}

/// Applies the calls between two documents to an account that has the first, for tests.
#[cfg(test)]
pub mod testing {
    use serde_json::json;

    use super::*;
    use crate::model::{Header, Place, ResourceType, SNAPSHOT_FORMAT};

    /// A document in the account that [`world`] makes.
    pub fn resource(kind: &dyn ResourceType, id: &str, properties: Value, facts: Value) -> Resource {
        let place = place();
        let region = match kind.scope() {
            crate::model::Scope::Global => String::new(),
            crate::model::Scope::Regional => place.region,
        };
        let key = ResourceKey { type_name: kind.name().into(), account: place.account, region, id: id.to_owned() };
        let (Value::Object(properties), Value::Object(facts)) = (properties, facts) else { panic!("objects") };
        Resource::new(key, format!("arn:{id}"), properties, facts)
    }

    /// Where calls go.
    pub fn place() -> Place {
        Place { partition: "aws".into(), account: "111122223333".into(), region: "eu-west-1".into() }
    }

    /// An account with these documents.
    pub fn world(resources: &[Resource]) -> Snapshot {
        let header = Header {
            rectify_snapshot: SNAPSHOT_FORMAT,
            account: place().account,
            partition: place().partition,
            regions: vec![place().region],
            taken_at: "2026-01-01T00:00:00Z".into(),
            unread: vec![],
        };
        let mut world = Snapshot::new(header);
        for resource in resources {
            world.insert(resource.clone());
        }
        world
    }

    /// Operation and input of each call.
    pub fn shown(calls: &[Call]) -> Value {
        calls.iter().map(|call| json!([call.operation, call.input])).collect()
    }

    /// The document after the calls between the two.
    pub fn carried(kind: &dyn ResourceType, before: &Resource, after: &Resource) -> Resource {
        let mut world = world(std::slice::from_ref(before));
        for call in kind.calls(Some(before), Some(after)).unwrap() {
            kind.effect(&place(), &call, &mut world).unwrap();
        }
        Resource::clone(world.get(&before.key()).unwrap())
    }

    /// Checks that the calls between the two documents lead from each to the other.
    pub fn round_trip(kind: &dyn ResourceType, before: &Resource, properties: Value) {
        let after = before.with_properties(properties);
        let forth = carried(kind, before, &after);
        assert_eq!(forth.properties, after.properties);
        assert_eq!(carried(kind, &forth, before).properties, before.properties);
        assert_eq!(kind.calls(Some(before), Some(before)), Ok(vec![]));
    }
}
