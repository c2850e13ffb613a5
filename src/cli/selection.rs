//! Which policies, types and resources a command is about.

use clap::Args;

use super::CliError;
use crate::engine::Bundle;
use crate::model::{Finding, Resource, ResourceTypes, Severity, Snapshot, TypeName};
use crate::policy::Policy;
use crate::text::nearest;

/// What to look at.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Selection")]
pub struct Selection {
    /// Only these policies (ids, comma-separated).
    #[arg(long, value_delimiter = ',', value_name = "ID")]
    pub policies: Vec<String>,
    /// Only these resource types (CloudFormation names, comma-separated).
    #[arg(long, value_delimiter = ',', value_name = "TYPE")]
    pub types: Vec<String>,
    /// Only findings that are at least this bad: low, medium, high, critical.
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    pub severity: Option<Severity>,
    /// Only these resources (ids or ARNs; repeatable).
    #[arg(long, value_name = "ID")]
    pub resource: Vec<String>,
}

fn severity(text: &str) -> Result<Severity, String> {
    let found = Severity::ALL.into_iter().find(|severity| severity.as_str() == text);
    found.ok_or_else(|| "it is one of low, medium, high, critical".to_owned())
}

impl Selection {
    /// Refuses names that are not there.
    pub fn check(&self, bundle: &Bundle, types: &ResourceTypes) -> Result<(), CliError> {
        for id in &self.policies {
            if bundle.policies.find(id).is_none() {
                return Err(unknown("policy", id, bundle.policies.all().map(|policy| policy.id().as_str())));
            }
        }
        for name in &self.types {
            if types.find(&name.as_str().into()).is_none() {
                return Err(unknown("resource type", name, types.all().map(|kind| kind.name())));
            }
        }
        Ok(())
    }

    /// Refuses resources that were not read: a mistyped name is no clean resource.
    pub fn check_resources(&self, snapshot: &Snapshot) -> Result<(), CliError> {
        let is = |named: &str, resource: &Resource| named == resource.id || named == resource.arn;
        match self.resource.iter().find(|named| !snapshot.resources().any(|resource| is(named, resource))) {
            Some(named) => {
                let known = snapshot.resources().map(|resource| resource.id.as_str());
                Err(unknown("resource that the selected policies look at,", named, known))
            }
            None => Ok(()),
        }
    }

    /// Whether a policy is one of those that are selected.
    pub fn picks(&self, policy: &Policy) -> bool {
        let custom = &policy.metadata.custom;
        let named = self.policies.is_empty() || self.policies.iter().any(|id| id == custom.id.as_str());
        let typed = |name: &String| custom.resource_types.iter().any(|judged| judged.as_str() == name);
        let bad_enough = self.severity.is_none_or(|least| custom.severity >= least);
        named && bad_enough && (self.types.is_empty() || self.types.iter().any(typed))
    }

    /// Whether a policy is one of those that are selected, for a type.
    pub fn picks_on(&self, policy: &Policy, type_name: &TypeName) -> bool {
        self.picks(policy) && (self.types.is_empty() || self.types.iter().any(|name| name == type_name.as_str()))
    }

    /// Whether nothing is selected, which is everything.
    pub fn is_all(&self) -> bool {
        self.policies.is_empty() && self.types.is_empty() && self.severity.is_none() && self.resource.is_empty()
    }

    /// Whether a finding is one of those that are selected.
    pub fn wants(&self, finding: &Finding) -> bool {
        let typed = self.types.is_empty() || self.types.iter().any(|name| name == finding.resource.type_name.as_str());
        let chosen = self.policies.is_empty() || self.policies.iter().any(|id| id == finding.policy.as_str());
        let bad_enough = self.severity.is_none_or(|least| finding.severity >= least);
        let named = |id: &String| *id == finding.resource.id || *id == finding.arn;
        typed && chosen && bad_enough && (self.resource.is_empty() || self.resource.iter().any(named))
    }
}

/// A name that is not there, with the one that was probably meant.
pub fn unknown<'a>(what: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> CliError {
    let known: Vec<&str> = known.into_iter().collect();
    let error = CliError::user(format!("there is no {what} `{name}`"));
    match nearest(name, known.iter().copied()) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None if known.len() <= 200 => error.help(format!("there are: {}", known.join(", "))),
        None => error,
    }
}
