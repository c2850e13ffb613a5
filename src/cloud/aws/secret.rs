//! A value that may be a secret never gets into a document: a keyed fingerprint stands in its place.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::secret_format::secret_format;

/// The key of fingerprints. Two fingerprints can be compared only under the same key, and without the key a fingerprint
/// does not let anyone try out values.
#[derive(Clone)]
pub struct FingerprintKey([u8; 32]);

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FingerprintKey({})", self.name())
    }
}

impl FingerprintKey {
    /// A key from 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A name that tells keys apart and does not give the key away: eight hexadecimal digits.
    pub fn name(&self) -> String {
        hex(&Sha256::digest([b"rectify fingerprint key ".as_slice(), &self.0].concat()), 4)
    }

    /// What stands in a document for a value: `hmac-sha256:` and 16 hexadecimal digits.
    pub fn fingerprint(&self, value: &str) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return "hmac-sha256:".into() };
        mac.update(value.as_bytes());
        format!("hmac-sha256:{}", hex(&mac.finalize().into_bytes(), 8))
    }

    /// Environment or stage variables with fingerprints in place of their values, and for each what policies may know
    /// of it: `Length` in bytes, and `SecretFormat` where it looks like a secret.
    pub fn conceal<'a>(
        &self,
        variables: impl IntoIterator<Item = (&'a String, &'a String)>,
    ) -> (Map<String, Value>, Map<String, Value>) {
        let (mut concealed, mut facts) = (Map::new(), Map::new());
        for (name, value) in variables {
            concealed.insert(name.clone(), self.fingerprint(value).into());
            let mut fact = Map::from_iter([("Length".to_owned(), Value::from(value.len()))]);
            if let Some(format) = secret_format(name, value) {
                fact.insert("SecretFormat".to_owned(), format.into());
            }
            facts.insert(name.clone(), Value::Object(fact));
        }
        (concealed, facts)
    }
}

fn hex(bytes: &[u8], count: usize) -> String {
    bytes.iter().take(count).map(|byte| format!("{byte:02x}")).collect()
}
