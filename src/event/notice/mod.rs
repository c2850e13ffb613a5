//! What is told to people and programs: what was found, what was done about it, and what is left.
//!
//! A notice is written down before it is sent, and taken off when it was taken: it comes at least once. One that nobody
//! takes is kept and tried again with the next event; it never fails what it is about.

mod webhook;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tracing::{info, warn};

use crate::cloud::aws::Messages;
use crate::journal::{Ledger, StoreError};
use crate::model::{Finding, Run, Status};
use crate::text::{beginning, shown};

pub use webhook::{Webhook, WebhookFormat};

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A run has ended.
    RunFinished,
    /// A plan waits for an approval.
    PlanWaits,
    /// A resource is left alone because its fixes do not last.
    Quarantined,
    /// A limit or a gate has stopped what would have been applied.
    Stopped,
    /// Something was found, and is only told.
    Observed,
}

impl Subject {
    /// The `detail-type` of an EventBridge event, and the name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::RunFinished => "rectify.run.finished",
            Self::PlanWaits => "rectify.plan.waiting",
            Self::Quarantined => "rectify.resource.quarantined",
            Self::Stopped => "rectify.run.stopped",
            Self::Observed => "rectify.findings.observed",
        }
    }
}

/// Findings in a notice, at the most: a message of SNS or EventBridge has 256 KB
/// (<https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html>).
const MOST: usize = 25;

/// Characters of a finding's message, and of its reason, in a notice.
const LONGEST: usize = 1000;

/// One notice. It tells what was found, in the policies' words, and how each change ended; no document, and not what a service
/// said: a value of a resource may stand in that. `rectify runs show` tells it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// The same for the same thing: whoever gets it twice can tell.
    pub id: String,
    /// What it is about.
    pub subject: Subject,
    /// RFC 3339.
    pub at: String,
    /// Twelve digits.
    pub account: String,
    /// One line.
    pub summary: String,
    /// The event that it comes from.
    pub event: String,
    /// Who caused the event, where it is known.
    pub who: Option<String>,
    /// What was found: policy, severity, resource, message and status of each; of many, the first ones.
    pub findings: Vec<Value>,
    /// How many were found.
    #[serde(default)]
    pub found: usize,
    /// How many of the findings are still there and count: all but those that a verified change has cleared or a waiver lets be.
    #[serde(default)]
    pub left: usize,
    /// How many of them a waiver lets be.
    #[serde(default)]
    pub waived: usize,
    /// The run, with each change's resource and status.
    pub run: Option<Value>,
    /// The digest of the plan that waits.
    pub plan: Option<String>,
}

impl Notice {
    /// What is told of findings, of the first ones where there are many.
    pub fn findings(findings: &[Finding]) -> Vec<Value> {
        let told = |finding: &Finding| {
            let mut told = json!({
                "policy": finding.policy,
                "severity": finding.severity,
                "resource": finding.resource,
                "message": beginning(&finding.message, LONGEST),
                "status": finding.status,
                "reason": finding.reason.as_deref().map(|reason| beginning(reason, LONGEST)),
            });
            if let (Some(waived), Some(members)) = (&finding.waived, told.as_object_mut()) {
                members.insert("waived".to_owned(), json!(waived));
            }
            told
        };
        findings.iter().take(MOST).map(told).collect()
    }

    /// What is told of a run.
    pub fn run(run: &Run) -> Value {
        let change = |change: &crate::model::Change| {
            let progress = run.state.changes.get(&change.id);
            json!({
                "id": change.id,
                "resource": change.resource,
                "playbooks": change.playbooks,
                "status": progress.and_then(|progress| progress.outcome),
            })
        };
        let changes: Vec<Value> = run.state.plan.changes.iter().take(MOST).map(change).collect();
        json!({"run": run.id, "outcome": run.state.outcome, "changes": changes})
    }

    /// A text for people, for a mail or a chat.
    pub fn text(&self) -> String {
        let mut lines = vec![shown(&self.summary).into_owned()];
        let text =
            |value: &Value, name: &str| shown(value.get(name).and_then(Value::as_str).unwrap_or_default()).into_owned();
        for finding in &self.findings {
            let resource = finding.get("resource").cloned().unwrap_or_default();
            let waived = text(finding, "status") == Status::Waived.as_str();
            let why = if waived { format!(" ({})", text(finding, "reason")) } else { String::new() };
            lines.push(format!(
                "- {} {} on {} {}: {}{why}",
                text(finding, "severity"),
                text(finding, "policy"),
                text(&resource, "type"),
                text(&resource, "id"),
                text(finding, "message"),
            ));
        }
        let more = self.found.saturating_sub(self.findings.len());
        lines.extend((more > 0).then(|| format!("- and {more} more")));
        let changes = self.run.as_ref().and_then(|run| run.get("changes")).and_then(Value::as_array);
        for change in changes.into_iter().flatten() {
            let resource = change.get("resource").cloned().unwrap_or_default();
            lines.push(format!("- {} {} {}", text(change, "status"), text(&resource, "type"), text(&resource, "id")));
        }
        let left =
            if self.left == 1 { "1 finding is left.".to_owned() } else { format!("{} findings are left.", self.left) };
        lines.push(left);
        lines.extend((self.waived > 0).then(|| format!("{} waived.", self.waived)));
        lines.extend(self.who.as_ref().map(|who| format!("Caused by {}.", shown(who))));
        lines.push(format!("Account {}, event {}.", shown(&self.account), shown(&self.event)));
        lines.join("\n")
    }
}

