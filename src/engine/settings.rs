//! What the user sets for an assessment and a plan.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::model::Limits;
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
    /// A resource with one of these tags is not changed; a value of `*` is any value.
    pub protected_tags: BTreeMap<String, String>,
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
            protected_tags: BTreeMap::from([("rectify:protected".to_owned(), "*".to_owned())]),
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
