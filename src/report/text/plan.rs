//! A plan the way Terraform's reads: what changes, how, why; what stays and why; the proof.

use std::fmt::Write;

use serde_json::Value;

use super::scan::not_judged;
use crate::engine::{Difference, differences};
use crate::model::{Call, Change, ChangeKind, Finding, Plan, Safety, Status};
use crate::report::style::{FAINT, STRONG, bad, clean, count, good, mark, safety, severity, styled, value, wary};

/// Changes that differ from each other in nothing but their resource: from this many on, the first is shown whole and
/// the others by name.
const ALIKE: usize = 4;

/// A plan as text.
pub fn plan(plan: &Plan) -> String {
    let mut text = String::new();
    let mut shown = vec![false; plan.changes.len()];
    let warnings = warnings(plan);
    for (index, change) in plan.changes.iter().enumerate() {
        if shown.get(index) == Some(&true) {
            continue;
        }
        let look = look(change);
        let alike: Vec<usize> = plan
            .changes
            .iter()
            .enumerate()
            .skip(index)
            .filter(|(_, other)| self::look(other) == look)
            .map(|(i, _)| i)
            .collect();
        text.push_str(&one(change, plan, &warnings));
        if alike.len() >= ALIKE {
            text.push_str(&others(alike.iter().skip(1).filter_map(|index| plan.changes.get(*index))));
            alike.iter().for_each(|index| shown[*index] = true);
        }
    }
    text.push_str(&told_warnings(&warnings));
    text.push_str(&unresolved(plan));
    text.push_str(&not_judged(&plan.unread, &plan.errors));
    text.push_str(&summary(plan));
    text
}

/// Every warning of the plan once: most of them are said of several changes.
fn warnings(plan: &Plan) -> Vec<&str> {
    let mut warnings: Vec<&str> = Vec::new();
    for warning in plan.changes.iter().flat_map(|change| &change.warnings) {
        if !warnings.contains(&warning.as_str()) {
            warnings.push(warning);
        }
    }
    warnings
}

fn told_warnings(warnings: &[&str]) -> String {
    if warnings.is_empty() {
        return String::new();
    }
    let mut text = format!("{}\n", styled(STRONG, "Warnings"));
    for (index, warning) in warnings.iter().enumerate() {
        let _ = writeln!(text, "  {:>2}  {}", index + 1, clean(warning));
    }
    text.push('\n');
    text
}

/// All that makes a change look like another: everything but the resource.
fn look(change: &Change) -> (ChangeKind, String, Vec<Difference>, Vec<String>, Vec<String>) {
    let operations = change.calls.iter().map(|call| format!("{}:{}", call.service, call.operation)).collect();
    let type_name = change.resource.type_name.to_string();
    (change.kind, type_name, changed(change), operations, change.warnings.clone())
}

fn changed(change: &Change) -> Vec<Difference> {
    let empty = Value::Object(serde_json::Map::new());
    let properties = |document: &Option<crate::model::Resource>| {
        document.as_ref().map_or_else(|| empty.clone(), |document| document.properties.clone())
    };
    differences(&properties(&change.before), &properties(&change.after))
}

