//! Law 6: no fix loosens anything.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use rectify::engine::differences;
use rectify::model::{Change, Finding, PolicyId, Resource, ResourceKey, Snapshot};
use rectify::playbook::{Bindings, Patch, ResolvedPatch};
use serde_json::{Value, json};

use super::days::Day;
use super::rights::{Request, allowed, conditions, fits, principals, statements, texts};
use super::worlds::all_hold;

#[test]
fn law_6_no_fix_introduces_a_finding() {
    let counts = |findings: &[Finding]| {
        let mut counts: BTreeMap<(PolicyId, ResourceKey), usize> = BTreeMap::new();
        for finding in findings {
            *counts.entry((finding.policy.clone(), finding.resource.clone())).or_default() += 1;
        }
        counts
    };
    let mut broken = Vec::new();
    for Day { world, plan, found, .. } in Day::all() {
        broken.extend(plan.proof.introduced.iter().map(|id| format!("{}: the plan introduces {id}", world.name)));
        let before = counts(&plan.findings);
        let more =
            counts(found).into_iter().filter(|(place, count)| *count > before.get(place).copied().unwrap_or_default());
        broken.extend(more.map(|((policy, resource), _)| format!("{}: {policy} is new on {resource}", world.name)));
    }
    all_hold(broken);
}

#[test]
fn law_6_nothing_else_is_touched() {
    let mut broken = Vec::new();
    for Day { world, plan, after, .. } in Day::all() {
        let changed: BTreeSet<&ResourceKey> = plan.changes.iter().map(|change| &change.resource).collect();
        for old in world.snapshot.resources().filter(|old| !changed.contains(&old.key())) {
            let same = after.get(&old.key()).is_some_and(|new| new.properties == old.properties);
            broken
                .extend((!same).then(|| format!("{}: {} is not in the plan, and was touched", world.name, old.key())));
        }
        for change in &plan.changes {
            broken.extend(beside(change, after).into_iter().map(|told| format!("{}: {told}", world.name)));
        }
    }
    all_hold(broken);
}

/// What differs in a changed document that its change does not name.
fn beside(change: &Change, after: &Snapshot) -> Vec<String> {
    let (Some(before), Some(planned), Some(actual)) = (&change.before, &change.after, after.get(&change.resource))
    else {
        return Vec::new();
    };
    let top = |path: &str| path.split('/').nth(1).unwrap_or_default().to_owned();
    let meant: BTreeSet<String> =
        differences(&before.properties, &planned.properties).iter().map(|difference| top(&difference.path)).collect();
    let parts_read: BTreeSet<&String> =
        before.properties.as_object().into_iter().flat_map(|members| members.keys()).collect();
    let read = |name: &String| parts_read.contains(name) || meant.contains(name);
    let told = differences(&planned.properties, &actual.properties).into_iter().filter(|difference| {
        let name = top(&difference.path);
        read(&name) && !meant.contains(&name)
    });
    told.map(|difference| format!("{}{} is {:?}", change.resource, difference.path, difference.after)).collect()
}

/// What a fix has to allow to work at all: the playbook, and the actions.
const NEEDED: &[(&str, &str)] = &[
    // The service that encrypts has to be let into the key's policy.
    ("apigw-access-logs", "kms:*"),
    ("apigwv2-access-logs", "kms:*"),
    ("cloudtrail-logs", "kms:*"),
    ("lambda-log-group", "kms:*"),
    ("logs-kms", "kms:*"),
    // Those that send through a queue or topic need its key too.
    ("sns-allow-publishers", "kms:*"),
    ("sns-encryption", "kms:*"),
    ("sqs-customer-key", "kms:*"),
    ("lambda-dead-letter", "sqs:SendMessage"),
    ("lambda-in-vpc", "ec2:*"),
    ("lambda-in-vpc", "logs:*"),
    ("lambda-role-can-log", "logs:*"),
    ("lambda-tracing", "xray:*"),
];

