//! A small shop on an emulator: for each policy something that violates it and something much the same that is clean.

use serde::Deserialize;

use super::emulator::Emulator;
use super::venv::Venv;

/// The program that makes it: one text a service, run in this order.
const SEED: [&str; 13] = [
    include_str!("seed/first.py"),
    include_str!("seed/iam.py"),
    include_str!("seed/kms.py"),
    include_str!("seed/logs.py"),
    include_str!("seed/lambda.py"),
    include_str!("seed/layers.py"),
    include_str!("seed/cloudtrail.py"),
    include_str!("seed/apigateway.py"),
    include_str!("seed/sqs.py"),
    include_str!("seed/sns.py"),
    include_str!("seed/dynamodb.py"),
    include_str!("seed/s3.py"),
    include_str!("seed/last.py"),
];

/// What the seed has made. Resources may violate more policies than those that are listed; no clean one violates its policy.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shop {
    /// The account.
    pub account: String,
    /// The Region.
    pub region: String,
    /// What has to be found.
    pub violating: Vec<Seeded>,
    /// What must not be found.
    pub clean: Vec<Seeded>,
    /// What this emulator cannot hold, and why.
    pub skipped: Vec<Skipped>,
    /// Where secrets were planted.
    pub canaries: Vec<Canary>,
}

/// A resource under a policy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seeded {
    /// The policy's id.
    pub policy: String,
    /// The resource's CloudFormation type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The resource's primary identifier.
    pub id: String,
}

/// Something that an emulator cannot do.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skipped {
    /// What is missing: a policy's id, or a sentence of one resource.
    pub what: String,
    /// What the emulator does instead.
    pub reason: String,
}

/// A secret in the shop.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Canary {
    /// Where it stands.
    pub r#where: String,
    /// The secret, which must get nowhere.
    pub value: String,
}

impl Shop {
    /// Whether the emulator cannot hold what a policy or its playbook is about.
    pub fn skips(&self, id: &str) -> bool {
        self.skipped.iter().any(|skipped| skipped.what == id)
    }

    /// Makes the shop on an empty emulator, with the canaries as its secrets, in turn. A value that nothing else contains is
    /// told from chance: `CANARY-` and a few random digits.
    pub fn open(emulator: &Emulator, canaries: &[&str]) -> Self {
        let canaries = serde_json::to_string(canaries).expect("texts are JSON");
        let arguments = [emulator.kind().name(), &canaries];
        let printed = Venv::shared().run(&SEED.concat(), &arguments, Some(&emulator.endpoint()));
        serde_json::from_str(&printed).expect("the seed prints what a Shop holds")
    }
}
