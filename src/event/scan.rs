//! The message that asks for a scan: what a schedule sends, and what a fleet's work is cut into.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::trigger::{NotAnEvent, id_of, place};
use crate::model::{ResourceTypes, TypeName};
use crate::text::nearest;

const EXPECTED: &str = r#"{"rectify": "scan"} with "id", "account", "regions", "types" or "policies""#;

const MEMBERS: &[&str] = &["account", "id", "policies", "rectify", "regions", "types"];

/// A scan that is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scan {
    /// Tells this message from any other. A schedule's messages are all alike: it has to give each an `id`, such as
    /// `<aws.scheduler.scheduled-time>`
    /// (<https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html>).
    pub event: String,
    /// Twelve digits; none: the account that the handler runs in.
    pub account: Option<String>,
    /// None: the Regions that the handler is set up for.
    pub regions: Vec<String>,
    /// None: all.
    pub types: Vec<TypeName>,
    /// None: those that the handler is set up for.
    pub policies: Vec<String>,
}

#[derive(Deserialize)]
struct Message {
    rectify: String,
    id: Option<String>,
    account: Option<String>,
    #[serde(default)]
    regions: Vec<String>,
    #[serde(default)]
    types: Vec<TypeName>,
    #[serde(default)]
    policies: Vec<String>,
}

impl Scan {
    /// Reads the message. A word that is not known is refused: the scan would be another than the one that was meant.
    pub(super) fn read(message: &Value, types: &ResourceTypes) -> Result<Self, NotAnEvent> {
        let wrong = |wrong: String| NotAnEvent::new(wrong, EXPECTED);
        let unknown = |what: &str, name: &str, known: &[&str]| {
            let near = nearest(name, known.iter().copied()).map(|near| format!(" (did you mean `{near}`?)"));
            wrong(format!("unknown {what} `{name}`{}", near.unwrap_or_default()))
        };
        for name in message.as_object().into_iter().flat_map(serde_json::Map::keys) {
            if !MEMBERS.contains(&name.as_str()) {
                return Err(unknown("member", name, MEMBERS));
            }
        }
        let read: Message = serde_json::from_value(message.clone()).map_err(|error| wrong(error.to_string()))?;
        if read.rectify != "scan" {
            return Err(unknown("request", &read.rectify, &["scan"]));
        }
        if let Some(account) = &read.account
            && !(account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()))
        {
            return Err(wrong(format!("`{account}` is no account, which has twelve digits")));
        }
        for region in &read.regions {
            place("000000000000", region)?;
        }
        for name in &read.types {
            if types.find(name).is_none() {
                let known: Vec<&str> = types.all().map(|kind| kind.name()).collect();
                return Err(unknown("resource type", name.as_str(), &known));
            }
        }
        let event = read.id.filter(|id| !id.is_empty()).unwrap_or_else(|| id_of(message));
        let Message { account, regions, types, policies, .. } = read;
        Ok(Self { event, account, regions, types, policies })
    }
}
