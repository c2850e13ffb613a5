//! What a scan says of a framework of controls.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::assess::Assessment;
use super::bundle::Bundle;
use crate::model::{Finding, PolicyId, Snapshot, Status, TypeName};
use crate::policy::{Framework, Policy};

/// How the controls of a framework fare, as far as policies cover them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scorecard {
    /// The framework.
    pub framework: Framework,
    /// Each control that a policy covers, in the framework's order.
    pub controls: Vec<ControlScore>,
    /// How many of them passed.
    pub passed: usize,
    /// How many of them failed.
    pub failed: usize,
    /// On how many of them nothing is found but what is waived: they neither pass nor fail.
    pub waived: usize,
    /// Of those that passed or failed, the share that passed: whole percent, rounded down; none where there is none.
    pub score: Option<usize>,
}

/// How one control fares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ControlScore {
    /// The framework's name for it.
    pub control: String,
    /// The policies that cover it.
    pub policies: BTreeSet<PolicyId>,
    /// How many resources they judged.
    pub resources: usize,
    /// How many of these they found something on that is not waived.
    pub failing: usize,
    /// On how many of these all that they found is waived.
    pub waived: usize,
    /// How it fares.
    pub verdict: Verdict,
}

/// How a control fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing was found on any resource.
    Passed,
    /// Something was found.
    Failed,
    /// Nothing was found but what is waived: a waiver makes no control pass.
    Waived,
    /// Nothing was found, and not everything could be read or judged.
    Unknown,
    /// There is no resource that it is about.
    NoResources,
}

impl Verdict {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Waived => "waived",
            Self::Unknown => "unknown",
            Self::NoResources => "no resources",
        }
    }
}

/// The scorecard of an assessment by the policies of a bundle that a framework's controls name.
pub fn scorecard(framework: Framework, bundle: &Bundle, snapshot: &Snapshot, assessment: &Assessment) -> Scorecard {
    let mut covering: BTreeMap<(Vec<u32>, &str), Vec<&Policy>> = BTreeMap::new();
    for policy in bundle.policies.all() {
        for control in policy.metadata.custom.controls.get(&framework).into_iter().flatten() {
            covering.entry((numbers(control), control)).or_default().push(policy);
        }
    }
    let controls: Vec<ControlScore> =
        covering.into_iter().map(|((_, control), policies)| score(control, &policies, snapshot, assessment)).collect();
    let count = |verdict| controls.iter().filter(|control| control.verdict == verdict).count();
    let (passed, failed) = (count(Verdict::Passed), count(Verdict::Failed));
    let waived = count(Verdict::Waived);
    let score = (100 * passed).checked_div(passed + failed);
    Scorecard { framework, controls, passed, failed, waived, score }
}

fn score(control: &str, policies: &[&Policy], snapshot: &Snapshot, assessment: &Assessment) -> ControlScore {
    let types: BTreeSet<&TypeName> =
        policies.iter().flat_map(|policy| &policy.metadata.custom.resource_types).collect();
    let ids: BTreeSet<PolicyId> = policies.iter().map(|policy| policy.id().clone()).collect();
    let found = assessment.findings.iter().filter(|finding| ids.contains(&finding.policy));
    let (waived, counted): (Vec<&Finding>, Vec<&Finding>) = found.partition(|finding| finding.status == Status::Waived);
    let of = |findings: Vec<&Finding>| findings.iter().map(|finding| finding.resource.clone()).collect::<BTreeSet<_>>();
    let counted = of(counted);
    let (failing, waived) = (counted.len(), of(waived).difference(&counted).count());
    let resources = snapshot.resources().filter(|resource| types.contains(&resource.type_name)).count();
    let unread = snapshot.header.unread.iter().any(|unread| types.contains(&unread.resource.type_name));
    let unjudged = assessment.errors.iter().any(|error| ids.contains(&error.policy));
    let verdict = match (failing, resources) {
        (1.., _) => Verdict::Failed,
        _ if unread || unjudged => Verdict::Unknown,
        _ if waived > 0 => Verdict::Waived,
        (0, 0) => Verdict::NoResources,
        (0, _) => Verdict::Passed,
    };
    ControlScore { control: control.to_owned(), policies: ids, resources, failing, waived, verdict }
}

/// The numbers in a control's name, so that 2 stands before 10.
fn numbers(control: &str) -> Vec<u32> {
    // The letters before them part a framework's families.
    let family = control.split(|c: char| c.is_ascii_digit()).next().unwrap_or_default();
    let letters = family.chars().map(u32::from);
    let digits = control.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok());
    letters.chain([0]).chain(digits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_stand_in_the_order_of_their_numbers() {
        let mut controls = ["Lambda.10", "IAM.2", "Lambda.2", "3.0.0/1.16", "3.0.0/1.9", "AC-6(10)", "AC-6(2)", "AC-6"];
        controls.sort_by_key(|control| numbers(control));
        assert_eq!(
            controls,
            ["3.0.0/1.9", "3.0.0/1.16", "AC-6", "AC-6(2)", "AC-6(10)", "IAM.2", "Lambda.2", "Lambda.10"]
        );
    }
}
