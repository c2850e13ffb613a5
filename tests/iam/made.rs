//! Generated policies: always the same ones, made to hold what the programs might read apart.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use serde_json::{Map, Value, json};

use super::check::Kind;
use super::documents::Named;

/// How many there are of each kind.
const COUNTS: [(Kind, usize); 3] = [(Kind::Identity, 500), (Kind::Resource, 400), (Kind::Trust, 200)];

/// Policies of every kind.
pub fn all() -> Vec<Named> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, b"policies of every kind, each day");
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
    let mut made = Vec::new();
    for (kind, count) in COUNTS {
        let statement = match kind {
            Kind::Managed | Kind::Identity => identity_statement().boxed(),
            Kind::Resource => resource_statement().boxed(),
            Kind::Trust => trust_statement().boxed(),
        };
        let documents = document(statement);
        for n in 0..count {
            let document = documents.new_tree(&mut runner).unwrap().current();
            made.push(Named { name: format!("generated {kind:?} policy {n}"), kind, document });
        }
    }
    made
}

/// One to three statements; one alone perhaps without its list.
fn document(statement: BoxedStrategy<Value>) -> impl Strategy<Value = Value> {
    let statements = prop::collection::vec(statement, 1..=3);
    (statements, any::<bool>()).prop_map(|(mut statements, plain)| {
        let statement = if plain && statements.len() == 1 { statements.remove(0) } else { Value::Array(statements) };
        json!({"Version": "2012-10-17", "Statement": statement})
    })
}

const ACTIONS: [&str; 43] = [
    "*:*",
    "s3:*",
    "S3:getobject",
    "s3:Get*",
    "s3:*Object",
    "s3:Get?bject",
    "s3:GetObject",
    "s3:Delete*",
    "iam:*",
    "IAM:*",
    "iam:Pass*",
    "iam:PassRole",
    "iam:pass?ole",
    "iam:*Role",
    "iam:*User",
    "iam:Create*",
    "iam:CreatePolicyVersion",
    "iam:CreateAccessKey",
    "iam:AttachRolePolicy",
    "iam:Put*Policy",
    "iam:UpdateAssumeRolePolicy",
    "kms:*",
    "kms:Decrypt",
    "kms:De*",
    "lambda:*",
    "lambda:Invoke*",
    "lambda:InvokeFunction",
    "lambda:CreateFunction",
    "lambda:Update*",
    "lambda:UpdateFunctionCode",
    "dynamodb:*Table",
    "dynamodb:*",
    "ec2:RunInstances",
    "ec2:Run*",
    "ec2:*",
    "ecs:RunTask",
    "cloudformation:CreateStack",
    "cloudwatch:Put*",
    "logs:*",
    "logs:CreateLog*",
    "sqs:*",
    "sqs:Send*",
    "sts:AssumeRole",
];

const RESOURCES: [&str; 16] = [
    "*",
    "*",
    "arn:aws:*:*:*:*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::shop-?",
    "arn:aws:s3:::shop/*",
    "arn:aws:iam::111122223333:role/*",
    "arn:aws:iam::*:role/app",
    "arn:aws:iam::111122223333:user/ann",
    "arn:aws:iam::111122223333:policy/*",
    "arn:aws:kms:*:111122223333:key/*",
    "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "arn:aws:lambda:*:*:function:*",
    "arn:aws:lambda:eu-west-1:111122223333:function:orders",
    "arn:aws:dynamodb:eu-west-1:111122223333:table/orders",
    "arn:aws:sqs:*:111122223333:*",
];

/// One to four of these, as a list or, where it is one, perhaps as a text.
fn some(of: &'static [&'static str]) -> impl Strategy<Value = Value> {
    (subsequence(of.to_vec(), 1..=4), any::<bool>())
        .prop_map(|(chosen, plain)| if plain && chosen.len() == 1 { json!(chosen[0]) } else { json!(chosen) })
}

/// A member, or its opposite.
fn member(
    name: &'static str,
    opposite: f64,
    value: impl Strategy<Value = Value>,
) -> impl Strategy<Value = (String, Value)> {
    (prop::bool::weighted(opposite), value)
        .prop_map(move |(not, value)| (if not { format!("Not{name}") } else { name.to_owned() }, value))
}

fn effect(allow: f64) -> impl Strategy<Value = (String, Value)> {
    prop::bool::weighted(allow).prop_map(|allow| ("Effect".to_owned(), json!(if allow { "Allow" } else { "Deny" })))
}

/// None half of the time.
fn conditions(of: Vec<Value>) -> impl Strategy<Value = Option<(String, Value)>> {
    prop::option::of(select(of)).prop_map(|condition| condition.map(|condition| ("Condition".to_owned(), condition)))
}

