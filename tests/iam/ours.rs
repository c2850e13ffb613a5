//! What rectify's own policies say.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use jiff::Timestamp;
use rectify::cloud::aws::TYPES;
use rectify::engine::{Bundle, BundleFiles, Settings};
use rectify::model::{ResourceType, ResourceTypes, Violation};
use rectify::policy::{Document, Policy};
use serde_json::{Value, json};

use super::check::{ACTIONS, Check, DECRYPT, Kind, PASS, Says};
use super::support::own_policy;
use super::theirs::Known;

/// A policy that asks the library.
const ALLOWED: &str = r#"
import data.rectify.lib.iam

violation contains {"msg": action, "path": "", "params": {}} if {
	some action in input.actions
	iam.allowed(iam.statements(input.document), action, "*")
}
"#;

/// A policy that tells every way which iam-privilege-escalation finds open; that one tells three, and for a person.
const WAYS: &str = r#"
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
        own_policy::add(&mut files, "allowed", "", ALLOWED);
        own_policy::add(&mut files, "ways", "policies", WAYS);
        let types = ResourceTypes::new(TYPES.iter().map(|kind| *kind as &dyn ResourceType));
        let bundle = Bundle::load(files, &types).unwrap_or_else(|told| panic!("{told:?}"));
        Self { bundle, settings: Settings::new(Timestamp::UNIX_EPOCH) }
    }

    /// The answer to a check of a document. Where a policy fails, the answer is why.
    pub fn says(&self, check: Check, document: &Value, known: &Known) -> Says {
        let says = match check {
            Check::Allowed => self.allowed(document),
            Check::Complete => self.complete(document, known),
            Check::Services => self.services(document, known),
            Check::Unrestricted => self.unrestricted(document),
            Check::Escalation => self.escalation(document, known),
            Check::Everyone | Check::Internet | Check::AnyPrincipal => self.everyone(document),
            Check::Foreign => self.foreign(document),
        };
        says.unwrap_or_else(|why| Says::from([why]))
    }

    /// What differs between policies that must say the same of a document: whoever has it, and whatever it is for.
    pub fn torn(&self, kind: Kind, document: &Value) -> Option<String> {
        let own = json!({"properties": {"Path": "/", "ManagedPolicyArns": [ARN]},
            "related": {"policies": [{"id": ARN, "properties": {"PolicyDocument": document}}]}});
        let alike = match kind {
            // That these are judged at all is what is shown.
            Kind::Managed => {
                let policies =
                    ["iam-role-wildcard", "iam-pass-role", "iam-kms-decrypt-all", "iam-privilege-escalation"];
                policies.map(|id| vec![(id, attached(document))]).to_vec()
            }
            Kind::Identity => vec![
                vec![
                    ("iam-role-wildcard", inline(document)),
                    ("iam-user-wildcard", inline(document)),
                    ("iam-group-wildcard", inline(document)),
                    ("iam-role-wildcard", attached(document)),
                    ("iam-role-wildcard", own),
                ],
                vec![
                    ("iam-pass-role", inline(document)),
                    ("iam-pass-role", managed(document)),
                    ("iam-pass-role", attached(document)),
                ],
                vec![
                    ("iam-kms-decrypt-all", inline(document)),
                    ("iam-kms-decrypt-all", managed(document)),
                    ("iam-kms-decrypt-all", attached(document)),
                ],
                vec![("test-ways", inline(document)), ("iam-privilege-escalation", inline(document))],
            ],
            Kind::Resource | Kind::Trust => vec![public(document)],
        };
        alike.into_iter().find_map(|alike| {
            let said: Vec<(&str, Result<bool, String>)> =
                alike.into_iter().map(|(id, input)| (id, self.ask(id, input).map(|told| !told.is_empty()))).collect();
            let same = said.iter().all(|(_, one)| one.is_ok() && *one == said[0].1);
            (!same).then(|| format!("{said:?}"))
        })
    }

    fn allowed(&self, document: &Value) -> Result<Says, String> {
        let policy = self.policy("test-allowed");
        let input = Document::new(&json!({"document": document}));
        // What one evaluation may take is limited, and the largest of AWS's policies have thousands of actions.
        let at_once = if document.to_string().len() < 6_000 { ACTIONS.len() } else { 1 };
        let mut says = Says::new();
        for some in ACTIONS.chunks(at_once) {
            let input = input.clone().with("actions", Document::new(&json!(some)));
            let told = policy.evaluate(&input).map_err(|error| error.to_string())?;
            says.extend(told.into_iter().map(|told| told.msg));
        }
        Ok(says)
    }

    fn complete(&self, document: &Value, known: &Known) -> Result<Says, String> {
        let told = self.ask("iam-role-wildcard", inline(document))?;
        let granted = told.iter().map(|told| between(&told.msg, " allows ", " on every resource."));
        // Of a service that they do not know they cannot say what all of it is.
        let known_one = |service: &String| known.services.contains(service);
        Ok(granted.flat_map(|granted| services_of(granted, known)).filter(known_one).collect())
    }

    fn services(&self, document: &Value, known: &Known) -> Result<Says, String> {
        let told = self.ask("iam-no-service-wildcard", managed(document))?;
        let whole = told.iter().flat_map(|told| match told.msg.split_once(": ") {
            Some((_, patterns)) => services_of(patterns.trim_end_matches('.'), known),
            None => {
                let excluded = between(&told.msg, "every action but those of ", ".");
                services_of(&format!("all but {excluded}"), known)
            }
        });
        let everything = self.ask("iam-no-admin-policy", managed(document))?;
        Ok(whole.chain(everything.iter().flat_map(|_| known.services.iter().cloned())).collect())
    }

    fn unrestricted(&self, document: &Value) -> Result<Says, String> {
        let mut says = Says::new();
        for (id, right) in [("iam-pass-role", PASS), ("iam-kms-decrypt-all", DECRYPT)] {
            let told = self.ask(id, inline(document))?;
            says.extend((!told.is_empty()).then(|| right.to_owned()));
        }
        Ok(says)
    }

    fn escalation(&self, document: &Value, known: &Known) -> Result<Says, String> {
        let told = self.ask("test-ways", inline(document))?;
        let ways: Vec<BTreeSet<String>> =
            told.iter().map(|way| way.msg.split(" with ").map(str::to_lowercase).collect()).collect();
        // The same way may take more or fewer actions here and there.
        let same =
            |way: &BTreeSet<String>, actions: &BTreeSet<String>| way.is_subset(actions) || actions.is_subset(way);
        let open = known.methods.iter().filter(|(_, actions)| ways.iter().any(|way| same(way, actions)));
        Ok(open.map(|(name, _)| name.clone()).collect())
    }

    fn everyone(&self, document: &Value) -> Result<Says, String> {
        let (id, input) = public(document).swap_remove(0);
        let public = !self.ask(id, input)?.is_empty();
        Ok(public.then(|| "everyone".to_owned()).into_iter().collect())
    }

    fn foreign(&self, document: &Value) -> Result<Says, String> {
        let role = json!({"properties": {"Path": "/", "AssumeRolePolicyDocument": document}});
        let told = self.ask("iam-trust-external", role)?;
        Ok(told.iter().map(|told| between(&told.msg, "the foreign account ", " without").to_owned()).collect())
    }

    /// What a policy of the bundle says of a resource.
    fn ask(&self, id: &str, mut resource: Value) -> Result<Vec<Violation>, String> {
        let policy = self.policy(id);
        let custom = &policy.metadata.custom;
        let members = resource.as_object_mut().unwrap();
        for (name, value) in [
            ("account", json!(ACCOUNT)),
            ("arn", json!("arn:aws:iam::111122223333:role/compared")),
            ("id", json!("compared")),
            ("facts", json!({})),
            ("related", json!({"policies": []})),
            ("parameters", json!(self.settings.values(id, &custom.parameters))),
        ] {
            members.entry(name).or_insert(value);
        }
        policy.evaluate(&Document::new(&resource)).map_err(|error| format!("{id} fails: {error}"))
    }

    fn policy(&self, id: &str) -> &Policy {
        self.bundle.policies.find(id).unwrap_or_else(|| panic!("there is no policy {id}"))
    }
}

/// Every policy of public policies, with the document as the policy that it judges.
fn public(document: &Value) -> Vec<(&'static str, Value)> {
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
    inputs
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
