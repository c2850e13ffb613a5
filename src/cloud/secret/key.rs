//! A value that may be a secret never gets into a document: a keyed fingerprint stands in its place.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::find::secrets;
use super::format::secret_format;
use super::memory::Memory;
use crate::cloud::CallError;
use crate::model::{FINGERPRINT, fingerprints};

/// The key of fingerprints, and the values that it has replaced in this process. Two fingerprints can be compared only under the
/// same key, and without the key a fingerprint does not let anyone try out values.
#[derive(Clone)]
pub struct FingerprintKey {
    key: [u8; 32],
    memory: Arc<Mutex<Memory>>,
}

/// A shorter value is not looked for in messages: it may be any word.
const SHORTEST_SAID: usize = 8;

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FingerprintKey({})", self.name())
    }
}

impl FingerprintKey {
    /// A key from 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self { key: bytes, memory: Arc::default() }
    }

    /// A name that tells keys apart and does not give the key away: eight hexadecimal digits.
    pub fn name(&self) -> String {
        hex(&Sha256::digest([b"rectify fingerprint key ".as_slice(), &self.key].concat()), 4)
    }

    /// What stands in a document for a value: `hmac-sha256:` and 16 hexadecimal digits.
    pub fn fingerprint(&self, value: &str) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else { return FINGERPRINT.into() };
        mac.update(value.as_bytes());
        format!("{FINGERPRINT}{}", hex(&mac.finalize().into_bytes(), 8))
    }

    /// The same, and the value can be sent back in this process.
    pub(super) fn replace(&self, value: &str) -> String {
        let fingerprint = self.fingerprint(value);
        self.memory().keep(&fingerprint, value);
        fingerprint
    }

    /// From now on the fingerprint stands for itself.
    pub fn keep_as_it_is(&self, fingerprint: &str) {
        self.memory().keep(fingerprint, fingerprint);
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Environment or stage variables with fingerprints in place of their values, and for each what policies may know
    /// of it: `Length` in bytes, and `SecretFormat` where it looks like a secret.
    pub fn conceal<'a>(
        &self,
        variables: impl IntoIterator<Item = (&'a String, &'a String)>,
    ) -> (Map<String, Value>, Map<String, Value>) {
        let (mut concealed, mut facts) = (Map::new(), Map::new());
        for (name, value) in variables {
            concealed.insert(name.clone(), self.replace(value).into());
            facts.insert(name.clone(), what_is_known(name, value));
        }
        (concealed, facts)
    }

    /// A text that goes by a name, with fingerprints in place of the secrets in it; none where it has none.
    pub fn conceal_text(&self, name: &str, text: &str) -> Option<String> {
        let found = secrets(name, text);
        (!found.is_empty()).then(|| replaced(text, &found, |secret| self.replace(secret)))
    }

    /// What a service says, without the secrets that it repeats.
    pub fn quiet(&self, message: &str) -> String {
        let mut found = secrets("", message);
        for (fingerprint, value) in self.memory().all() {
            // A fingerprint that stands for itself may be said.
            if value.len() >= SHORTEST_SAID && value != fingerprint {
                found.extend(message.match_indices(value).map(|(start, value)| start..start + value.len()));
            }
        }
        replaced(message, &joined(found), |secret| self.fingerprint(secret))
    }

    /// An error without the secrets that the service repeats in its message.
    pub fn quiet_error(&self, error: CallError) -> CallError {
        CallError { message: self.quiet(&error.message), ..error }
    }

    /// The value with what its fingerprints stand for. One that is not known is the error: a fingerprint is never written into an
    /// account.
    pub fn reveal(&self, value: &Value) -> Result<Value, String> {
        Ok(match value {
            Value::String(text) => Value::String(self.reveal_text(text)?),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.reveal(item)).collect::<Result<_, _>>()?),
            Value::Object(members) => {
                let revealed = |(name, member): (&String, &Value)| Ok((name.clone(), self.reveal(member)?));
                Value::Object(members.iter().map(revealed).collect::<Result<_, String>>()?)
            }
            other => other.clone(),
        })
    }

    fn reveal_text(&self, text: &str) -> Result<String, String> {
        let found = fingerprints(text);
        if found.is_empty() {
            return Ok(text.to_owned());
        }
        // In a document within the text a value is written as JSON writes it.
        if text.starts_with(['{', '['])
            && let Ok(document) = serde_json::from_str::<Value>(text)
        {
            return Ok(self.reveal(&document)?.to_string());
        }
        let memory = self.memory();
        let (mut revealed, mut end) = (String::with_capacity(text.len()), 0);
        for range in found {
            revealed.push_str(text.get(end..range.start).unwrap_or_default());
            let fingerprint = text.get(range.clone()).unwrap_or_default();
            let value = memory.value(fingerprint).ok_or_else(|| {
                format!(
                    "{fingerprint} stands for a secret that is not in the resource any more, and rectify keeps none: nothing was sent; write the value by hand"
                )
            })?;
            revealed.push_str(value);
            end = range.end;
        }
        revealed.push_str(text.get(end..).unwrap_or_default());
        Ok(revealed)
    }
}