fn identity_statement() -> impl Strategy<Value = Value> {
    let condition = conditions(vec![
        json!({}),
        json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        json!({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}),
        json!({"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}),
        json!({"StringLike": {"iam:PassedToService": ["ec2.amazonaws.com", "glue.*"]}}),
    ]);
    let action = prop_oneof![1 => Just(json!("*")), 15 => some(&ACTIONS)];
    let resource = prop_oneof![1 => Just(json!("*")), 2 => some(&RESOURCES)];
    let parts = (effect(0.8), member("Action", 0.08, action), member("Resource", 0.1, resource), condition);
    parts.prop_map(|(effect, action, resource, condition)| {
        Value::Object([effect, action, resource].into_iter().chain(condition).collect::<Map<_, _>>())
    })
}

/// Whom a statement is for.
fn principals() -> impl Strategy<Value = (String, Value)> {
    let names = select(vec![
        json!("*"),
        json!("*"),
        json!({"AWS": "*"}),
        json!({"AWS": ["*"]}),
        json!({"AWS": ["111122223333", "*"]}),
        json!({"AWS": "*", "Service": "sns.amazonaws.com"}),
        json!({"AWS": "111122223333"}),
        json!({"AWS": "444455556666"}),
        json!({"AWS": "arn:aws:iam::444455556666:root"}),
        json!({"AWS": ["arn:aws:iam::111122223333:role/app", "arn:aws:iam::777788889999:user/ann"]}),
        json!({"AWS": "arn:aws:iam::777788889999:role/app", "Service": ["lambda.amazonaws.com", "ec2.amazonaws.com"]}),
        json!({"Service": "sns.amazonaws.com"}),
        json!({"Federated": "arn:aws:iam::111122223333:saml-provider/corp"}),
        json!({"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}),
    ]);
    member("Principal", 0.08, names)
}

/// Conditions that tell who calls, that seem to, and that do not.
fn of_callers() -> Vec<Value> {
    vec![
        json!({}),
        json!({"StringEquals": {"aws:SourceAccount": "111122223333"}}),
        json!({"StringEquals": {"AWS:SourceAccount": ["111122223333", "444455556666"]}}),
        json!({"StringLike": {"aws:SourceAccount": "*"}}),
        json!({"StringLike": {"aws:SourceAccount": ["111122223333", "*"]}}),
        json!({"StringEqualsIfExists": {"aws:SourceAccount": "111122223333"}}),
        json!({"StringEqualsIfExists": {"aws:SourceAccount": "111122223333"}, "Null": {"aws:SourceAccount": "false"}}),
        json!({"StringNotEquals": {"aws:SourceAccount": "111122223333"}}),
        json!({"StringEquals": {"aws:SourceOwner": "111122223333"}}),
        json!({"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}),
        json!({"StringEquals": {"kms:CallerAccount": "111122223333", "kms:ViaService": "s3.eu-west-1.amazonaws.com"}}),
        json!({"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}),
        json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::shop"}}),
        json!({"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}),
        json!({"ArnEquals": {"aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:orders"}}),
        json!({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:orders"}}),
        json!({"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:111122223333:*"}}),
        json!({"ArnLike": {"aws:SourceArn": "*"}}),
        json!({"ArnNotLike": {"aws:SourceArn": "arn:aws:sns:*:111122223333:*"}}),
        json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}),
        json!({"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/app"}}),
        json!({"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}),
        json!({"StringLike": {"aws:PrincipalOrgID": "o-*"}}),
        json!({"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}),
        json!({"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}),
        json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/r-ab12/*"}}),
        json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-*/r-ab12/*"}}),
        json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        json!({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}),
        json!({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "0.0.0.0/1"]}}),
        json!({"IpAddress": {"aws:SourceIp": "::/0"}}),
        json!({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        json!({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}, "StringEquals": {"aws:SourceAccount": "111122223333"}}),
        json!({"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}),
        json!({"StringEquals": {"aws:SourceVpc": "vpc-111bbb22"}}),
        json!({"StringLike": {"aws:SourceVpc": "vpc-*"}}),
        json!({"StringLike": {"aws:userid": "AROAEXAMPLEID:*"}}),
        json!({"StringEquals": {"aws:userid": "AIDAEXAMPLEID"}}),
        json!({"StringEquals": {"aws:PrincipalTag/team": "shop"}}),
        json!({"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}),
        json!({"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}),
        json!({"Bool": {"aws:SecureTransport": "false"}}),
        json!({"StringEquals": {"sts:ExternalId": "shop-7"}}),
        json!({"StringLike": {"sts:ExternalId": "*"}}),
        json!({"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}),
    ]
}

fn resource_statement() -> impl Strategy<Value = Value> {
    const OPERATIONS: [&str; 8] = [
        "*",
        "s3:GetObject",
        "s3:*",
        "sns:Publish",
        "sns:Subscribe",
        "sqs:SendMessage",
        "kms:Decrypt",
        "lambda:InvokeFunction",
    ];
    const PLACES: [&str; 4] =
        ["*", "arn:aws:s3:::shop/*", "arn:aws:sns:eu-west-1:111122223333:orders", "arn:aws:s3:::shop"];
    let parts = (
        effect(0.85),
        principals(),
        member("Action", 0.05, some(&OPERATIONS)),
        some(&PLACES),
        conditions(of_callers()),
    );
    parts.prop_map(|(effect, principal, action, resource, condition)| {
        let resource = ("Resource".to_owned(), resource);
        Value::Object([effect, principal, action, resource].into_iter().chain(condition).collect::<Map<_, _>>())
    })
}

fn trust_statement() -> impl Strategy<Value = Value> {
    let actions = select(vec![
        json!("sts:AssumeRole"),
        json!("sts:AssumeRole"),
        json!("STS:assumerole"),
        json!(["sts:AssumeRole", "sts:TagSession"]),
        json!("sts:AssumeRoleWithSAML"),
        json!("sts:*"),
    ]);
    let action = actions.prop_map(|action| ("Action".to_owned(), action));
    let parts = (effect(0.9), principals(), action, conditions(of_callers()));
    parts.prop_map(|(effect, principal, action, condition)| {
        Value::Object([effect, principal, action].into_iter().chain(condition).collect::<Map<_, _>>())
    })
}
