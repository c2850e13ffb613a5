//! Placeholder until the trail branch comes.
use jiff::Timestamp;
use crate::model::*;
pub enum Trigger { Changed(Changed), Scan(Scan), Ignored(Ignored) }
pub struct Changed { pub event: String, pub at: Timestamp, pub account: String, pub region: String, pub touched: Vec<Touched>, pub by: Option<Actor>, pub what: String }
#[derive(Debug)] pub enum Touched { One(ResourceKey), Within { type_name: TypeName, account: String, region: String, parent: String } }
pub struct Actor { pub arn: String, pub session_issuer: Option<String> }
pub struct Scan { pub event: String, pub account: Option<String>, pub regions: Vec<String>, pub types: Vec<TypeName>, pub policies: Vec<String> }
pub struct Ignored { pub event: Option<String>, pub why: String }
#[derive(Debug, thiserror::Error)] #[error("no")] pub struct NotAnEvent;
pub fn read(_e: &serde_json::Value, _t: &ResourceTypes) -> Result<Trigger, NotAnEvent> { Err(NotAnEvent) }
