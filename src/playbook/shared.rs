//! Steps that several playbooks have in common: `playbooks/shared/*.yaml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::step::{self, Step, WrittenStep};
use crate::policy::Parameter;
use crate::text::{Diagnostic, Source, yaml};

/// Steps with a name, for `include`.
#[derive(Clone)]
pub struct Shared {
    /// What `include` calls them.
    pub name: String,
    /// What they are for, one sentence.
    pub description: String,
    /// Values that the user may or must set, as parameters of each playbook that includes them.
    pub parameters: BTreeMap<String, Parameter>,
    /// The steps.
    pub steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    shared: String,
    description: String,
    #[serde(default)]
    parameters: BTreeMap<String, Parameter>,
    steps: Vec<WrittenStep>,
}

impl Shared {
    /// Whether a file holds shared steps, by where it stands.
    pub fn is_in(source: &Source) -> bool {
        source.name.rsplit(['/', '\\']).nth(1) == Some("shared")
    }

    /// Reads a file of shared steps, which include no others.
    pub fn load(source: &Source) -> Result<Self, Diagnostic> {
        let Written { shared: name, description, parameters, steps } = yaml::parse(source)?;
        let steps = step::read(source, steps, &BTreeMap::new())?;
        Ok(Self { name, description, parameters, steps })
    }
}
