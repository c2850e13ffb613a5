//! What rectify's own policies say.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use jiff::Timestamp;
use rectify::cloud::aws::TYPES;
use rectify::engine::{Bundle, BundleFiles, Settings};
use rectify::model::{ResourceType, ResourceTypes, Violation};
use rectify::policy::{Document, Policy};
use serde_json::{Value, json};

use super::check::{ACTIONS, Check, DECRYPT, PASS, Says};
use super::theirs::Known;

/// A policy that asks the library.
const ALLOWED: &str = r#"# METADATA
# title: What is allowed
# description: For a test. It asks the library.
# custom:
#   id: test-allowed
#   severity: low
#   resource_types: [AWS::IAM::Role]
#   related: []
#   controls: {}
#   parameters: {}
package rectify.test.allowed

import data.rectify.lib.iam

violation contains {"msg": input.action, "path": "", "params": {}} if {
	iam.allowed(iam.statements(input.document), input.action, "*")
}
"#;

/// A policy that tells every way which iam-privilege-escalation finds open; that one tells three, and for a person.
const WAYS: &str = r#"# METADATA
# title: Which ways are open
# description: For a test. It asks another policy.
# custom:
#   id: test-ways
#   severity: low
#   resource_types: [AWS::IAM::Role]
#   related: [policies]
#   controls: {}
#   parameters: {}
package rectify.test.ways

import data.rectify.iam.privilege_escalation

violation contains {"msg": opener.path, "path": "", "params": {}} if {
	some found in privilege_escalation.opened
	some opener in found.openers
}
"#;

const ACCOUNT: &str = "111122223333";

/// A policy's name.
const ARN: &str = "arn:aws:iam::111122223333:policy/p";

/// The bundle, compiled once.
pub struct Ours {
    bundle: Bundle,
    settings: Settings,
}

impl Ours {
    pub fn new() -> Self {
        let mut files = BundleFiles::embedded();
        files.add("policies/test/allowed.rego", ALLOWED);
        files.add("policies/test/ways.rego", WAYS);
        let types = ResourceTypes::new(TYPES.iter().map(|kind| *kind as &dyn ResourceType));
        let bundle = Bundle::load(files, &types).unwrap_or_else(|told| panic!("{told:?}"));
        Self { bundle, settings: Settings::new(Timestamp::UNIX_EPOCH) }
    }

    /// The answer to a check of a document.
    pub fn says(&self, check: Check, document: &Value, known: &Known) -> Says {
        match check {
            Check::Allowed => self.allowed(document),
            Check::Complete => self.complete(document, known),
            Check::Services => self.services(document, known),
            Check::Unrestricted => self.unrestricted(document),
            Check::Escalation => self.escalation(document, known),
            Check::Everyone | Check::Internet | Check::AnyPrincipal => self.everyone(document),
            Check::Foreign => self.foreign(document),
        }
    }

    fn allowed(&self, document: &Value) -> Says {
        let policy = self.policy("test-allowed");
        let input = Document::new(&json!({"document": document}));
        let asked = ACTIONS.iter().map(|action| input.clone().with("action", Document::new(&json!(action))));
        asked.flat_map(|input| policy.evaluate(&input).unwrap()).map(|told| told.msg).collect()
    }

    fn complete(&self, document: &Value, known: &Known) -> Says {
        let told = self.ask("iam-role-wildcard", inline(document));
        let granted = told.iter().map(|told| between(&told.msg, " allows ", " on every resource."));
        // Of a service that they do not know they cannot say what all of it is.
        let known_one = |service: &String| known.services.contains(service);
        let says = granted.flat_map(|granted| services_of(granted, known)).filter(known_one).collect();
        // It makes no difference who has the policy, and how.
        let own = json!({"properties": {"Path": "/", "ManagedPolicyArns": [ARN]},
            "related": {"policies": [{"id": ARN, "properties": {"PolicyDocument": document}}]}});
        for (id, holder) in [
            ("iam-user-wildcard", inline(document)),
            ("iam-group-wildcard", inline(document)),
            ("iam-role-wildcard", attached(document)),
            ("iam-role-wildcard", own),
        ] {
            assert_eq!(self.ask(id, holder).is_empty(), told.is_empty(), "{id} differs on {document}");
        }
        says
    }

    fn services(&self, document: &Value, known: &Known) -> Says {
        let told = self.ask("iam-no-service-wildcard", managed(document));
        let whole = told.iter().flat_map(|told| match told.msg.split_once(": ") {
            Some((_, patterns)) => services_of(patterns.trim_end_matches('.'), known),
            None => {
                let excluded = between(&told.msg, "every action but those of ", ".");
                services_of(&format!("all but {excluded}"), known)
            }
        });
        let everything = self.ask("iam-no-admin-policy", managed(document));
        whole.chain(everything.iter().flat_map(|_| known.services.iter().cloned())).collect()
    }

    fn unrestricted(&self, document: &Value) -> Says {
        [("iam-pass-role", PASS), ("iam-kms-decrypt-all", DECRYPT)]
            .into_iter()
            .filter(|(id, _)| {
                let of_a_role = self.ask(id, inline(document));
                for holder in [managed(document), attached(document)] {
                    assert_eq!(of_a_role.is_empty(), self.ask(id, holder).is_empty(), "{id} on {document}");
                }
                !of_a_role.is_empty()
            })
            .map(|(_, right)| right.to_owned())
            .collect()
    }

