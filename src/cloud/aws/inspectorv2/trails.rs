//! What CloudTrail tells of what Amazon Inspector scans
//! (<https://docs.aws.amazon.com/inspector/latest/user/logging-using-cloudtrail.html>).
//!
//! The administrator of an organization does it for its members: their own trails have no record of it.

use serde_json::Value;

use crate::cloud::aws::trail::{account, one, trail};
use crate::model::{Told, Trail};

const INSPECTOR: &str = "inspector2.amazonaws.com";

/// Of what is scanned.
pub const ENABLER: &[Trail] = &[trail(INSPECTOR, "Disable", enabler), trail(INSPECTOR, "Enable", enabler)];

/// The account, where the call is about it: without a list it is about the caller's.
fn enabler(record: &Value) -> Vec<Told> {
    let accounts = record.pointer("/requestParameters/accountIds").and_then(Value::as_array);
    let own = account(record).filter(|own| {
        accounts.is_none_or(|accounts| accounts.is_empty() || accounts.iter().any(|account| account == own))
    });
    one(own)
}