fn one(change: &Change, plan: &Plan, warnings: &[&str]) -> String {
    let mut text = String::new();
    let name = match change.kind {
        ChangeKind::Create => "(known after apply)".to_owned(),
        _ => clean(&change.resource.id),
    };
    let head = styled(STRONG, format!("{} {name}", change.resource.type_name));
    let place = styled(FAINT, &change.resource.region);
    let _ = writeln!(text, "{} {head} {place}  [{}]  {}", mark(change.kind), safety(change.safety), change.id);
    let differences = changed(change);
    if change.kind == ChangeKind::Delete {
        let _ = writeln!(text, "    {} {}", bad("-"), value(change.before.as_ref().map(|before| &before.properties)));
    } else {
        let width = differences.iter().map(|difference| difference.path.chars().count()).max().unwrap_or(0).min(48);
        for difference in &differences {
            let path = format!("{:<width$}", clean(&difference.path));
            let _ = match (&difference.before, &difference.after) {
                (None, after) => writeln!(text, "    {} {path}  {}", good("+"), value(after.as_ref())),
                (before, None) => writeln!(text, "    {} {path}  {}", bad("-"), value(before.as_ref())),
                (before, after) => {
                    writeln!(text, "    {} {path}  {} → {}", wary("~"), value(before.as_ref()), value(after.as_ref()))
                }
            };
        }
    }
    for id in &change.fixes {
        if let Some(finding) = plan.findings.iter().find(|finding| finding.id == *id) {
            let other = if finding.resource == change.resource {
                String::new()
            } else {
                format!(" of {}", finding.resource.id)
            };
            let _ = writeln!(text, "    fixes    {} ({}{})", finding.policy, finding.severity.as_str(), clean(&other));
        }
    }
    text.push_str(&calls("    ", &change.calls));
    for id in &change.depends_on {
        let _ = writeln!(text, "    after    {id}");
    }
    let number =
        |warning: &String| warnings.iter().position(|told| told == warning).map(|index| (index + 1).to_string());
    let numbers: Vec<String> = change.warnings.iter().filter_map(number).collect();
    if !numbers.is_empty() {
        let _ = writeln!(text, "    {}  {}", wary("warning"), numbers.join(", "));
    }
    if let Some(why) = &change.irreversible_because {
        let _ = writeln!(text, "    {}  it cannot be undone: {}", wary("warning"), clean(why));
    }
    text.push('\n');
    text
}

/// The exact calls, one a line.
pub fn calls(indent: &str, calls: &[Call]) -> String {
    let mut text = String::new();
    for call in calls {
        let _ = writeln!(
            text,
            "{indent}calls    {}:{} {}",
            call.service,
            call.operation,
            styled(FAINT, clean(&call.input.to_string()))
        );
    }
    text
}

fn others<'a>(changes: impl Iterator<Item = &'a Change>) -> String {
    let names: Vec<String> = changes.map(|change| format!("{} ({})", clean(&change.resource.id), change.id)).collect();
    let mut text = format!("  {} the same change of {} more:\n", wary("~"), names.len());
    for line in names.chunks(3) {
        let _ = writeln!(text, "      {}", line.join("  "));
    }
    text.push('\n');
    text
}

fn unresolved(plan: &Plan) -> String {
    let stays = |finding: &&Finding| !matches!(finding.status, Status::Planned | Status::Review);
    let left: Vec<&Finding> = plan.findings.iter().filter(stays).collect();
    if left.is_empty() {
        return String::new();
    }
    let mut text = format!("{}\n", styled(STRONG, "Stays unresolved"));
    let mut told: Option<(&str, &str)> = None;
    for finding in left {
        let status = format!("{:<12}", finding.status.as_str());
        let _ = writeln!(
            text,
            "  {} {} {} {}",
            wary(status),
            severity(finding.severity),
            finding.policy,
            styled(STRONG, clean(&finding.resource.id))
        );
        let _ = writeln!(text, "               {}", clean(&finding.message));
        let Some(reason) = &finding.reason else { continue };
        let again = told.replace((finding.policy.as_str(), reason)) == Some((finding.policy.as_str(), reason));
        for line in if again { "(as above)" } else { reason }.lines() {
            let _ = writeln!(text, "               {}", styled(FAINT, clean(line)));
        }
    }
    text.push('\n');
    text
}

fn summary(plan: &Plan) -> String {
    let proof = &plan.proof;
    let of = |kind: ChangeKind| plan.changes.iter().filter(|change| change.kind == kind).count();
    let review = plan.changes.iter().filter(|change| change.safety != Safety::Safe).count();
    let mut text = format!(
        "{} findings {} → {}, cleared {}, introduced {}\n",
        styled(STRONG, "Proof:"),
        proof.before,
        proof.after,
        proof.cleared.len(),
        if proof.introduced.is_empty() { good(0) } else { bad(proof.introduced.len()) },
    );
    if plan.changes.is_empty() {
        let _ = writeln!(text, "{} nothing to change", styled(STRONG, "Plan:"));
        return text;
    }
    let _ = writeln!(
        text,
        "{} {} to create, {} to update, {} to delete; {} safe, {} to review; {} in account {}",
        styled(STRONG, "Plan:"),
        of(ChangeKind::Create),
        of(ChangeKind::Update),
        of(ChangeKind::Delete),
        plan.changes.len() - review,
        review,
        count(plan.changes.iter().map(|change| change.calls.len()).sum(), "call"),
        plan.created.account,
    );
    text
}
