//! `waivers.yaml`, and the YAML of people that it is written in.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rectify::engine::parse_waivers;
use rectify::text::{Source, yaml};
use serde_json::Value;

use crate::is_shown;
use crate::world::WORLD;

/// YAML is written so that it is read again as the same. A file of waivers is refused whole, or waives no more than it says:
/// each has an owner, a reason and an end, and is of policies that stand in the file.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let source = Source::new("fuzz.yaml", text);
    let value = match yaml::parse::<Value>(&source) {
        Err(told) => return is_shown(&told.to_string()),
        Ok(value) => value,
    };
    let written = yaml::write(&value).unwrap_or_else(|told| panic!("{value}: {told}"));
    assert_eq!(yaml::parse::<Value>(&Source::new("again.yaml", &written)).as_ref(), Ok(&value), "{written}");
    let now = Timestamp::UNIX_EPOCH;
    let read = |source: &Source| parse_waivers(source, &WORLD.bundle, &WORLD.types, now);
    let waivers = match read(&source) {
        Err(told) => {
            assert!(!told.is_empty());
            return told.iter().for_each(|told| is_shown(&told.to_string()));
        }
        Ok(waivers) => waivers,
    };
    // A number where a text is asked for is taken as it stands there, and may be written otherwise.
    if texts_alone(&value) {
        let again = read(&Source::new("again.yaml", &written)).unwrap_or_else(|told| panic!("{written}: {told:?}"));
        assert_eq!((again.list.len(), &again.digest), (waivers.list.len(), &waivers.digest), "{written}");
    }
    let listed = value.get("waivers").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    assert_eq!(waivers.list.len(), listed.len());
    for (waiver, listed) in waivers.list.iter().zip(listed) {
        let named = |name: &str| listed.get(name).cloned().unwrap_or_default();
        let policies: BTreeSet<String> = waiver.policies.iter().map(ToString::to_string).collect();
        assert!(
            policies.iter().all(|id| named("policies").as_array().is_some_and(|all| all.iter().any(|one| one == id)))
        );
        assert!(!waiver.owner.trim().is_empty() && !waiver.reason.trim().is_empty(), "{listed}");
        let narrows = ["id", "arn", "tags"].into_iter().any(|name| listed.get(name).is_some());
        assert!(narrows, "{listed}");
    }
}

fn texts_alone(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().all(texts_alone),
        Value::Object(members) => members.values().all(texts_alone),
        value => value.is_string(),
    }
}
