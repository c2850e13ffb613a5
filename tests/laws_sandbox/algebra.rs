//! The algebra of IAM statements, over made-up policy documents: what fixes remove and narrow allows less than before and
//! nothing else, and patterns match as a plain reading of them does.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::TestRunner;
use rectify::engine::{Bundle, BundleFiles};
use rectify::model::{Resource, ResourceKey};
use rectify::policy::Document;
use serde_json::{Map, Value, json};

use super::loosening::{grants, requests};
use super::rights::{Request, allowed, conditions, fits, statements};
use super::support::own_policy;
use super::worlds::{World, types};

const ACTIONS: [&str; 16] = [
    "*",
    "*:*",
    "s3:*",
    "S3:Get*",
    "s3:GetObject",
    "iam:*",
    "iam:PassRole",
    "iam:Pass*",
    "iam:CreatePolicyVersion",
    "kms:*",
    "kms:Decrypt",
    "lambda:InvokeFunction",
    "lambda:UpdateFunctionCode",
    "dynamodb:*Item",
    "logs:PutLogEvents",
    "sts:AssumeRole",
];

/// What each of the playbooks that take parameters narrows.
const NARROWED: [&str; 4] = ["s3:*", "iam:PassRole", "kms:Decrypt", "iam:CreatePolicyVersion"];

const RESOURCES: [&str; 8] = [
    "*",
    "arn:aws:*",
    "arn:aws:s3:::shop-?",
    "arn:aws:s3:::shop-a/*",
    "arn:aws:iam::111122223333:role/*",
    "arn:aws:iam::111122223333:role/app",
    "arn:aws:kms:eu-west-1:111122223333:key/*",
    "arn:aws:lambda:eu-west-1:111122223333:function:orders",
];

/// One to three of these, as a list or, where it is one, perhaps as a text.
fn some(of: &'static [&'static str]) -> impl Strategy<Value = Value> {
    (subsequence(of.to_vec(), 1..=3), any::<bool>())
        .prop_map(|(chosen, plain)| if plain && chosen.len() == 1 { json!(chosen[0]) } else { json!(chosen) })
}

