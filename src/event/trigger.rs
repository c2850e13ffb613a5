//! What an event asks for. An event says where to look and nothing else: what stands there is always read again.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{Actor, Scan, findings};
use crate::engine::digest_of;
use crate::model::{Arn, ResourceKey, ResourceType, ResourceTypes, Scope, Told, TypeName};

/// What asks for an assessment, or does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// Something has changed, or something is wrong somewhere.
    Changed(Changed),
    /// A scan is asked for.
    Scan(Scan),
    /// Nothing is to be done.
    Ignored(Ignored),
}

/// Resources to look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// Tells this event from any other: EventBridge's id of it, which a second delivery has too.
    pub event: String,
    /// When it happened.
    pub at: Timestamp,
    /// The account that it happened in, twelve digits.
    pub account: String,
    /// The Region that it happened in; that of a resource may be another or none.
    pub region: String,
    /// Where to look, sorted, nothing twice.
    pub touched: Vec<Touched>,
    /// Who did it, where the event says so.
    pub by: Option<Actor>,
    /// The call (`lambda:UpdateFunctionConfiguration20150331v2`), `config` or `securityhub`.
    pub what: String,
}

/// Where to look.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Touched {
    /// At one resource.
    One(ResourceKey),
    /// At all of a type that belong to a parent.
    Within {
        /// The type.
        type_name: TypeName,
        /// Twelve digits.
        account: String,
        /// The Region's name; empty for a global type.
        region: String,
        /// The parent's id.
        parent: String,
    },
}

impl Touched {
    /// The account that it stands in.
    pub fn account(&self) -> &str {
        match self {
            Self::One(key) => &key.account,
            Self::Within { account, .. } => account,
        }
    }

    /// The Region that it stands in; empty for a global type.
    pub fn region(&self) -> &str {
        match self {
            Self::One(key) => &key.region,
            Self::Within { region, .. } => region,
        }
    }
}

/// An event that asks for nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ignored {
    /// Its id, where it has one.
    pub event: Option<String>,
    /// Why it asks for nothing.
    pub why: Why,
}

/// Why an event asks for nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The call failed, with this code.
    Failed(String),
    /// The call only reads.
    ReadOnly,
    /// No resource type declares the call.
    Undeclared(String),
    /// It is no call: AWS tells of something that it did itself.
    Service,
    /// It names no resource that could be looked at.
    NamesNothing(String),
    /// Events of that kind are not for us.
    Foreign(String),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(code) => write!(f, "the call failed with {code} and changed nothing"),
            Self::ReadOnly => f.write_str("the call only reads"),
            Self::Undeclared(what) => write!(f, "no resource type is changed by {what}"),
            Self::Service => f.write_str("it tells of what AWS did by itself, and of no call"),
            Self::NamesNothing(what) => write!(f, "{what} names no resource of a known type"),
            Self::Foreign(kind) => write!(f, "events of the kind \"{kind}\" are not handled"),
        }
    }
}

/// A message that is no event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{wrong}; expected {expected}")]
pub struct NotAnEvent {
    /// What is wrong.
    pub wrong: String,
    /// What would be right.
    pub expected: String,
}

impl NotAnEvent {
    pub(super) fn new(wrong: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { wrong: wrong.into(), expected: expected.into() }
    }
}

