//! Digests of documents and plans.

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::model::{Hash, Plan, Resource};

/// The SHA-256 of bytes.
pub fn sha256(bytes: &[u8]) -> Hash {
    Hash(format!("sha256:{}", hex(&Sha256::digest(bytes))))
}

/// The SHA-256 of a value's JSON with sorted members.
pub fn digest_of<T: Serialize>(value: &T) -> Hash {
    // A value tree sorts its members; what cannot be told as JSON has no content.
    let value = serde_json::to_value(value).unwrap_or(Value::Null);
    sha256(value.to_string().as_bytes())
}

/// Eight hexadecimal digits of a value's digest: short enough to be typed.
pub(super) fn short<T: Serialize>(value: &T) -> String {
    digest_of(value).0.chars().skip("sha256:".len()).take(8).collect()
}

/// Over what a change may rest on: type, id and properties, not facts, which move by themselves.
pub fn document_hash(resource: &Resource) -> Hash {
    digest_of(&(&resource.type_name, &resource.id, &resource.properties))
}

/// Writes a plan's digest into it.
pub fn seal(mut plan: Plan) -> Plan {
    plan.digest = content(&plan);
    plan
}

/// Whether a plan is as it was sealed.
pub fn verify_seal(plan: &Plan) -> bool {
    plan.digest == content(plan)
}

fn content(plan: &Plan) -> Hash {
    let mut value = serde_json::to_value(plan).unwrap_or(Value::Null);
    if let Some(members) = value.as_object_mut() {
        members.remove("digest");
    }
    sha256(value.to_string().as_bytes())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
