//! Whether IAM's policy documents allow an action, as far as rectify's own documents go: statements that allow, actions and
//! resources with wildcards, and conditions by `StringEquals`, `StringLike` and `Bool`.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

use std::collections::BTreeMap;

use serde_json::Value;

/// What a call asks of IAM.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ask {
    /// The action.
    pub action: String,
    /// The resource's ARN; `*` where the action has none.
    pub resource: String,
    /// What is known of the request.
    pub context: BTreeMap<String, String>,
}

impl Ask {
    pub fn new(action: &str, resource: &str) -> Self {
        Self { action: action.into(), resource: resource.into(), context: BTreeMap::new() }
    }

    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.context.insert(key.into(), value.into());
        self
    }
}

/// Whether one of the statements allows it. What is in a document and not understood here fails the test.
pub fn allows<'a>(statements: impl IntoIterator<Item = &'a Value>, ask: &Ask) -> bool {
    statements.into_iter().any(|statement| fits(statement, ask))
}

fn fits(statement: &Value, ask: &Ask) -> bool {
    let known = ["Sid", "Effect", "Action", "Resource", "Condition"];
    let members = statement.as_object().expect("a statement is an object");
    assert!(members.keys().all(|name| known.contains(&name.as_str())), "{statement}");
    assert_eq!(statement["Effect"], "Allow");
    // Actions are compared without regard to case, resources with.
    let action = ask.action.to_ascii_lowercase();
    texts(&statement["Action"]).iter().any(|pattern| like(&pattern.to_ascii_lowercase(), &action))
        && texts(&statement["Resource"]).iter().any(|pattern| like(pattern, &ask.resource))
        && members.get("Condition").is_none_or(|condition| holds(condition, ask))
}

fn holds(condition: &Value, ask: &Ask) -> bool {
    condition.as_object().expect("conditions are an object").iter().all(|(operator, keys)| {
        keys.as_object().expect("keys are an object").iter().all(|(key, wanted)| {
            // A key that the request does not have fits none of these operators.
            let context = ask.context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key));
            let Some((_, value)) = context else { return false };
            texts(wanted).iter().any(|wanted| match operator.as_str() {
                "StringEquals" => wanted == value,
                "StringLike" => like(wanted, value),
                "Bool" => wanted.eq_ignore_ascii_case(value),
                other => panic!("the operator {other} is not understood"),
            })
        })
    })
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list.iter().map(|text| text.as_str().expect("a text").to_owned()).collect(),
        other => panic!("{other} is neither a text nor a list"),
    }
}

/// `*` is any text, `?` any character.
fn like(pattern: &str, text: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = rest.as_str();
            text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| like(rest, &text[at..]))
        }
        Some(first) => {
            let mut characters = text.chars();
            characters.next().is_some_and(|next| first == '?' || first == next)
                && like(rest.as_str(), characters.as_str())
        }
    }
}

#[test]
fn the_matcher_matches_as_iam_does() {
    let statement = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let get = r#"{"Effect": "Allow", "Action": ["lambda:GetPolicy", "iam:Get*"], "Resource": "arn:aws:lambda:*:1:function:*"}"#;
    let pass = r#"{"Sid": "Pass", "Effect": "Allow", "Action": "iam:PassRole", "Resource": "*",
        "Condition": {"StringEquals": {"iam:PassedToService": ["lambda.amazonaws.com", "x"]}}}"#;
    let grant = r#"{"Effect": "Allow", "Action": "kms:CreateGrant", "Resource": ["arn:aws:kms:*:1:key/*"],
        "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}, "StringLike": {"kms:ViaService": "lambda.*.amazonaws.com"}}}"#;
    let any = r#"{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s?:::a/*/c"}"#;
    let role = Ask::new("iam:PassRole", "arn:aws:iam::1:role/r");
    let key = Ask::new("kms:CreateGrant", "arn:aws:kms:eu-west-1:1:key/k")
        .with("kms:ViaService", "lambda.eu-west-1.amazonaws.com");
    let table = [
        (get, Ask::new("lambda:GetPolicy", "arn:aws:lambda:eu-west-1:1:function:f"), true),
        (get, Ask::new("lambda:GetPolicy", "arn:aws:lambda:eu-west-1:1:function:f:live"), true),
        (get, Ask::new("LAMBDA:getpolicy", "arn:aws:lambda:eu-west-1:1:function:f"), true),
        (get, Ask::new("lambda:GetPolicy", "arn:aws:lambda:eu-west-1:1:FUNCTION:f"), false),
        (get, Ask::new("lambda:GetPolicy", "arn:aws:lambda:eu-west-1:2:function:f"), false),
        (get, Ask::new("lambda:GetPolicyX", "arn:aws:lambda:eu-west-1:1:function:f"), false),
        (get, Ask::new("lambda:ListFunctions", "*"), false),
        (get, Ask::new("iam:GetRole", "arn:aws:lambda:eu-west-1:1:function:f"), true),
        (get, Ask::new("iam:ListRoles", "arn:aws:lambda:eu-west-1:1:function:f"), false),
        (pass, role.clone(), false),
        (pass, role.clone().with("iam:PassedToService", "lambda.amazonaws.com"), true),
        (pass, role.clone().with("IAM:passedtoservice", "x"), true),
        (pass, role.with("iam:PassedToService", "ec2.amazonaws.com"), false),
        (grant, key.clone(), false),
        (grant, key.clone().with("kms:GrantIsForAWSResource", "true"), true),
        (grant, key.clone().with("kms:GrantIsForAWSResource", "false"), false),
        (
            grant,
            key.with("kms:GrantIsForAWSResource", "true").with("kms:ViaService", "s3.eu-west-1.amazonaws.com"),
            false,
        ),
        (any, Ask::new("s3:GetObject", "arn:aws:s3:::a/b/b/c"), true),
        (any, Ask::new("s3:GetObject", "arn:aws:s3:::a/c"), false),
        (any, Ask::new("s3:GetObject", "arn:aws:sqs:::a/b/c"), false),
    ];
    for (text, ask, expected) in table {
        assert_eq!(allows([&statement(text)], &ask), expected, "{ask:?} by {text}");
    }
    assert!(!allows([], &Ask::new("a:B", "*")));
}
