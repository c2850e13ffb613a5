//! What DynamoDB's calls take
//! (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html>).

use crate::model::Right;

/// An action on tables.
pub const fn table(action: &'static str) -> Right {
    Right::new(action, "arn:${partition}:dynamodb:${region}:${account}:table/*")
}

/// The tables of a Region; IAM knows no resource of it.
pub const LIST: Right = Right::anywhere("dynamodb:ListTables");

/// Who manages a key; DynamoDB itself does not tell.
pub const DESCRIBE_KEY: Right = Right::new("kms:DescribeKey", KEY);

/// DynamoDB uses a key with the rights of whoever gives it to a table, and makes itself grants with them
/// (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html>,
/// <https://docs.aws.amazon.com/kms/latest/developerguide/services-dynamodb.html>).
pub const USE_KEY: &[Right] = &[
    Right::new("kms:CreateGrant", KEY).only("Bool", "kms:GrantIsForAWSResource", "true"),
    through_dynamodb("kms:Decrypt"),
    through_dynamodb("kms:DescribeKey"),
    through_dynamodb("kms:Encrypt"),
    through_dynamodb("kms:GenerateDataKey"),
    through_dynamodb("kms:GenerateDataKeyWithoutPlaintext"),
    through_dynamodb("kms:ReEncryptFrom"),
    through_dynamodb("kms:ReEncryptTo"),
];

const KEY: &str = "arn:${partition}:kms:${region}:${account}:key/*";

/// On a key, and only when DynamoDB asks in the caller's name.
const fn through_dynamodb(action: &'static str) -> Right {
    Right::new(action, KEY).only("StringLike", "kms:ViaService", "dynamodb.*.amazonaws.com")
}
