//! The parameters that playbooks have to be told, for the shop of the seed.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Shop;

const TOPIC: &str = r#""arn:aws:sns:eu-west-1:111122223333:shop-alarms""#;

/// The playbook or policy, the parameter, and its value as JSON.
#[rustfmt::skip]
const VALUES: &[(&str, &str, &str)] = &[
    ("apigw-5xx-alarm", "topic", TOPIC),
    ("apigw-waf", "web_acl", r#""arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/shop/cd613e30-d8f1-4adf-91b7-584a2265b1f5""#),
    ("apigwv2-cors", "origins", r#"["https://shop.example.com"]"#),
    ("apigwv2-route-auth", "jwt_audience", r#"["shop"]"#),
    ("apigwv2-route-auth", "jwt_issuer", r#""https://login.shop.example""#),
    ("cis-metric-alarms", "log_group", r#""/shop/audit""#),
    ("cis-metric-alarms", "topic", TOPIC),
    ("cloudwatch-alarm-action", "topic", TOPIC),
    // Nothing on an emulator is older than a moment.
    ("iam-access-key-age", "max_age_days", "-1"),
    ("iam-access-key-unused", "unused_days", "0"),
    ("iam-kms-decrypt-all", "keys", r#"["arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d-0000-4000-8000-000000000001"]"#),
    ("iam-no-service-wildcard", "actions", r#"["dynamodb:GetItem", "dynamodb:Query"]"#),
    ("iam-pass-role", "roles", r#"["arn:aws:iam::111122223333:role/shop-orders"]"#),
    ("iam-unused-role", "quarantine_boundary", r#""arn:aws:iam::111122223333:policy/shop-quarantine""#),
    ("iam-unused-role", "unused_days", "0"),
    ("lambda-code-signing", "configuration", r#""arn:aws:lambda:eu-west-1:111122223333:code-signing-config:csc-0f6c334abcdea4d8b""#),
    ("lambda-error-alarm", "topic", TOPIC),
    ("lambda-in-vpc", "groups", r#"["sg-00000001"]"#),
    ("lambda-in-vpc", "subnets", r#"["subnet-00000001", "subnet-00000002"]"#),
    ("lambda-multi-az", "subnets", r#"["subnet-00000001", "subnet-00000002"]"#),
    ("lambda-reserved-concurrency", "limit", "10"),
    ("lambda-tags", "tags", r#"{"team": "shop"}"#),
    ("lambda-url-cors", "origins", r#"["https://www.shop.example"]"#),
    ("s3-access-logs", "log_bucket_prefix", r#""shop-access-logs""#),
    ("sqs-customer-key", "queues", r#"["shop-keyed"]"#),
];

/// The arguments of the command line that set those that the shop has a use for.
pub fn arguments(shop: &Shop) -> Vec<String> {
    // A text stands for itself there.
    let written = |value: &str| serde_json::from_str::<String>(value).unwrap_or_else(|_| value.to_owned());
    let set = |(id, name, value): &(&str, &str, &str)| ["--set".to_owned(), format!("{id}.{name}={}", written(value))];
    VALUES.iter().filter(|(id, ..)| !shop.skips(id)).flat_map(set).collect()
}

/// Them as the settings have them.
pub fn settings() -> BTreeMap<String, BTreeMap<String, Value>> {
    let mut all: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    for (id, name, value) in VALUES {
        let value = serde_json::from_str(value).expect("it is JSON");
        all.entry((*id).to_owned()).or_default().insert((*name).to_owned(), value);
    }
    all
}
