//! Whether the calls that were sent are those that the plan promised.

use std::collections::BTreeMap;

use rectify::model::Plan;
use serde_json::Value;

use super::WireCall;

/// How the values begin that are known only when a plan is applied.
const LATE: &str = "${rectify:";
/// How those of them begin that are facts of the resource, read again before each call: they move.
const CURRENT: &str = "${rectify:current.";

/// What differs between a plan's calls and those that were sent: all of them, in order, and no others. A value that is known
/// only after apply may be any text, and is the same text wherever the plan says its name.
pub fn broken(plan: &Plan, sent: &[WireCall]) -> Vec<String> {
    let planned: Vec<(String, WireCall)> = plan
        .changes
        .iter()
        .flat_map(|change| change.calls.iter().map(|call| (change.id.to_string(), WireCall::from(call))))
        .collect();
    let mut told = Vec::new();
    let mut known = BTreeMap::new();
    for (index, (change, call)) in planned.iter().enumerate() {
        let Some(sent) = sent.get(index) else {
            told.push(format!("{call:?} was not sent"));
            continue;
        };
        let same = call.service == sent.service && call.operation == sent.operation;
        if !same || !is(change, &call.input, &sent.input, &mut known) {
            told.push(format!("planned was {call:?}, and sent {sent:?}"));
        }
    }
    told.extend(sent.iter().skip(planned.len()).map(|extra| format!("{extra:?} was sent and not planned")));
    told
}

/// Whether a value is the planned one, with the texts that are known so far for the plan's late values.
fn is(change: &str, planned: &Value, sent: &Value, known: &mut BTreeMap<String, String>) -> bool {
    match (planned, sent) {
        (Value::Object(planned), Value::Object(sent)) => {
            planned.iter().all(|(name, planned)| match sent.get(name) {
                Some(sent) => is(change, planned, sent, known),
                // A fact that the service does not give is left out.
                None => planned.as_str().is_some_and(|text| text.starts_with(CURRENT)),
            }) && sent.keys().all(|name| planned.contains_key(name))
        }
        (Value::Array(planned), Value::Array(sent)) => {
            planned.len() == sent.len()
                && planned.iter().zip(sent).all(|(planned, sent)| is(change, planned, sent, known))
        }
        (Value::String(planned), Value::String(sent)) => is_text(change, planned, sent, known),
        (planned, sent) => planned == sent,
    }
}

fn is_text(change: &str, planned: &str, sent: &str, known: &mut BTreeMap<String, String>) -> bool {
    let Some((before, rest)) = planned.split_once(LATE) else { return planned == sent };
    let Some((name, after)) = rest.split_once('}') else { return planned == sent };
    let Some(sent) = sent.strip_prefix(before) else { return false };
    // `created` is what the change itself has made.
    let name = name.strip_prefix("created.").map_or(name.to_owned(), |member| format!("{change}.{member}"));
    let moves = name.starts_with("current.");
    if let Some(value) = known.get(&name).filter(|_| !moves) {
        return sent.strip_prefix(value.as_str()).is_some_and(|sent| is_text(change, after, sent, &mut known.clone()));
    }
    // The next fixed text, or the end, tells where the value ends.
    let next = after.split(LATE).next().unwrap_or_default();
    let end = if next.is_empty() { Some(sent.len()) } else { sent.find(next) };
    let Some((value, sent)) = end.map(|end| sent.split_at(end)) else { return false };
    if value.is_empty() {
        return false;
    }
    known.insert(name, value.to_owned());
    is_text(change, after, sent, known)
}