/// What policies may know of a variable's value.
pub fn what_is_known(name: &str, value: &str) -> Value {
    let mut fact = Map::from_iter([("Length".to_owned(), Value::from(value.len()))]);
    if let Some(format) = secret_format(name, value) {
        fact.insert("SecretFormat".to_owned(), format.into());
    }
    Value::Object(fact)
}

/// In order, and what overlaps as one: a value may stand within another, and no part of the other is to stay.
fn joined(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| range.start);
    let mut joined: Vec<Range<usize>> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

/// The text with something else in these places, which are in order and apart.
fn replaced(text: &str, places: &[Range<usize>], with: impl Fn(&str) -> String) -> String {
    let (mut replaced, mut end) = (String::with_capacity(text.len()), 0);
    for place in places {
        replaced.push_str(text.get(end..place.start).unwrap_or_default());
        replaced.push_str(&with(text.get(place.clone()).unwrap_or_default()));
        end = place.end;
    }
    replaced + text.get(end..).unwrap_or_default()
}

fn hex(bytes: &[u8], count: usize) -> String {
    bytes.iter().take(count).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn token() -> String {
        ["ghp_", "Zq7Lk2Vt9Xw4Rb6Nc1Md8Hf3Jg5Ps0Ty2Ua4"].concat()
    }

    #[test]
    fn what_was_concealed_comes_back_in_texts_and_in_documents_within_texts() {
        let key = FingerprintKey::new([1; 32]);
        let text = format!("a \"{}\" b", token());
        let concealed = key.conceal_text("Description", &text).unwrap();
        assert_eq!(concealed, format!("a \"{}\" b", key.fingerprint(&token())));
        assert_eq!(key.reveal(&json!({"D": [concealed]})), Ok(json!({"D": [text]})));

        let pem = ["-----BEGIN RSA ", "PRIVATE KEY-----\nMIIE\"\\\n-----END RSA ", "PRIVATE KEY-----"].concat();
        let policy = json!({"Statement": [{"Sid": key.conceal_text("Sid", &pem).unwrap()}]}).to_string();
        let revealed = key.reveal(&json!(policy)).unwrap();
        assert_eq!(
            serde_json::from_str::<Value>(revealed.as_str().unwrap()).unwrap(),
            json!({"Statement": [{"Sid": pem}]})
        );
    }

    #[test]
    fn a_fingerprint_that_stands_for_nothing_known_is_never_sent() {
        let key = FingerprintKey::new([1; 32]);
        let unknown = FingerprintKey::new([2; 32]).fingerprint("x");
        let told = key.reveal(&json!({"A": [{"B": format!("x{unknown}")}]})).unwrap_err();
        assert!(told.starts_with(&format!("{unknown} stands for a secret")), "{told}");
        assert_eq!(key.reveal(&json!("hmac-sha256:1")), Ok(json!("hmac-sha256:1")));
    }

    #[test]
    fn what_a_service_repeats_is_not_said() {
        let key = FingerprintKey::new([1; 32]);
        let (name, value, short) = ("A".to_owned(), "just a value".to_owned(), "no".to_owned());
        key.conceal([(&name, &value), (&name, &short)]);
        let said = key.quiet(&format!("no: 'just a value' and {} are invalid", token()));
        let (value, token) = (key.fingerprint(&value), key.fingerprint(&token()));
        assert_eq!(said, format!("no: '{value}' and {token} are invalid"));
    }

    #[test]
    fn of_a_value_that_others_stand_in_nothing_is_said() {
        // Which of two fingerprints comes first is different under each key.
        for number in 0..16 {
            let key = FingerprintKey::new([number; 32]);
            let (begins, within, ends) = ("production".to_owned(), "Xy9-kept".to_owned(), "eu-west-1".to_owned());
            let all = [&begins, &within, &ends].map(String::as_str).join(":");
            let holds_token = format!("production/{}/of-us", token());
            let values = [&begins, &within, &ends, &all, &holds_token];
            key.conceal(values.map(|value| (value, value)));
            for value in values {
                let said = key.quiet(&format!("'{value}' and {value}, not production"));
                let (value, alone) = (key.fingerprint(value), key.fingerprint("production"));
                assert_eq!(said, format!("'{value}' and {value}, not {alone}"));
            }
            // Nor of two that overlap.
            key.conceal([(&all, &format!("{ends}/and-more"))]);
            let both = format!("{all}/and-more");
            assert_eq!(key.quiet(&format!("'{both}'")), format!("'{}'", key.fingerprint(&both)));
        }
    }
}
