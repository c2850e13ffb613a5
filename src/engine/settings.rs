//! What the user sets for an assessment and a plan.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::freeze::Freeze;
use crate::model::{Canary, Limits, OnFailure, Waivers};
use crate::policy::Parameter;

/// What the user sets.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The assessment's clock.
    pub now: Timestamp,
    /// Values of parameters, by the id of a policy or playbook.
    pub parameters: BTreeMap<String, BTreeMap<String, Value>>,
    /// How much one run may change.
    pub limits: Limits,
    /// What a failure leads to in a run.
    pub on_failure: OnFailure,
    /// Which changes of a run go first.
    pub canary: Option<Canary>,
    /// A resource with one of these tags is not changed; a value of `*` is any value.
    pub protected_tags: BTreeMap<String, String>,
    /// What is let be for a while.
    pub waivers: Arc<Waivers>,
    /// When nothing is changed.
    pub freeze: Arc<Freeze>,
    /// Names the key of the fingerprints that stand for secret values.
    pub fingerprint_key: String,
}

impl Settings {
    /// The product's defaults.
    pub fn new(now: Timestamp) -> Self {
        Self {
            now,
            parameters: BTreeMap::new(),
            limits: Limits::default(),
            on_failure: OnFailure::default(),
            canary: None,
            protected_tags: BTreeMap::from([("rectify:protected".to_owned(), "*".to_owned())]),
            waivers: Arc::default(),
            freeze: Arc::default(),
            fingerprint_key: String::new(),
        }
    }

    /// The values that a policy or playbook gets: the user's, or the defaults; required ones without a value are
    /// missing. A duration is given in seconds.
    pub fn values(&self, id: &str, declared: &BTreeMap<String, Parameter>) -> BTreeMap<String, Value> {
        let given = self.parameters.get(id);
        let value = |(name, parameter): (&String, &Parameter)| {
            let value = given.and_then(|given| given.get(name)).or(parameter.default.as_ref())?;
            Some((name.clone(), parameter.resolved(value)))
        };
        declared.iter().filter_map(value).collect()
    }
}
