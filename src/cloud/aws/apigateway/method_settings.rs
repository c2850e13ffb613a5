//! `MethodSettings` of a stage: a list in CloudFormation, a map in the API.
//!
//! The API's key is the resource's path, without its first slash and with the others written `~1`, and the method:
//! `*/*` for all, `~1pets/GET` for `GET /pets`. CloudFormation has the same with a slash before it:
//! `ResourcePath: /~1pets`
//! (<https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-apigateway-stage-methodsetting.html>).
//!
//! When the first member of an entry is written, API Gateway fills the others with its defaults. The documents here say
//! what was read, and a difference is what was asked for: neither guesses at defaults.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_apigateway::types::MethodSetting;
use serde_json::{Map, Value, json};

use super::patch::{Operation, Patch, invalid};
use crate::cloud::aws::object::{Object, number, same};
use crate::model::{Impossible, Resource};

/// Each member and its path below the entry's
/// (<https://docs.aws.amazon.com/apigateway/latest/api/API_MethodSetting.html>).
const MEMBERS: [(&str, &str); 8] = [
    ("CacheDataEncrypted", "caching/dataEncrypted"),
    ("CacheTtlInSeconds", "caching/ttlInSeconds"),
    ("CachingEnabled", "caching/enabled"),
    ("DataTraceEnabled", "logging/dataTrace"),
    ("LoggingLevel", "logging/loglevel"),
    ("MetricsEnabled", "metrics/enabled"),
    ("ThrottlingBurstLimit", "throttling/burstLimit"),
    ("ThrottlingRateLimit", "throttling/rateLimit"),
];

/// The property, sorted by path and method; nothing where there is no entry.
pub fn property(settings: &HashMap<String, MethodSetting>) -> Option<Value> {
    let entries: BTreeMap<(String, String), Value> = settings
        .iter()
        .map(|(key, setting)| {
            let (path, method) = place(key);
            let entry = entry(&path, &method, setting);
            ((path, method), entry)
        })
        .collect();
    (!entries.is_empty()).then(|| entries.into_values().collect())
}

/// `ResourcePath` and `HttpMethod` of a key. A path that comes with its first slash is not escaped yet.
fn place(key: &str) -> (String, String) {
    let (path, method) = key.rsplit_once('/').unwrap_or(("*", key));
    let path = if path.starts_with('/') { path.replace('~', "~0").replace('/', "~1") } else { path.to_owned() };
    (format!("/{path}"), method.to_owned())
}

fn entry(path: &str, method: &str, setting: &MethodSetting) -> Value {
    let mut entry = Object::default();
    entry
        .set("ResourcePath", Some(path))
        .set("HttpMethod", Some(method))
        .set("CacheDataEncrypted", Some(setting.cache_data_encrypted()))
        .set("CacheTtlInSeconds", Some(setting.cache_ttl_in_seconds()))
        .set("CachingEnabled", Some(setting.caching_enabled()))
        .set("DataTraceEnabled", Some(setting.data_trace_enabled()))
        .set("LoggingLevel", setting.logging_level())
        .set("MetricsEnabled", Some(setting.metrics_enabled()))
        .set("ThrottlingBurstLimit", Some(setting.throttling_burst_limit()))
        .set("ThrottlingRateLimit", Some(number(setting.throttling_rate_limit())));
    Value::Object(entry.0)
}

/// The operations between two documents.
///
/// One member alone cannot be taken out of an entry: the entry is removed, and what it keeps is written anew.
pub fn operations(before: &Resource, after: &Resource, patch: &mut Patch) -> Result<(), Impossible> {
    let (old, new) = (entries(before)?, entries(after)?);
    for (place, entry) in &new {
        let known = old.get(place);
        let lost = known.is_some_and(|known| loses(known, entry));
        if lost {
            patch.remove(place, &Value::Null);
        }
        for (member, below) in MEMBERS {
            let value = entry.get(member).filter(|value| !value.is_null());
            let had = known.and_then(|known| known.get(member)).filter(|_| !lost);
            if let Some(value) = value
                && !same(had, Some(value))
            {
                patch.replace(&format!("{place}/{below}"), value);
            }
        }
    }
    for place in old.keys().filter(|place| !new.contains_key(*place)) {
        patch.remove(place, &Value::Null);
    }
    Ok(())
}

/// The entries that are removed and written anew, so that what a document does not hold of them goes back to defaults.
pub fn rewritten(before: &Resource, after: &Resource) -> Vec<String> {
    let (Ok(old), Ok(new)) = (entries(before), entries(after)) else { return vec![] };
    let lost = |(place, entry): &(String, &Map<String, Value>)| old.get(place).is_some_and(|old| loses(old, entry));
    new.into_iter().filter(lost).map(|(place, _)| place).collect()
}

