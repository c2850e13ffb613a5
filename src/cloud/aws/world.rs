//! The sandbox's half of a call: a document of its world is changed as the service would change the resource, and what
//! the service would make up is made from what is known, so that a plan tried out twice is the same twice.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::model::{ResourceKey, Sent, Snapshot};

/// Changes the properties and facts of a document, or answers with the service's message that there is none.
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

/// Whether a Region's resources of a type are known, and this one is not among them.
pub fn is_missing(world: &Snapshot, key: &ResourceKey) -> bool {
    world.get(key).is_none() && world.of_type(key.type_name.as_str()).any(|other| other.region == key.region)
}

/// An id in the form of a UUID, the same for the same parts.
pub fn made_id(parts: &[&str]) -> String {
    let hex = made_hex(parts);
    let group = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    [group(0, 8), group(8, 12), group(12, 16), group(16, 20), group(20, 32)].join("-")
}

/// 32 hexadecimal digits, the same for the same parts.
pub fn made_hex(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
