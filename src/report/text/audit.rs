//! What the records of a run tell of it.

use std::fmt::Write;

use crate::engine::differences;
use crate::model::{Resource, Who};
use crate::report::audit::{Audit, Hand, Sending, Trace, Verdict, Worth};
use crate::report::style::{FAINT, STRONG, bad, clean, good, styled, value, wary};

/// Who had a run made and why, what was before and after, and each call.
pub fn audit(audit: &Audit) -> String {
    let mut text = String::new();
    for (index, Hand { at, who }) in audit.by.iter().enumerate() {
        let verb = if index == 0 { "begun" } else { "gone on with" };
        let _ = writeln!(text, "{verb} by {} {}", clean(&name(who)), styled(FAINT, clean(at)));
    }
    let _ = writeln!(text, "plan {}, policies and playbooks {}", clean(&audit.plan.0), clean(&audit.bundle.0));
    audit.changes.iter().for_each(|trace| text.push_str(&one(trace)));
    text.push_str(&worth(&audit.records));
    text
}

/// Who somebody is, and what has led to it.
fn name(who: &Who) -> String {
    let caller = if who.caller.is_empty() { "somebody who did not say who" } else { &who.caller };
    match &who.event {
        None => caller.to_owned(),
        Some(event) => match &event.actor {
            None => format!("{caller}, because of event {}", event.id),
            Some(actor) => format!("{caller}, because of event {}, which {actor} has caused", event.id),
        },
    }
}

fn one(trace: &Trace) -> String {
    let mut text = String::new();
    let of = trace.takes_back.as_ref().map(|of| format!("  takes {of} back")).unwrap_or_default();
    let resource = clean(&trace.resource.to_string());
    let _ = writeln!(text, "{} {resource}{of}", styled(STRONG, &trace.id));
    for reason in &trace.why {
        let finding = &reason.finding;
        let version = reason.policy_version.as_ref().map_or("of a version that is not known", |hash| hash.0.as_str());
        let (policy, severity) = (&finding.policy, finding.severity.as_str());
        let _ = writeln!(text, "    why      {policy} ({severity}): {}", clean(&finding.message));
        let _ = writeln!(text, "             policy {}", clean(version));
    }
    match (&trace.before, &trace.after) {
        (Some(before), Some(after)) => {
            for place in differences(&before.properties, &after.properties) {
                let (from, to) = (value(place.before.as_ref()), value(place.after.as_ref()));
                let _ = writeln!(text, "    {}  {from} → {to}", clean(&place.path));
            }
        }
        (None, Some(after)) => text.push_str(&whole("created", after)),
        (Some(before), None) => text.push_str(&whole("before  ", before)),
        (None, None) => {}
    }
    trace.calls.iter().for_each(|call| text.push_str(&sent(call)));
    text
}

fn whole(what: &str, document: &Resource) -> String {
    format!("    {what} {}\n", clean(&document.properties.to_string()))
}

fn sent(sending: &Sending) -> String {
    let Sending { call, back, sent_at, answered_at, request_id, refused } = sending;
    let name = clean(&format!("{}:{} {}", call.service, call.operation, call.input));
    let kind = if *back { "back" } else { "call" };
    let mut text = format!("    {kind}     {name}\n             sent {}", styled(FAINT, clean(sent_at)));
    match answered_at {
        None => text.push_str(", and no answer was heard"),
        Some(at) => {
            let verb = if refused.is_some() { "refused" } else { "answered" };
            let _ = write!(text, ", {verb} {}", styled(FAINT, clean(at)));
        }
    }
    if let Some(id) = request_id {
        let _ = write!(text, ", request {}", clean(id));
    }
    if let Some(why) = refused {
        let _ = write!(text, ": {}", clean(why));
    }
    text + "\n"
}

/// What the records of a run are worth, in a line or two.
pub fn worth(worth: &Worth) -> String {
    let head = worth.head.as_ref().map_or("none", |head| head.0.as_str());
    let mut text = format!("{} ", styled(STRONG, format!("run {}", clean(worth.run.as_str()))));
    let _ = match (worth.verdict, &worth.broken, worth.torn.last()) {
        (Verdict::Broken, Some(broken), _) => {
            writeln!(text, "{}: {}", bad("not as it was written"), clean(&broken.to_string()))
        }
        (Verdict::Broken, None, _) => {
            writeln!(text, "{}: none of its records has the hash that was kept", bad("not as it was written"))
        }
        (Verdict::Torn, _, Some(torn)) => writeln!(
            text,
            "{}: record {} {}; `rectify runs resume {}` goes on from the one before it",
            wary("torn"),
            torn.number,
            clean(&torn.why),
            worth.run
        ),
        _ => writeln!(text, "{}: {} records, the last one's hash is {head}", good("whole"), worth.records),
    };
    if worth.verdict == Verdict::Whole {
        for torn in &worth.torn {
            let _ = writeln!(text, "  record {} {}, and the run went on after it", torn.number, clean(&torn.why));
        }
        let last = worth.records.saturating_sub(1);
        if let Some(kept) = worth.kept.filter(|kept| *kept != last) {
            let _ = writeln!(text, "  the hash that was kept is record {kept}'s; the run went on since");
        }
    }
    text
}
