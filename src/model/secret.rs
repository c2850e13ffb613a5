//! What stands in a document for a secret: a fingerprint, from which nobody learns the value.

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::Value;

use super::{Call, Resource};

/// How a fingerprint begins.
pub const FINGERPRINT: &str = "hmac-sha256:";

/// How many hexadecimal digits follow.
const DIGITS: usize = 16;

/// Where fingerprints stand in a text, in order.
pub fn fingerprints(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (start, _) in text.match_indices(FINGERPRINT) {
        let end = start + FINGERPRINT.len() + DIGITS;
        let digits = text.get(start + FINGERPRINT.len()..end).unwrap_or_default();
        if digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            found.push(start..end);
        }
    }
    found
}

/// The fingerprints anywhere in a value.
pub fn fingerprints_in(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(value, &mut found);
    found
}

fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            found.extend(fingerprints(text).into_iter().filter_map(|range| text.get(range).map(str::to_owned)));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(members) => members.values().for_each(|member| collect(member, found)),
        _ => {}
    }
}

/// Why calls back from `after` cannot be made later on: they would write a secret that is not in the account any more, and no
/// document, plan or journal holds it.
pub fn secret_that_goes(calls: &[Call], after: Option<&Resource>) -> Option<String> {
    let stays = after.map(|after| fingerprints_in(&after.properties)).unwrap_or_default();
    let needed: BTreeSet<String> = calls.iter().flat_map(|call| fingerprints_in(&call.input)).collect();
    let gone: Vec<&String> = needed.difference(&stays).collect();
    let first = gone.first()?;
    let more = if gone.len() > 1 { format!(" and {} more", gone.len() - 1) } else { String::new() };
    Some(format!("it takes a secret out of the account that is kept nowhere else ({first}{more})"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::*;
    use crate::model::ResourceKey;

    const ONE: &str = "hmac-sha256:0123456789abcdef";
    const TWO: &str = "hmac-sha256:fedcba9876543210";

    #[test]
    fn fingerprints_are_found_wherever_they_stand() {
        let text = format!("https://user:{ONE}@host/?t={TWO}");
        assert_eq!(fingerprints(&text), [13..41, 50..78]);
        assert!(fingerprints("hmac-sha256:1 hmac-sha256:0123456789abcdeg").is_empty());
        assert!(fingerprints("hmac-sha256:0123456789abcdé").is_empty());
        let value = json!({"a": [ONE, {"b": format!("{TWO}{ONE}")}], "c": 1});
        assert_eq!(fingerprints_in(&value), BTreeSet::from([ONE.to_owned(), TWO.to_owned()]));
    }

    #[test]
    fn what_is_still_there_can_be_written_again() {
        let key = ResourceKey { type_name: "T".into(), account: String::new(), region: String::new(), id: "i".into() };
        let document = |properties| Resource::new(key.clone(), "", Map::new(), Map::new()).with_properties(properties);
        let calls = [Call::new("s", "Put", json!({"A": ONE, "B": TWO}))];
        let told = |properties| secret_that_goes(&calls, Some(&document(properties)));
        assert_eq!(told(json!({"X": ONE, "Y": [TWO]})), None);
        let gone = "it takes a secret out of the account that is kept nowhere else";
        assert_eq!(told(json!({"X": ONE})), Some(format!("{gone} ({TWO})")));
        assert_eq!(secret_that_goes(&calls, None), Some(format!("{gone} ({ONE} and 1 more)")));
        assert_eq!(secret_that_goes(&[], None), None);
    }
}