/// Somebody who takes notices.
#[async_trait]
pub trait Sink: Send + Sync {
    /// Names it; the same for the same settings.
    fn name(&self) -> String;

    /// Hands a notice over; the error says why it was not taken, and holds no secret.
    async fn send(&self, notice: &Notice) -> Result<(), String>;
}

/// An SNS topic, by its ARN.
pub struct Topic(pub Messages, pub String);

#[async_trait]
impl Sink for Topic {
    fn name(&self) -> String {
        format!("sns {}", self.1)
    }

    async fn send(&self, notice: &Notice) -> Result<(), String> {
        let body = serde_json::to_string(&told(notice)).map_err(|error| error.to_string())?;
        self.0.publish(&self.1, &notice.summary, &body).await.map_err(|error| error.to_string())
    }
}

/// An EventBridge event bus, by its name or ARN.
pub struct Bus(pub Messages, pub String);

#[async_trait]
impl Sink for Bus {
    fn name(&self) -> String {
        format!("event bus {}", self.1)
    }

    async fn send(&self, notice: &Notice) -> Result<(), String> {
        let detail = serde_json::to_string(&told(notice)).map_err(|error| error.to_string())?;
        self.0.put_event(&self.1, notice.subject.name(), &detail).await.map_err(|error| error.to_string())
    }
}

/// A notice as programs get it.
pub(super) fn told(notice: &Notice) -> Value {
    let mut value = json!(notice);
    if let Some(members) = value.as_object_mut() {
        members.insert("subject".into(), notice.subject.name().into());
    }
    value
}

/// Who has not taken a notice is not asked again for this long: the events that come meanwhile do not wait for them.
const REST: Duration = Duration::from_secs(10);

/// Everyone who takes notices, and what they have not taken yet.
#[derive(Default)]
pub struct Notices {
    sinks: BTreeMap<String, Box<dyn Sink>>,
    /// Who has not taken one, and when. Whoever sends holds it, so that nothing is sent by two at a time.
    refused: Mutex<BTreeMap<String, Instant>>,
}

/// What stands in the outbox.
#[derive(Serialize, Deserialize)]
struct Posted {
    sink: String,
    notice: Notice,
}

impl Notices {
    /// These take them.
    pub fn new(sinks: impl IntoIterator<Item = Box<dyn Sink>>) -> Self {
        Self { sinks: sinks.into_iter().map(|sink| (sink.name(), sink)).collect(), refused: Mutex::default() }
    }

    /// Writes a notice down for everyone who takes them.
    pub async fn post(&self, ledger: &Ledger, notice: &Notice, now: Timestamp) -> Result<(), StoreError> {
        for (index, sink) in self.sinks.keys().enumerate() {
            let posted = Posted { sink: sink.clone(), notice: notice.clone() };
            let body = serde_json::to_string(&posted).unwrap_or_default();
            ledger.post(&format!("{}#{index}", notice.id), &body, now).await?;
        }
        Ok(())
    }

    /// Sends what is written down. What is not taken stays for the next time.
    pub async fn deliver(&self, ledger: &Ledger) -> Result<(), StoreError> {
        if self.sinks.is_empty() {
            return Ok(());
        }
        let mut refused = self.refused.lock().await;
        refused.retain(|_, at| at.elapsed() < REST);
        for (id, body) in ledger.outbox().await? {
            let Ok(Posted { sink, notice }) = serde_json::from_str::<Posted>(&body) else {
                warn!(id, "a notice cannot be read and is dropped");
                ledger.delivered(&id).await?;
                continue;
            };
            if refused.contains_key(&sink) {
                continue;
            }
            match self.sinks.get(&sink) {
                None => warn!(id, sink, "nobody of that name takes notices any more"),
                Some(to) => match to.send(&notice).await {
                    Ok(()) => info!(id, sink, "notice sent"),
                    Err(error) => {
                        warn!(id, sink, error, "a notice was not taken, and is kept");
                        refused.insert(sink, Instant::now());
                        continue;
                    }
                },
            }
            ledger.delivered(&id).await?;
        }
        Ok(())
    }
}
