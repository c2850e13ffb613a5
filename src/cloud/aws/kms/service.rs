//! What a service asks for before it encrypts with a key: the sandbox's half of it, for the services that use keys.

use serde_json::Value;

use super::Key;
use super::key_effect::key_id;
use crate::model::{Place, ResourceType, Snapshot};

/// Whether a key is switched on and lets a service in (`logs.eu-west-1.amazonaws.com`) by its policy. None where that cannot be
/// known: the key is not among the documents, as one of another account, or its policy was not read.
pub fn serves(place: &Place, world: &Snapshot, key: &str, service: &str) -> Option<bool> {
    let found = world.get(&Key.key(place, key_id(key)))?;
    if found.property("/Enabled") == Some(&Value::Bool(false)) {
        return Some(false);
    }
    let statements = found.property("/KeyPolicy/Statement")?.as_array()?;
    Some(statements.iter().any(|statement| {
        let named = statement.get("Principal").and_then(|principal| principal.get("Service"));
        let named = match named {
            Some(Value::Array(services)) => services.iter().any(|name| name.as_str() == Some(service)),
            Some(name) => name.as_str() == Some(service),
            None => false,
        };
        named && statement.get("Effect").and_then(Value::as_str) == Some("Allow")
    }))
}