fn statement() -> impl Strategy<Value = Value> {
    let element = |name: &'static str, of| {
        (prop::bool::weighted(0.15), some(of))
            .prop_map(move |(not, value)| (if not { format!("Not{name}") } else { name.to_owned() }, value))
    };
    let condition = select(vec![
        None,
        None,
        Some(json!({"Bool": {"aws:SecureTransport": "true"}})),
        Some(json!({"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}})),
    ]);
    let effect = prop::bool::weighted(0.8).prop_map(|allow| if allow { "Allow" } else { "Deny" });
    (effect, element("Action", &ACTIONS), element("Resource", &RESOURCES), condition).prop_map(
        |(effect, action, resource, condition)| {
            let mut statement = Map::from_iter([("Effect".to_owned(), json!(effect)), action, resource]);
            statement.extend(condition.map(|condition| ("Condition".to_owned(), condition)));
            Value::Object(statement)
        },
    )
}

fn policy_document() -> impl Strategy<Value = Value> {
    prop::collection::vec(statement(), 1..=4)
        .prop_map(|statements| json!({"Version": "2012-10-17", "Statement": statements}))
}

fn principal(type_name: &str, name: &str, path: &str, properties: Value) -> Resource {
    let key = ResourceKey {
        type_name: type_name.into(),
        account: "111122223333".into(),
        region: String::new(),
        id: name.to_owned(),
    };
    let properties = properties.as_object().cloned().unwrap();
    Resource::new(key, format!("arn:aws:iam::111122223333:{path}{name}"), properties, Map::new())
}

/// A role, a user and a group with those inline policies, and a customer managed policy that the role has attached.
fn account(inline: &[Value], managed: &Value) -> Vec<Resource> {
    let policies = inline
        .iter()
        .enumerate()
        .map(|(n, document)| json!({"PolicyName": format!("p{n}"), "PolicyDocument": document}));
    let policies: Vec<Value> = policies.collect();
    let arn = "arn:aws:iam::111122223333:policy/app";
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    let mut managed_policy = principal(
        "AWS::IAM::ManagedPolicy",
        arn,
        "policy/",
        json!({
        "ManagedPolicyName": "app", "Path": "/", "PolicyDocument": managed}),
    );
    managed_policy.arn = arn.to_owned();
    vec![
        principal(
            "AWS::IAM::Role",
            "app",
            "role/",
            json!({"RoleName": "app", "Path": "/", "Policies": policies,
            "AssumeRolePolicyDocument": trust, "ManagedPolicyArns": [arn]}),
        ),
        principal("AWS::IAM::User", "ann", "user/", json!({"UserName": "ann", "Path": "/", "Policies": policies})),
        principal("AWS::IAM::Group", "dev", "group/", json!({"GroupName": "dev", "Path": "/", "Policies": policies})),
        managed_policy,
    ]
}

/// Every change of a plan over everything, whichever playbooks made it: what is allowed after was allowed before.
#[test]
fn removing_and_narrowing_never_allows_more() {
    let config = ProptestConfig { cases: 40, source_file: Some(file!()), ..ProptestConfig::default() };
    never_more(config, &BTreeMap::new());
}

/// The same where parameters say to which actions and resources rights are narrowed.
#[test]
fn what_is_left_after_narrowing_is_a_part_of_before() {
    let config = ProptestConfig { cases: 40, source_file: Some(file!()), ..ProptestConfig::default() };
    let narrowed = [
        ("iam-no-service-wildcard", "actions", json!(["s3:GetObject", "S3:put*", "kms:Decrypt", "iam:PassRole"])),
        (
            "iam-pass-role",
            "roles",
            json!(["arn:aws:iam::111122223333:role/app", "arn:aws:iam::111122223333:role/ci-*"]),
        ),
        ("iam-kms-decrypt-all", "keys", json!(["arn:aws:kms:eu-west-1:111122223333:key/5f0c1d2e"])),
        ("iam-privilege-escalation", "keep", json!(["arn:aws:iam::111122223333:role/app"])),
    ];
    let given = |(id, name, value): &(&str, &str, Value)| {
        ((*id).to_owned(), BTreeMap::from([((*name).to_owned(), value.clone())]))
    };
    let applied = never_more(config, &narrowed.iter().map(given).collect());
    for (id, ..) in &narrowed {
        let times = applied.get(*id).copied().unwrap_or_default();
        assert!(times > 0, "{id} has narrowed nothing: {applied:?}");
    }
}

/// Fails where a change allows more than before. Gives back how many changes each playbook had a part in.
fn never_more(
    config: ProptestConfig,
    parameters: &BTreeMap<String, BTreeMap<String, Value>>,
) -> BTreeMap<String, usize> {
    let documents = (prop::collection::vec(policy_document(), 1..=2), policy_document());
    let (asked, forbidden, applied) = (Cell::new(0), Cell::new(0), RefCell::new(BTreeMap::new()));
    let holds = |(inline, managed): (Vec<Value>, Value)| {
        let mut world = World::of(account(&inline, &managed));
        world.settings.parameters.clone_from(parameters);
        let plan = world.plan_over(&world.snapshot);
        prop_assert!(plan.errors.is_empty(), "{:?}", plan.errors);
        prop_assert!(plan.proof.introduced.is_empty());
        for change in &plan.changes {
            for playbook in &change.playbooks {
                *applied.borrow_mut().entry(playbook.to_string()).or_default() += 1;
            }
            let (Some(before), Some(after)) = (&change.before, &change.after) else { continue };
            let sides = grants(before, before, &world.snapshot).into_iter().zip(grants(after, before, &world.snapshot));
            for (old, new) in sides {
                for request in requests(&[old.as_slice(), new.as_slice()].concat()) {
                    let (was, is) = (allowed(&old, &request), allowed(&new, &request));
                    asked.set(asked.get() + 1);
                    forbidden.set(forbidden.get() + usize::from(was && !is));
                    prop_assert!(was || !is, "{} allows {request:?} after {}", change.resource, change.patch);
                }
            }
        }
        Ok(())
    };
    // Chance may leave out what one of the playbooks is for.
    let alone = |action: &str| json!({"Effect": "Allow", "Action": action, "Resource": "*"});
    let each = json!({"Version": "2012-10-17", "Statement": NARROWED.map(alone)});
    holds((vec![each.clone()], each)).unwrap();
    TestRunner::new(config).run(&documents, holds).unwrap();
    let (asked, forbidden) = (asked.get(), forbidden.get());
    assert!(asked > 10_000 && forbidden > 1_000, "of {asked} requests {forbidden} are forbidden by now");
    applied.into_inner()
}

/// A policy that says of pairs what `lib/iam.rego` says of them.
const MATCHES: &str = r#"
import data.rectify.lib.iam

violation contains {"msg": "action", "path": sprintf("%d", [index]), "params": {}} if {
	some index, pair in input.pairs
	iam.action_matches(pair[0], pair[1])
}

violation contains {"msg": "resource", "path": sprintf("%d", [index]), "params": {}} if {
	some index, pair in input.pairs
	iam.matches(pair[0], pair[1])
}
"#;

/// A policy that says of requests whether a document allows them.
const ALLOWED: &str = r#"
import data.rectify.lib.iam

violation contains {"msg": "allowed", "path": sprintf("%d", [index]), "params": {}} if {
	some index, request in input.requests
	iam.allowed(iam.statements(input.document), request[0], request[1])
}
"#;

static MATCHER: LazyLock<Bundle> = LazyLock::new(|| {
    let mut files = BundleFiles::embedded();
    own_policy::add(&mut files, "matches", "", MATCHES);
    own_policy::add(&mut files, "allowed", "", ALLOWED);
    Bundle::load(files, &types()).unwrap_or_else(|told| panic!("{told:?}"))
});

/// Patterns over a small alphabet, so that they often match; a text is a pattern without wildcards.
fn pattern() -> impl Strategy<Value = String> {
    "[ab:/.+($*?]{0,7}|[sS]3:(Get|Put)[*?]?(Object)?[*]?|arn:aws:s3:::[ab*?]{1,3}/?[*]?"
}

fn text() -> impl Strategy<Value = String> {
    "[ab:/.+($]{0,7}|[sS]3:(Get|Put)(Object)?(Acl)?|arn:aws:s3:::[ab]{1,3}(/[ab]{0,2})?"
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Two hundred pairs at a time.
    #[test]
    fn patterns_match_as_a_plain_reading_says(pairs in prop::collection::vec((pattern(), text()), 200)) {
        let input = Document::new(&json!({"pairs": pairs}));
        let policy = MATCHER.policies.find("test-matches").unwrap();
        let told = policy.evaluate(&input).unwrap();
        for (index, (pattern, text)) in pairs.iter().enumerate() {
            let says = |what: &str| told.iter().any(|told| told.msg == what && told.path == index.to_string());
            // Actions are read without regard to case, resources with it.
            prop_assert_eq!(says("action"), fits(pattern, text), "{} on {}", pattern, text);
            let cased = fits(&cased(pattern), &cased(text));
            prop_assert_eq!(says("resource"), cased, "{} on {}", pattern, text);
        }
    }
}

/// As the policies see a document: a condition makes a right rarer and not smaller, and a Deny with one is not counted on.
fn without_conditions(document: &Value) -> Value {
    let all = statements(document).into_iter().cloned();
    let counted = all.filter(|one| one["Effect"] == "Allow" || conditions(one).is_empty());
    let plain = counted.map(|mut one| {
        one.as_object_mut().unwrap().remove("Condition");
        one
    });
    json!({"Statement": plain.collect::<Vec<_>>()})
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// Actions and resources of every pattern in a document, and of none.
    #[test]
    fn documents_allow_what_a_plain_reading_says(document in policy_document()) {
        let policy = MATCHER.policies.find("test-allowed").unwrap();
        let plain = without_conditions(&document);
        // An ARN, and an action of some service: to the library `arn:aws:*` and `*:*` are simply everything.
        let real = |request: &Request| request.resource.starts_with("arn:aws:") && request.action.contains(':');
        let all: BTreeSet<Request> = requests(std::slice::from_ref(&document))
            .into_iter()
            .filter(|request| request.holds.is_empty() && real(request))
            .collect();
        // More would be more than one evaluation may take.
        for some in all.into_iter().collect::<Vec<_>>().chunks(20) {
            let pairs: Vec<_> = some.iter().map(|request| (&request.action, &request.resource)).collect();
            let told = policy.evaluate(&Document::new(&json!({"document": document, "requests": pairs}))).unwrap();
            for (index, request) in some.iter().enumerate() {
                let says = told.iter().any(|told| told.path == index.to_string());
                prop_assert_eq!(says, allowed(std::slice::from_ref(&plain), request), "{:?} by {}", request, document);
            }
        }
    }
}

/// A text whose capitals stay apart from small letters where case does not count: each is a control character.
fn cased(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_uppercase() { char::from(c as u8 - b'A' + 1) } else { c }).collect()
}