/// AWS managed policies that a fix attaches, with what they allow.
/// <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSXRayDaemonWriteAccess.html>
const ATTACHED: [(&str, &[&str]); 3] = [
    ("arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess", &["xray:*"]),
    (
        "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
        &["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
    ),
    (
        "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole",
        &[
            "logs:CreateLogGroup",
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            "ec2:CreateNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:DeleteNetworkInterface",
            "ec2:AssignPrivateIpAddresses",
            "ec2:UnassignPrivateIpAddresses",
        ],
    ),
];

#[test]
fn law_6_no_fix_allows_more_than_was_allowed() {
    let (mut asked, mut forbidden, mut broken) = (0, 0, Vec::new());
    for Day { world, plan, .. } in Day::all() {
        for change in &plan.changes {
            let (Some(before), Some(after)) = (&change.before, &change.after) else { continue };
            for (old, new) in
                grants(before, before, &world.snapshot).iter().zip(&grants(after, before, &world.snapshot))
            {
                for request in requests(&[old.as_slice(), new.as_slice()].concat()) {
                    asked += 1;
                    let (was, is) = (allowed(old, &request), allowed(new, &request));
                    forbidden += usize::from(was && !is);
                    let needed = change.playbooks.iter().any(|playbook| {
                        NEEDED.iter().any(|(id, action)| *id == playbook.as_str() && fits(action, &request.action))
                    });
                    if is && !was && !needed {
                        broken.push(format!("{}: {} allows now {request:?}", world.name, change.resource));
                    }
                }
            }
        }
    }
    assert!(asked > 5_000 && forbidden > 100, "of {asked} requests {forbidden} are forbidden by now");
    all_hold(broken);
}

/// The policy documents of a document, in groups that IAM evaluates together: what a principal may do, and who may use the
/// resource. What an attached policy says is known from the document before, or from its own.
pub fn grants(document: &Resource, before: &Resource, snapshot: &Snapshot) -> Vec<Vec<Value>> {
    let properties = &document.properties;
    let attached = |arn: &str| {
        let facts = before.facts["AttachedPolicies"].as_array().into_iter().flatten();
        let known = facts.clone().find(|fact| fact["PolicyArn"] == *arn).map(|fact| fact["Document"].clone());
        let own = snapshot.of_type("AWS::IAM::ManagedPolicy").find(|policy| policy.arn == arn || policy.id == arn);
        let actions = ATTACHED.iter().find(|(known, _)| *known == arn).map_or(&["*"][..], |(_, actions)| actions);
        let everything = json!({"Statement": {"Effect": "Allow", "Action": actions, "Resource": "*"}});
        // Of a policy that nobody knows the worst is assumed, unless it was attached before.
        let unknown =
            if texts(&before.properties["ManagedPolicyArns"]).contains(&arn) { Value::Null } else { everything };
        known.or(own.map(|policy| policy.properties["PolicyDocument"].clone())).unwrap_or(unknown)
    };
    let inline = properties["Policies"].as_array().into_iter().flatten().map(|policy| policy["PolicyDocument"].clone());
    let mut identity: Vec<Value> = inline.collect();
    identity.extend(texts(&properties["ManagedPolicyArns"]).into_iter().map(attached));
    identity.push(properties["PolicyDocument"].clone());
    let one = |name: &str| vec![properties[name].clone()];
    vec![identity, one("AssumeRolePolicyDocument"), one("KeyPolicy"), one("Policy"), vec![permission(document)]]
}

/// The statement that a permission of Lambda's stands for.
fn permission(document: &Resource) -> Value {
    let properties = &document.properties;
    if document.type_name.as_str() != "AWS::Lambda::Permission" {
        return Value::Null;
    }
    let mut condition = serde_json::Map::new();
    for name in ["SourceArn", "SourceAccount", "PrincipalOrgID", "EventSourceToken", "FunctionUrlAuthType"] {
        if let Some(value) = properties.get(name) {
            condition.insert(name.into(), value.clone());
        }
    }
    json!({"Statement": {"Effect": "Allow", "Principal": properties["Principal"], "Action": properties["Action"],
        "Resource": properties["FunctionName"], "Condition": {"Is": condition}}})
}

/// Requests that tell policy documents apart: of every pattern of theirs something that fits it and something that does not,
/// with none, one or all of their conditions.
pub fn requests(documents: &[Value]) -> Vec<Request> {
    let (mut who, mut actions, mut resources): (BTreeSet<String>, BTreeSet<String>, BTreeSet<String>) = (
        ["arn:aws:iam::999999999999:user/eve".into()].into(),
        [
            "s3:GetObject",
            "iam:PassRole",
            "kms:Decrypt",
            "dynamodb:DeleteTable",
            "sts:AssumeRole",
            "xray:PutTraceSegments",
        ]
        .map(String::from)
        .into(),
        ["arn:aws:s3:::somewhere/else".into()].into(),
    );
    let mut contexts: BTreeSet<BTreeSet<String>> = [BTreeSet::new()].into();
    for statement in documents.iter().flat_map(statements) {
        let patterns = |name: &str| {
            let both = [&statement[name], &statement[format!("Not{name}").as_str()]];
            both.into_iter().flat_map(principals).flat_map(examples).collect::<Vec<_>>()
        };
        who.extend(patterns("Principal"));
        actions.extend(patterns("Action"));
        resources.extend(patterns("Resource"));
        contexts.insert(conditions(statement));
    }
    contexts.insert(contexts.iter().flatten().cloned().collect());
    let mut requests = Vec::new();
    for (principal, action) in who.iter().flat_map(|who| actions.iter().map(move |action| (who, action))) {
        for (resource, holds) in
            resources.iter().flat_map(|resource| contexts.iter().map(move |holds| (resource, holds)))
        {
            let (principal, action, resource) = (principal.clone(), action.clone(), resource.clone());
            requests.push(Request { principal, action, resource, holds: holds.clone() });
        }
    }
    requests
}

/// Texts that fit a pattern.
fn examples(pattern: &str) -> Vec<String> {
    vec![pattern.replace('*', "Any").replace('?', "x"), pattern.replace('*', "").replace('?', "y")]
}

fn patched(verb: &str, bound: f64, document: &Value) -> Value {
    let patch: Patch = serde_json::from_value(json!({ verb: {"/limit": bound} })).unwrap();
    ResolvedPatch::bind(&patch, &Bindings::default()).unwrap().apply(document)
}

proptest! {
    /// A limit that is there is never made weaker, whatever it is and whatever is asked; below zero is no limit at all.
    #[test]
    fn law_6_at_most_and_at_least_never_weaken(old in 0.0..1e6f64, bound in 0.0..1e6f64) {
        let document = json!({"limit": old, "beside": [1, {"a": "b"}]});
        let most = patched("at_most", bound, &document);
        prop_assert!(most["limit"].as_f64().unwrap() <= old && most["limit"].as_f64().unwrap() <= bound);
        let least = patched("at_least", bound, &document);
        prop_assert!(least["limit"].as_f64().unwrap() >= old && least["limit"].as_f64().unwrap() >= bound);
        for (verb, once) in [("at_most", &most), ("at_least", &least)] {
            prop_assert_eq!(&patched(verb, bound, once), once, "twice is once");
            prop_assert_eq!(&once["beside"], &document["beside"]);
        }
    }

    /// What is not there, or is no limit, becomes the bound.
    #[test]
    fn what_has_no_limit_gets_one(bound in 0.0..1e6f64) {
        for document in [json!({}), json!({"limit": null}), json!({"limit": -1}), json!({"limit": ""})] {
            for verb in ["at_most", "at_least"] {
                prop_assert_eq!(patched(verb, bound, &document)["limit"].as_f64(), Some(bound));
            }
        }
    }
}