/// Whether any entry logs where it did not.
pub fn starts_logging(before: &Resource, after: &Resource) -> bool {
    let logs = |stage: &Resource| {
        entries(stage).is_ok_and(|entries| {
            entries
                .values()
                .any(|entry| matches!(entry.get("LoggingLevel").and_then(Value::as_str), Some("ERROR" | "INFO")))
        })
    };
    logs(after) && !logs(before)
}

/// Does to the properties what an operation on an entry does.
pub fn write(properties: &mut Map<String, Value>, operation: &Operation<'_>) -> Result<(), String> {
    let found = MEMBERS
        .iter()
        .find_map(|(member, below)| Some((*member, operation.path.strip_suffix(below)?.strip_suffix('/')?)));
    let place = found.map_or(operation.path, |(_, place)| place);
    let (path, method) = place.rsplit_once('/').filter(|(path, _)| path.len() > 1).ok_or_else(|| invalid(operation))?;
    let entries = properties.entry("MethodSettings").or_insert_with(|| json!([]));
    let entries = entries.as_array_mut().ok_or("BadRequestException: MethodSettings is no list")?;
    let is_it = |entry: &Value| {
        entry.get("ResourcePath").and_then(Value::as_str) == Some(path)
            && entry.get("HttpMethod").and_then(Value::as_str) == Some(method)
    };
    match (operation.op, found, operation.value) {
        ("replace", Some((member, _)), Some(text)) => {
            if !entries.iter().any(is_it) {
                entries.push(json!({"ResourcePath": path, "HttpMethod": method}));
            }
            let entry = entries.iter_mut().find(|entry| is_it(entry)).and_then(Value::as_object_mut);
            if let Some(entry) = entry {
                entry.insert(member.to_owned(), value(member, text).ok_or_else(|| invalid(operation))?);
            }
            let place = |entry: &Value| {
                let text = |name| entry.get(name).and_then(Value::as_str).map(str::to_owned);
                (text("ResourcePath"), text("HttpMethod"))
            };
            entries.sort_by_key(place);
        }
        ("remove", None, _) => {
            let count = entries.len();
            entries.retain(|entry| !is_it(entry));
            if entries.len() == count {
                let key = place.trim_start_matches('/');
                return Err(format!(
                    "BadRequestException: Cannot remove method setting {key} because there is no method setting for this method"
                ));
            }
        }
        _ => return Err(invalid(operation)),
    }
    if entries.is_empty() {
        properties.remove("MethodSettings");
    }
    Ok(())
}

fn value(member: &str, text: &str) -> Option<Value> {
    match member {
        "LoggingLevel" => Some(text.into()),
        "CacheTtlInSeconds" | "ThrottlingBurstLimit" => text.parse::<i32>().ok().map(Value::from),
        "ThrottlingRateLimit" => text.parse::<f64>().ok().map(number),
        _ => text.parse::<bool>().ok().map(Value::from),
    }
}

/// The entries by their path, `/*/*` or `/~1pets/GET`.
fn entries(stage: &Resource) -> Result<BTreeMap<String, &Map<String, Value>>, Impossible> {
    let mut found = BTreeMap::new();
    for entry in stage.property("/MethodSettings").and_then(Value::as_array).into_iter().flatten() {
        let text = |name| entry.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let (Some(entry), Some(path), Some(method)) = (entry.as_object(), text("ResourcePath"), text("HttpMethod"))
        else {
            return Err(Impossible("a method setting needs a ResourcePath and an HttpMethod".to_owned()));
        };
        let known = |name: &&String| {
            ["ResourcePath", "HttpMethod"].contains(&name.as_str()) || MEMBERS.iter().any(|(member, _)| member == name)
        };
        if let Some(name) = entry.keys().find(|name| !known(name)) {
            return Err(Impossible(format!("a method setting has no member {name}")));
        }
        if found.insert(format!("{path}/{method}"), entry).is_some() {
            return Err(Impossible(format!("two method settings are for {path}/{method}")));
        }
    }
    Ok(found)
}

fn loses(old: &Map<String, Value>, new: &Map<String, Value>) -> bool {
    let set = |entry: &Map<String, Value>, member: &str| entry.get(member).is_some_and(|value| !value.is_null());
    MEMBERS.iter().any(|(member, _)| set(old, member) && !set(new, member))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_key_is_one_place() {
        let of = |key| place(key);
        assert_eq!(of("*/*"), ("/*".to_owned(), "*".to_owned()));
        assert_eq!(of("~1pets/GET"), ("/~1pets".to_owned(), "GET".to_owned()));
        assert_eq!(of("/pets/GET"), ("/~1pets".to_owned(), "GET".to_owned()));
        assert_eq!(of("~1pets~1{id}/GET"), ("/~1pets~1{id}".to_owned(), "GET".to_owned()));
        assert_eq!(of("/pets/{id}/GET"), ("/~1pets~1{id}".to_owned(), "GET".to_owned()));
        assert_eq!(of("~1/GET"), ("/~1".to_owned(), "GET".to_owned()));
        assert_eq!(of("//GET"), ("/~1".to_owned(), "GET".to_owned()));
    }
}
