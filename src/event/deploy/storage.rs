//! What is kept: the journal, the log, the key that encrypts them, and the key of fingerprints.

use serde_json::{Value, json};

use super::document::{Document, End, attribute, policy, reference, text};

pub fn documents() -> Vec<Document> {
    vec![key(), alias(), journal(), fingerprint_key(), log_group()]
}

/// It stays with the journal, which could not be read without it.
fn key() -> Document {
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    let logs = json!({
        "Sid": "Logs",
        "Effect": "Allow",
        "Principal": {"Service": text("logs.${AWS::Region}.${AWS::URLSuffix}")},
        "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
        "Resource": "*",
        "Condition": {"ArnLike": {
            "kms:EncryptionContext:aws:logs:arn":
                text("arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:*"),
        }},
    });
    // What sends to a queue that is encrypted encrypts too
    // (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html). The scheduler
    // sends as its role.
    let events = json!({
        "Sid": "Events",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:SourceAccount": reference("AWS::AccountId")}},
    });
    let properties = json!({
        "Description": "Rectify: its journal, log, queues and environment.",
        "EnableKeyRotation": true,
        "KeyPolicy": policy([account(), logs, events]),
    });
    Document::new("Key", "AWS::KMS::Key", properties).end(End::Kept)
}

/// The account's own policies say who may use a key: a statement.
fn account() -> Value {
    json!({
        "Sid": "Account",
        "Effect": "Allow",
        "Principal": {"AWS": text("arn:${AWS::Partition}:iam::${AWS::AccountId}:root")},
        "Action": "kms:*",
        "Resource": "*",
    })
}

fn alias() -> Document {
    let properties = json!({"AliasName": text("alias/${AWS::StackName}"), "TargetKeyId": reference("Key")});
    Document::new("KeyAlias", "AWS::KMS::Alias", properties)
}

/// What was done stays on record when the handler goes.
fn journal() -> Document {
    let name = |name: &str| json!({"AttributeName": name, "AttributeType": "S"});
    let key = |name: &str, kind: &str| json!({"AttributeName": name, "KeyType": kind});
    let properties = json!({
        "AttributeDefinitions": [name("pk"), name("sk")],
        "KeySchema": [key("pk", "HASH"), key("sk", "RANGE")],
        "BillingMode": "PAY_PER_REQUEST",
        "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": true},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true},
        "SSESpecification": {"SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": attribute("Key", "Arn")},
        "DeletionProtectionEnabled": true,
    });
    Document::new("Journal", "AWS::DynamoDB::Table", properties).end(End::Kept)
}

/// Nobody ever sees it: fingerprints are made by KMS, and the environment only names the key.
fn fingerprint_key() -> Document {
    let properties = json!({
        "Description": "Rectify: the key of the fingerprints that stand for secrets.",
        "KeySpec": "HMAC_256",
        "KeyUsage": "GENERATE_VERIFY_MAC",
        "KeyPolicy": policy([account()]),
    });
    Document::new("FingerprintKey", "AWS::KMS::Key", properties).end(End::Deleted)
}

fn log_group() -> Document {
    let properties = json!({"RetentionInDays": reference("LogRetentionDays"), "KmsKeyId": attribute("Key", "Arn")});
    Document::new("LogGroup", "AWS::Logs::LogGroup", properties).end(End::Deleted)
}
