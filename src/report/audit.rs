//! What the records of a run tell of it: who, why, before, after, and each call with the id of its request.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::journal::{Broken, Chain, Told, Torn};
use crate::model::{Call, Change, ChangeId, Event, Finding, Hash, PolicyId, Resource, ResourceKey, Run, RunId, Who};

/// A run as its records tell it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Audit {
    /// Who had it made, and then who went on with it.
    pub by: Vec<Hand>,
    /// The digest of its plan, as it was shown.
    pub plan: Hash,
    /// The digest of the policies and playbooks.
    pub bundle: Hash,
    /// Each change, in order, and then those that took others back.
    pub changes: Vec<Trace>,
    /// What its records are worth.
    pub records: Worth,
}

/// Somebody who had a run begun, or gone on with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hand {
    /// RFC 3339.
    pub at: String,
    /// Who.
    pub who: Who,
}

/// What became of one change.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trace {
    /// The change.
    pub id: ChangeId,
    /// Its resource.
    pub resource: ResourceKey,
    /// The change that it takes back.
    pub takes_back: Option<ChangeId>,
    /// What was found there.
    pub why: Vec<Reason>,
    /// The document before its calls, as it was read.
    pub before: Option<Resource>,
    /// The document after its calls, as it was read.
    pub after: Option<Resource>,
    /// The calls that were announced.
    pub calls: Vec<Sending>,
}

/// A finding that a change fixes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reason {
    /// The finding.
    pub finding: Finding,
    /// The version of its policy: the digest of its text.
    pub policy_version: Option<Hash>,
}

/// A call that was announced.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sending {
    /// The call; of what is known only when it is sent, the name.
    pub call: Call,
    /// Whether it takes back what others of its change have done.
    pub back: bool,
    /// RFC 3339.
    pub sent_at: String,
    /// RFC 3339; none where nobody has heard an answer.
    pub answered_at: Option<String>,
    /// AWS's id of the request.
    pub request_id: Option<String>,
    /// Why it was refused.
    pub refused: Option<String>,
}

/// What the records of a run are worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Worth {
    /// The run.
    pub run: RunId,
    /// In a word.
    pub verdict: Verdict,
    /// How many there are, up to the first that is not as it was written.
    pub records: u64,
    /// The last one's hash, to be kept elsewhere.
    pub head: Option<Hash>,
    /// Those that are torn.
    pub torn: Vec<Torn>,
    /// The first that is not as it was written.
    pub broken: Option<Broken>,
    /// The record that has the hash that was kept elsewhere, where one was named.
    pub kept: Option<u64>,
}

/// What the records of a run are worth, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// All of them are as they were written.
    Whole,
    /// The last one is cut off, or has lost a part.
    Torn,
    /// One is not as it was written, or is gone.
    Broken,
}

impl Worth {
    /// What a chain is worth, and where in it a hash stands that was kept.
    pub fn of(run: &RunId, chain: &Chain, kept: Option<&Hash>) -> Self {
        let known = kept.and_then(|kept| chain.records.iter().find(|record| record.hash == *kept));
        let verdict = match (&chain.broken, chain.torn_end()) {
            (Some(_), _) => Verdict::Broken,
            _ if kept.is_some() && known.is_none() => Verdict::Broken,
            (None, Some(_)) => Verdict::Torn,
            (None, None) => Verdict::Whole,
        };
        Self {
            run: run.clone(),
            verdict,
            records: chain.head.next,
            head: chain.head.link.clone(),
            torn: chain.torn.clone(),
            broken: chain.broken.clone(),
            kept: known.map(|record| record.number),
        }
    }
}

/// Tells a run by its records; none where not even its first one is as it was written.
pub fn audit(told: &Told) -> Option<Audit> {
    let run = told.run.as_ref()?;
    let mut sendings: BTreeMap<ChangeId, Vec<Sending>> = BTreeMap::new();
    let mut by = Vec::new();
    for record in &told.chain.records {
        let at = &record.at;
        match &record.event {
            Event::RunStarted { by: who, .. } | Event::RunResumed { by: who, .. } => {
                by.push(Hand { at: at.clone(), who: who.clone() });
            }
            Event::CallSent { change, call } => {
                let call = changes(run).find(|known| known.id == *change).and_then(|known| known.calls.get(*call));
                sendings.entry(change.clone()).or_default().extend(call.map(|call| sending(call, false, at)));
            }
            Event::BackSent { change, call } => {
                sendings.entry(change.clone()).or_default().push(sending(call, true, at));
            }
            Event::CallDone { change, result, request_id, .. } | Event::BackDone { change, result, request_id } => {
                if let Some(sending) = sendings.get_mut(change).and_then(|sent| sent.last_mut()) {
                    sending.answered_at = Some(at.clone());
                    (sending.request_id, sending.refused) = match result {
                        Ok(sent) => (sent.request_id.clone(), None),
                        Err(refused) => (request_id.clone(), Some(refused.clone())),
                    };
                }
            }
            _ => {}
        }
    }
    let trace = |change: &Change| {
        let progress = run.state.progress(&change.id);
        let of = run.state.undoing.iter().find(|undoing| undoing.reversal.change.id == change.id);
        Trace {
            id: change.id.clone(),
            resource: change.resource.clone(),
            takes_back: of.map(|undoing| undoing.reversal.of.clone()),
            why: reasons(run, change),
            before: progress.and_then(|progress| progress.before.clone()),
            after: progress.and_then(|progress| progress.after.clone()),
            calls: sendings.remove(&change.id).unwrap_or_default(),
        }
    };
    Some(Audit {
        by,
        plan: run.state.plan.digest.clone(),
        bundle: run.state.plan.bundle_digest.clone(),
        changes: changes(run).map(trace).collect(),
        records: Worth::of(&told.id, &told.chain, None),
    })
}

/// The changes of a run, and those that take others back.
fn changes(run: &Run) -> impl Iterator<Item = &Change> {
    run.state.plan.changes.iter().chain(run.state.undoing.iter().map(|undoing| &undoing.reversal.change))
}

fn reasons(run: &Run, change: &Change) -> Vec<Reason> {
    let version = |policy: &PolicyId| run.state.policies.get(policy).cloned();
    let fixed = run.state.plan.findings.iter().filter(|finding| change.fixes.contains(&finding.id));
    fixed.map(|finding| Reason { policy_version: version(&finding.policy), finding: finding.clone() }).collect()
}

fn sending(call: &Call, back: bool, at: &str) -> Sending {
    Sending { call: call.clone(), back, sent_at: at.to_owned(), answered_at: None, request_id: None, refused: None }
}

/// A run as JSON, with what its records tell; of one whose first record is not as it was written, what the records are worth.
pub fn document(told: &Told) -> Value {
    let worth = serde_json::json!(Worth::of(&told.id, &told.chain, None));
    let Some((run, audit)) = told.run.as_ref().zip(audit(told)) else {
        return serde_json::json!({"run": told.id, "outcome": null, "changes": [], "records": worth});
    };
    let mut document = super::json::run(run);
    if let Some(members) = document.as_object_mut() {
        members.insert("by".to_owned(), serde_json::json!(audit.by));
        members.insert("plan".to_owned(), serde_json::json!(audit.plan));
        members.insert("bundle".to_owned(), serde_json::json!(audit.bundle));
        members.insert("trace".to_owned(), serde_json::json!(audit.changes));
        members.insert("records".to_owned(), worth);
    }
    document
}