    fn escalation(&self, document: &Value, known: &Known) -> Says {
        let ways = self.ask("test-ways", inline(document));
        let told = self.ask("iam-privilege-escalation", inline(document));
        assert_eq!(ways.is_empty(), told.is_empty(), "iam-privilege-escalation on {document}");
        let ways: Vec<BTreeSet<String>> =
            ways.iter().map(|way| way.msg.split(" with ").map(str::to_lowercase).collect()).collect();
        // The same way may take more or fewer actions here and there.
        let same =
            |way: &BTreeSet<String>, actions: &BTreeSet<String>| way.is_subset(actions) || actions.is_subset(way);
        let open = known.methods.iter().filter(|(_, actions)| ways.iter().any(|way| same(way, actions)));
        open.map(|(name, _)| name.clone()).collect()
    }

    /// Every policy of public policies says the same, whosever policy it is.
    fn everyone(&self, document: &Value) -> Says {
        let mut inputs = vec![
            ("iam-trust-public", json!({"properties": {"Path": "/", "AssumeRolePolicyDocument": document}})),
            ("s3-no-public-policy", json!({"arn": "arn:aws:s3:::shop", "properties": {"PolicyDocument": document}})),
            ("sns-no-public-policy", json!({"properties": {"PolicyDocument": document}})),
            ("sqs-no-public-policy", json!({"properties": {"PolicyDocument": document}})),
            ("kms-no-public-policy", json!({"properties": {"KeyPolicy": document}})),
            ("apigw-resource-policy", json!({"properties": {"Policy": document}})),
        ];
        if let Some([one]) = document["Statement"].as_array().map(Vec::as_slice) {
            inputs.push(("lambda-no-public-policy", json!({"properties": {}, "facts": {"Statement": one}})));
            inputs.push(("lambda-layer-public", json!({"properties": {}, "facts": {"Statement": one}})));
        }
        let said: Vec<(&str, bool)> =
            inputs.into_iter().map(|(id, input)| (id, !self.ask(id, input).is_empty())).collect();
        assert!(said.iter().all(|(_, public)| *public == said[0].1), "{said:?} of {document}");
        said[0].1.then(|| "everyone".to_owned()).into_iter().collect()
    }

    fn foreign(&self, document: &Value) -> Says {
        let role = json!({"properties": {"Path": "/", "AssumeRolePolicyDocument": document}});
        let told = self.ask("iam-trust-external", role);
        told.iter().map(|told| between(&told.msg, "the foreign account ", " without").to_owned()).collect()
    }

    /// What a policy of the bundle says of a resource.
    fn ask(&self, id: &str, mut resource: Value) -> Vec<Violation> {
        let policy = self.policy(id);
        let custom = &policy.metadata.custom;
        let resource_members = resource.as_object_mut().unwrap();
        for (name, value) in [
            ("account", json!(ACCOUNT)),
            ("arn", json!("arn:aws:iam::111122223333:role/compared")),
            ("id", json!("compared")),
            ("facts", json!({})),
            ("related", json!({"policies": []})),
            ("parameters", json!(self.settings.values(id, &custom.parameters))),
        ] {
            resource_members.entry(name).or_insert(value);
        }
        policy.evaluate(&Document::new(&resource)).unwrap_or_else(|error| panic!("{id} on {resource}: {error}"))
    }

    fn policy(&self, id: &str) -> &Policy {
        self.bundle.policies.find(id).unwrap_or_else(|| panic!("there is no policy {id}"))
    }
}

fn inline(document: &Value) -> Value {
    json!({"properties": {"Path": "/", "Policies": [{"PolicyName": "p", "PolicyDocument": document}]}})
}

/// As one of AWS's own policies that is attached.
fn attached(document: &Value) -> Value {
    json!({"properties": {"Path": "/", "ManagedPolicyArns": [ARN]},
        "facts": {"AttachedPolicies": [{"PolicyArn": ARN, "Document": document}]}})
}

fn managed(document: &Value) -> Value {
    json!({"properties": {"ManagedPolicyName": "p", "PolicyDocument": document}})
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(start).unwrap_or_else(|| panic!("{text:?} has no {start:?}"));
    rest.rsplit_once(end).unwrap_or_else(|| panic!("{text:?} has no {end:?}")).0
}

/// The ways to more rights that rectify knows: the actions, in lower case, that each takes.
pub fn ways() -> &'static [BTreeSet<String>] {
    static WAYS: LazyLock<Vec<BTreeSet<String>>> = LazyLock::new(|| {
        let table: Value = serde_json::from_str(include_str!("../../policies/data/escalation_paths.json")).unwrap();
        let services = table["paths"].as_object().unwrap().values();
        let opening = services.flat_map(|actions| actions.as_object().unwrap());
        let ways = opening.flat_map(|(action, entry)| {
            entry["paths"].as_array().unwrap().iter().map(move |path| {
                let beside =
                    path["with"].as_array().unwrap().iter().map(|action| action.as_str().unwrap().to_lowercase());
                beside.chain([action.clone()]).collect()
            })
        });
        ways.collect()
    });
    &WAYS
}

/// The services that a list of action patterns takes in whole: `s3:*, sqs:*`, `*`, or `all but iam:*`.
fn services_of(patterns: &str, known: &Known) -> Vec<String> {
    let all = || known.services.iter().cloned();
    if let Some(excluded) = patterns.strip_prefix("all but ") {
        let excluded: Vec<String> = excluded.split(", ").map(service).collect();
        return all().filter(|service| !excluded.contains(service)).collect();
    }
    let named = patterns.split(", ").map(service);
    named.flat_map(|named| if named == "*" { all().collect() } else { vec![named] }).collect()
}

/// The service of an action pattern. No service's prefix is matched by parts: IAM refuses such patterns.
fn service(pattern: &str) -> String {
    let service = pattern.split(':').next().unwrap().to_lowercase();
    assert!(service == "*" || !service.contains(['*', '?']), "{pattern}");
    service
}
