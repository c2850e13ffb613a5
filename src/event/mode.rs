//! How far events are acted on: `events` of `rectify.yaml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{Finding, PolicyId};

/// What is done about a finding that an event leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// It is planned for and reported; nothing is written.
    Observe,
    /// What is safe is applied; what needs a review waits for it.
    Enforce,
}

impl Mode {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Enforce => "enforce",
        }
    }
}

/// A mode for some accounts, policies and tags. All that it names has to fit; what it does not name fits always.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The mode.
    pub mode: Mode,
    /// Account ids.
    #[serde(default)]
    pub accounts: Vec<String>,
    /// Policies.
    #[serde(default)]
    pub policies: Vec<PolicyId>,
    /// Tags that the resource has, or what it is a part of, all of them; a value of `*` is any value.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// When a resource is left alone because its fixes do not last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Patience {
    /// After so many fixes of one resource.
    pub fixes: u32,
    /// Within so many hours.
    pub within_hours: u32,
    /// For so many hours.
    pub for_hours: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self { fixes: 3, within_hours: 24, for_hours: 24 }
    }
}

/// `events` of `rectify.yaml`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EventOptions {
    /// The mode where no rule fits. It holds only where the handler is told to enforce.
    pub mode: Mode,
    /// The first that fits decides.
    pub rules: Vec<Rule>,
    /// When a resource is left alone.
    pub quarantine: Patience,
    /// Changes in an account within one hour, over all handlers. What is applied by hand counts too, and is not held up.
    pub max_changes_per_hour: u32,
}

impl Default for EventOptions {
    fn default() -> Self {
        Self { mode: Mode::Enforce, rules: Vec::new(), quarantine: Patience::default(), max_changes_per_hour: 100 }
    }
}

impl EventOptions {
    /// The mode for a finding where these tags stand, under the handler's own mode: no rule goes beyond that. Where no tag is
    /// known, a rule that asks for tags and forbids fits all the same.
    pub fn mode(&self, handler: Mode, finding: &Finding, tags: Option<&BTreeMap<String, String>>) -> Mode {
        let fits = |rule: &&Rule| {
            let account = rule.accounts.is_empty() || rule.accounts.contains(&finding.resource.account);
            let policy = rule.policies.is_empty() || rule.policies.contains(&finding.policy);
            let tagged = |(name, value): (&String, &String)| match tags {
                None => rule.mode == Mode::Observe,
                Some(tags) => tags.get(name).is_some_and(|found| value == "*" || value == found),
            };
            account && policy && rule.tags.iter().all(tagged)
        };
        let wanted = self.rules.iter().find(fits).map_or(self.mode, |rule| rule.mode);
        wanted.min(handler)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::{ResourceKey, Severity, Status};

    fn options(value: Value) -> EventOptions {
        serde_json::from_value(value).unwrap()
    }

    fn key() -> ResourceKey {
        ResourceKey { type_name: "T".into(), account: "1".into(), region: "r".into(), id: "i".into() }
    }

    fn finding(policy: &str) -> Finding {
        Finding {
            id: "f".into(),
            policy: policy.into(),
            severity: Severity::Low,
            resource: key(),
            arn: String::new(),
            message: String::new(),
            path: String::new(),
            params: Value::Null,
            status: Status::Open,
            reason: None,
            waived: None,
        }
    }

    fn env(value: &str) -> BTreeMap<String, String> {
        BTreeMap::from([("env".to_owned(), value.to_owned())])
    }

    #[test]
    fn the_first_rule_that_fits_decides_and_none_goes_beyond_the_handler() {
        let rules = json!({"rules": [
            {"mode": "observe", "tags": {"env": "prod"}},
            {"mode": "enforce", "policies": ["p"], "accounts": ["1"]},
            {"mode": "observe", "accounts": ["1"]},
        ]});
        let options = options(rules);
        let (dev, prod) = (env("dev"), env("prod"));
        let mode = |handler, policy: &str, tags| options.mode(handler, &finding(policy), tags);
        assert_eq!(mode(Mode::Enforce, "p", Some(&dev)), Mode::Enforce);
        assert_eq!(mode(Mode::Enforce, "q", Some(&dev)), Mode::Observe);
        assert_eq!(mode(Mode::Enforce, "p", Some(&prod)), Mode::Observe);
        assert_eq!(mode(Mode::Observe, "p", Some(&dev)), Mode::Observe);
    }

    #[test]
    fn unknown_tags_never_permit() {
        let forbids = options(json!({"rules": [{"mode": "observe", "tags": {"env": "prod"}}]}));
        assert_eq!(forbids.mode(Mode::Enforce, &finding("p"), None), Mode::Observe);
        let permits = options(json!({"mode": "observe", "rules": [{"mode": "enforce", "tags": {"env": "dev"}}]}));
        assert_eq!(permits.mode(Mode::Enforce, &finding("p"), None), Mode::Observe);
    }
}
