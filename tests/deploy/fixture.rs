//! What is installed in the tests: the built-in bundle, whole and in parts.

use std::sync::OnceLock;

use rectify::cloud::aws::TYPES;
use rectify::engine::{Bundle, Purpose, Reading};
use rectify::event::deploy::{Architecture, Deployment, Wanted};
use rectify::model::{ResourceType, ResourceTypes, Scope, Trail};
use serde_json::{Value, json};

/// The types that rectify knows.
pub fn types() -> ResourceTypes {
    ResourceTypes::new(TYPES.iter().map(|kind| *kind as &dyn ResourceType))
}

/// The built-in bundle, which takes a second to load.
fn bundle() -> &'static Bundle {
    static BUNDLE: OnceLock<Bundle> = OnceLock::new();
    BUNDLE.get_or_init(|| Bundle::embedded(&types()).unwrap())
}

/// The ids of the built-in policies.
pub fn policies() -> Vec<String> {
    bundle().policies.all().map(|policy| policy.id().to_string()).collect()
}

/// The types that some of the built-in policies read.
pub fn read_by(policies: &[String]) -> Vec<&'static dyn ResourceType> {
    let types = types();
    let mut bundle = bundle().clone();
    bundle.policies.retain(|policy| policies.iter().any(|id| id == policy.id().as_str()));
    let reading = Reading::of(&bundle, &types, Purpose::Scan);
    let known = TYPES.iter().map(|kind| *kind as &dyn ResourceType);
    known.filter(|kind| reading.0.contains_key(kind.name())).collect()
}

/// What CloudTrail tells of a type.
pub fn trails(kind: &'static dyn ResourceType) -> Vec<&'static Trail> {
    kind.trails().iter().collect()
}

/// What CloudTrail tells of global types alone.
pub fn global_trails(kinds: &[&'static dyn ResourceType]) -> Vec<&'static Trail> {
    kinds.iter().filter(|kind| kind.scope() == Scope::Global).flat_map(|kind| trails(*kind)).collect()
}

/// Statements as long as those of a large bundle.
pub fn statements(what: &str, count: usize) -> Vec<Value> {
    let statement = |index: usize| {
        json!({
            "Sid": format!("{what}{index}"),
            "Effect": "Allow",
            "Action": ["lambda:GetFunctionConfiguration", "lambda:ListFunctions", "lambda:GetPolicy"],
            "Resource": "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:*",
            "Condition": {"StringEquals": {"aws:RequestedRegion": format!("eu-west-{index}")}},
        })
    };
    (0..count).map(statement).collect()
}

/// The deployment of some policies, with everything that can be asked for.
pub fn deployment(policies: &[String]) -> Deployment {
    let kinds = read_by(policies);
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name()).collect();
    Deployment::handler(&Wanted {
        trails: kinds.iter().flat_map(|kind| trails(*kind)).collect(),
        config_items: names.clone(),
        security_hub: names,
        rights: (&statements("Read", 40), &statements("Write", 3)),
        architecture: Architecture::Arm64,
    })
}
