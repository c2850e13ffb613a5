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

/// Findings that stay for the same reason: so many are shown by name.
const MOST_UNRESOLVED: usize = 20;

/// A plan as text.
pub fn plan(plan: &Plan) -> String {
    let mut text = changes(plan);
    text.push_str(&unresolved(plan));
    text.push_str(&not_judged(&plan.unread, &plan.errors));
    text.push_str(&summary(plan));
    text
}

/// A plan's changes with their warnings as text.
pub fn changes(plan: &Plan) -> String {
    let mut text = String::new();
    let warnings = warnings(plan);
    let mut alike: Vec<(Look, Vec<&Change>)> = Vec::new();
    for change in &plan.changes {
        let look = look(change);
        match alike.iter_mut().find(|(other, _)| *other == look) {
            Some((_, changes)) => changes.push(change),
            None => alike.push((look, vec![change])),
        }
    }
    for (_, changes) in &alike {
        let whole = if changes.len() < ALIKE { changes.len() } else { 1 };
        let (first, others) = changes.split_at(whole);
        first.iter().for_each(|change| text.push_str(&one(change, plan, &warnings)));
        text.push_str(&self::others(others));
    }
    text.push_str(&told_warnings(&warnings));
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
type Look = (ChangeKind, Safety, [String; 3], Vec<Difference>, Vec<String>, Vec<String>);

fn look(change: &Change) -> Look {
    let operations = change.calls.iter().map(|call| format!("{}:{}", call.service, call.operation)).collect();
    let place = [change.resource.type_name.to_string(), change.resource.region.clone(), on_failure(change)];
    (change.kind, change.safety, place, changed(change), operations, change.warnings.clone())
}

/// What its playbooks want of its failure; empty where that is only that others go on.
fn on_failure(change: &Change) -> String {
    change.on_failure.iter().map(|wanted| wanted.as_str()).collect::<Vec<_>>().join(", ")
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
    let _ = writeln!(
        text,
        "{} {head} {place}  [{}]  {}",
        mark(change.kind),
        safety(change.safety),
        clean(change.id.as_str())
    );
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
            let _ = writeln!(
                text,
                "    fixes    {} ({}{})",
                clean(finding.policy.as_str()),
                finding.severity.as_str(),
                clean(&other)
            );
        }
    }
    text.push_str(&calls("    ", &change.calls));
    for id in &change.depends_on {
        let _ = writeln!(text, "    after    {}", clean(id.as_str()));
    }
    if !change.on_failure.is_empty() {
        let _ = writeln!(text, "    failure  {}", on_failure(change));
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
            clean(&call.service),
            clean(&call.operation),
            styled(FAINT, clean(&call.input.to_string()))
        );
    }
    text
}

fn others(changes: &[&Change]) -> String {
    if changes.is_empty() {
        return String::new();
    }
    let names: Vec<String> = changes
        .iter()
        .map(|change| format!("{} ({})", clean(&change.resource.id), clean(change.id.as_str())))
        .collect();
    let mut text = format!("  {} the same change of {} more:\n", wary("~"), names.len());
    for line in names.chunks(3) {
        let _ = writeln!(text, "      {}", line.join("  "));
    }
    text.push('\n');
    text
}

/// What no change fixes, by policy and reason: whatever is said of several resources is said once.
fn unresolved(plan: &Plan) -> String {
    let stays = |finding: &&Finding| !matches!(finding.status, Status::Planned | Status::Review | Status::Open);
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in plan.findings.iter().filter(stays) {
        let same = |group: &&mut Vec<&Finding>| {
            group.first().is_some_and(|first| {
                (&first.policy, first.status, &first.reason) == (&finding.policy, finding.status, &finding.reason)
            })
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    if groups.is_empty() {
        return String::new();
    }
    let mut text = format!("{}\n", styled(STRONG, "Stays unresolved"));
    for group in &groups {
        let Some(first) = group.first() else { continue };
        let status = format!("{:<12}", first.status.as_str());
        let _ = writeln!(text, "  {} {} {}", wary(status), severity(first.severity), styled(STRONG, &first.policy));
        let (told, more) = group.split_at(group.len().min(MOST_UNRESOLVED));
        for finding in told {
            let _ = writeln!(text, "               {}: {}", clean(&finding.resource.id), clean(&finding.message));
        }
        if !more.is_empty() {
            let _ = writeln!(text, "               and {} more; --format json tells all", more.len());
        }
        for line in first.reason.iter().flat_map(|reason| reason.lines()) {
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
    let waived = plan.findings.iter().filter(|finding| finding.status == Status::Waived).count();
    let waived = if waived > 0 { wary(format!("; {waived} waived")) } else { String::new() };
    let mut text = format!(
        "{} findings {} → {}, cleared {}, introduced {}{waived}\n",
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
        "{} {} to create, {} to update, {} to delete; {} safe, {} to review, {} that cannot be undone; {} in account {}",
        styled(STRONG, "Plan:"),
        of(ChangeKind::Create),
        of(ChangeKind::Update),
        of(ChangeKind::Delete),
        plan.changes.len() - review,
        review,
        plan.changes.iter().filter(|change| !change.reversible).count(),
        count(plan.changes.iter().map(|change| change.calls.len()).sum(), "call"),
        clean(&plan.account),
    );
    text
}
