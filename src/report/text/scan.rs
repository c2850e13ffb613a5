//! Findings, the worst first.

use std::fmt::Write;

use crate::model::{Finding, PolicyError, Severity, Status, Unread};
use crate::report::Scan;
use crate::report::style::{FAINT, STRONG, bad, clean, count, good, severity, styled, wary};

/// A scan as text.
pub fn scan(scan: &Scan) -> String {
    let (waived, found): (Vec<&Finding>, Vec<&Finding>) =
        scan.assessment.findings.iter().partition(|finding| finding.status == Status::Waived);
    let mut text = findings(&found);
    if !waived.is_empty() {
        let _ = writeln!(text, "{}", styled(STRONG, "Waived"));
        text.push_str(&findings(&waived));
    }
    text.push_str(&not_judged(&scan.header.unread, &scan.assessment.errors));
    text.push_str(&scan.scorecard.as_ref().map(super::scorecard::scorecard).unwrap_or_default());
    let counted = Severity::ALL.iter().filter_map(|severity| {
        let number = found.iter().filter(|finding| finding.severity == *severity).count();
        (number > 0).then(|| format!("{number} {}", severity.as_str()))
    });
    let counted: Vec<String> = counted.collect();
    let head = if found.is_empty() {
        good("no findings")
    } else {
        bad(format!("{} ({})", count(found.len(), "finding"), counted.join(", ")))
    };
    let waived = if waived.is_empty() { String::new() } else { wary(format!(", {} waived", waived.len())) };
    let unread = &scan.header.unread;
    let missed = if unread.is_empty() { String::new() } else { wary(format!(", {} could not be read", unread.len())) };
    let _ = writeln!(
        text,
        "{head}{waived} in {} of account {}{missed}",
        count(scan.read, "resource"),
        clean(&scan.header.account)
    );
    text
}

/// Findings by resource type and policy.
pub fn findings(findings: &[&Finding]) -> String {
    let mut text = String::new();
    let mut last = None;
    for finding in findings {
        if last != Some(&finding.policy) {
            let _ = writeln!(text, "{} {}", severity(finding.severity), styled(STRONG, &finding.policy));
            last = Some(&finding.policy);
        }
        let kind = finding.resource.type_name.as_str().trim_start_matches("AWS::");
        let place = styled(FAINT, format!("{kind} {}", finding.resource.region).trim_end());
        let _ = writeln!(text, "         {} {place}", clean(&finding.resource.id));
        let _ = writeln!(text, "           {}", clean(&finding.message));
        for line in finding.reason.iter().flat_map(|reason| reason.lines()) {
            let _ = writeln!(text, "           {}", styled(FAINT, clean(line)));
        }
    }
    if !findings.is_empty() {
        text.push('\n');
    }
    text
}

/// What could not be read or evaluated.
pub(super) fn not_judged(unread: &[Unread], errors: &[PolicyError]) -> String {
    let mut text = String::new();
    for unread in unread {
        let what = if unread.resource.id.is_empty() {
            format!("all of {} {}", unread.resource.type_name, unread.resource.region)
        } else {
            unread.resource.to_string()
        };
        let _ = writeln!(text, "{} {}: {}", wary("unread  "), clean(what.trim_end()), clean(&unread.reason));
    }
    for error in errors {
        let _ = writeln!(
            text,
            "{} policy {} on {}: {}",
            bad("error   "),
            clean(error.policy.as_str()),
            clean(&error.resource.to_string()),
            clean(&error.message)
        );
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}
