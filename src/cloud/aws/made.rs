//! Ids that a service would make. The sandbox makes them from what it knows, so that a plan tried out twice is the same
//! twice.

use sha2::{Digest, Sha256};

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