/// Reads an event as EventBridge delivers it, or a message of our own. What is well-formed and not for us is ignored;
/// what cannot be read is an error.
pub fn read(event: &Value, types: &ResourceTypes) -> Result<Trigger, NotAnEvent> {
    if event.get("rectify").is_some() {
        return Scan::read(event, types).map(Trigger::Scan);
    }
    let kind = text(event, "/detail-type");
    let kind =
        kind.ok_or_else(|| NotAnEvent::new("no `detail-type`", r#"an EventBridge event, or {"rectify": "scan"}"#))?;
    let id = id(event);
    let trigger = match kind.as_str() {
        "AWS API Call via CloudTrail" => call(event, types)?,
        "AWS Service Event via CloudTrail" => Err(Why::Service),
        "Config Configuration Item Change" => findings::configuration_item(event, types)?,
        "Security Hub Findings - Imported" | "Security Hub Findings - Custom Action" => {
            findings::findings(event, types)?
        }
        _ => Err(Why::Foreign(kind)),
    };
    Ok(match trigger {
        Ok(changed) if changed.touched.is_empty() => {
            Trigger::Ignored(Ignored { event: Some(id), why: Why::NamesNothing(changed.what) })
        }
        Ok(mut changed) => {
            changed.touched.sort();
            changed.touched.dedup();
            Trigger::Changed(changed)
        }
        Err(why) => Trigger::Ignored(Ignored { event: Some(id), why }),
    })
}

/// A recorded call
/// (<https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html>).
fn call(event: &Value, types: &ResourceTypes) -> Result<Result<Changed, Why>, NotAnEvent> {
    const RECORD: &str = "a CloudTrail record in `detail`";
    let missing = |name: &str| NotAnEvent::new(format!("no `{name}`"), RECORD);
    let record = event.get("detail").ok_or_else(|| missing("detail"))?;
    let need = |name: &str| text(record, &format!("/{name}")).ok_or_else(|| missing(&format!("detail.{name}")));
    let (source, name) = (need("eventSource")?, need("eventName")?);
    let what = format!("{}:{name}", source.strip_suffix(".amazonaws.com").unwrap_or(&source));
    match record.get("errorCode") {
        None | Some(Value::Null) => {}
        Some(code) => return Ok(Err(Why::Failed(code.as_str().map_or_else(|| code.to_string(), str::to_owned)))),
    }
    if record.get("readOnly") == Some(&Value::Bool(true)) {
        return Ok(Err(Why::ReadOnly));
    }
    if text(record, "/eventType").is_some_and(|kind| kind != "AwsApiCall") {
        return Ok(Err(Why::Service));
    }
    let declared: Vec<_> = types
        .all()
        .flat_map(|kind| kind.trails().iter().map(move |trail| (kind, trail)))
        .filter(|(_, trail)| trail.source == source && trail.name == name)
        .collect();
    if declared.is_empty() {
        return Ok(Err(Why::Undeclared(what)));
    }
    let account = text(record, "/recipientAccountId").or_else(|| text(event, "/account"));
    let account = account.ok_or_else(|| missing("detail.recipientAccountId"))?;
    let region = text(record, "/awsRegion").or_else(|| text(event, "/region"));
    let region = region.ok_or_else(|| missing("detail.awsRegion"))?;
    place(&account, &region)?;
    let at = time(event, &["/detail/eventTime", "/time"])?;
    let told =
        declared.into_iter().flat_map(|(kind, trail)| (trail.tells)(record).into_iter().map(move |told| (kind, told)));
    let touched = told.map(|(kind, told)| touched(kind, &account, &region, told)).collect();
    Ok(Ok(Changed { event: id(event), at, account, region, touched, by: Actor::of(record), what }))
}

/// Refuses what is no account or no Region: calls are sent to where they say.
pub(super) fn place(account: &str, region: &str) -> Result<(), NotAnEvent> {
    if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NotAnEvent::new(format!("`{account}` is no account"), "twelve digits"));
    }
    if !region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
        return Err(NotAnEvent::new(format!("`{region}` is no Region"), "a Region such as eu-west-1"));
    }
    Ok(())
}

/// Where something stands that was told of.
pub(super) fn touched(kind: &dyn ResourceType, account: &str, region: &str, told: Told) -> Touched {
    let type_name = TypeName::from(kind.name());
    let account = account.to_owned();
    let region = match kind.scope() {
        Scope::Global => String::new(),
        Scope::Regional => region.to_owned(),
    };
    match told {
        Told::Id(id) => Touched::One(ResourceKey { type_name, account, region, id }),
        Told::Within(parent) => Touched::Within { type_name, account, region, parent },
    }
}

/// What an ARN names, whichever type knows it. Account and Region are the ARN's own where it has them.
pub(super) fn named(arn: &str, account: &str, region: &str, types: &ResourceTypes) -> Vec<Touched> {
    let Some(parts) = Arn::parse(arn) else { return Vec::new() };
    let or = |own: &str, other: &str| if own.is_empty() { other.to_owned() } else { own.to_owned() };
    let (account, region) = (or(parts.account, account), or(parts.region, region));
    if place(&account, &region).is_err() {
        return Vec::new();
    }
    let ids = types.all().filter_map(|kind| Some((kind, kind.named(arn)?)));
    ids.map(|(kind, id)| touched(kind, &account, &region, Told::Id(id))).collect()
}

/// EventBridge's id of an event, or one that follows from its content, so that a second delivery has the same.
pub(super) fn id(event: &Value) -> String {
    text(event, "/id").unwrap_or_else(|| id_of(event))
}

/// An id that follows from a message's content.
pub(super) fn id_of(message: &Value) -> String {
    digest_of(message).0
}

/// The first of the times that is there.
pub(super) fn time(event: &Value, pointers: &[&str]) -> Result<Timestamp, NotAnEvent> {
    let expected = "a time such as 2026-01-31T12:00:00Z";
    let found = pointers.iter().find_map(|pointer| Some((pointer, text(event, pointer)?)));
    let Some((pointer, time)) = found else {
        return Err(NotAnEvent::new(format!("none of {}", pointers.join(", ")), expected));
    };
    time.parse().map_err(|_| NotAnEvent::new(format!("`{time}` at {pointer} is no time"), expected))
}

/// The text at a JSON Pointer; an empty one is none.
pub(super) fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}
