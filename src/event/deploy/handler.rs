//! The handler: the function, what calls it, and who it is.

use serde_json::{Value, json};

use super::document::{Document, attribute, either, nothing, policy, reference, text};
use super::{BATCH, CONFIG, MEMORY, TIMEOUT};

/// The handler with these policies; those that have a condition are attached only where it holds.
pub fn documents(read: &[Document], write: &[Document]) -> Vec<Document> {
    vec![role(read, write), function(), mapping()]
}

/// A service of this account may be the role, and of no other: a statement.
pub fn trust(service: &str) -> Value {
    json!({
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": reference("AWS::AccountId")}},
    })
}

fn function() -> Document {
    let properties = json!({
        "Description": "Rectify's event handler.",
        "Runtime": "provided.al2023",
        "Handler": "bootstrap",
        "Architectures": [reference("Architecture")],
        "Code": {"S3Bucket": reference("CodeBucket"), "S3Key": reference("CodeKey")},
        "Role": attribute("HandlerRole", "Arn"),
        "MemorySize": MEMORY,
        "Timeout": TIMEOUT,
        "ReservedConcurrentExecutions": either("HasReservedConcurrency", reference("ReservedConcurrency"), nothing()),
        "KmsKeyArn": attribute("Key", "Arn"),
        // Nothing secret: an environment can be read by whoever may look at the function.
        "Environment": {"Variables": {
            "RECTIFY_CONFIG": CONFIG,
            "RECTIFY_FINGERPRINT_KEY": text("kms:${FingerprintKey.Arn}"),
            "RECTIFY_JOURNAL": text("dynamodb:${Journal}"),
            "RECTIFY_MODE": reference("Mode"),
            "RECTIFY_QUEUE": reference("Events"),
        }},
        "TracingConfig": {"Mode": "Active"},
        "LoggingConfig": {"LogGroup": reference("LogGroup")},
    });
    Document::new("Handler", "AWS::Lambda::Function", properties)
}

fn mapping() -> Document {
    let properties = json!({
        "EventSourceArn": attribute("Events", "Arn"),
        "FunctionName": reference("Handler"),
        "BatchSize": BATCH.0,
        "MaximumBatchingWindowInSeconds": BATCH.1,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "ScalingConfig": {"MaximumConcurrency": reference("MaximumConcurrency")},
    });
    Document::new("EventsToHandler", "AWS::Lambda::EventSourceMapping", properties)
}

fn role(read: &[Document], write: &[Document]) -> Document {
    let attached = read.iter().chain(write).map(|document| match document.when {
        Some(condition) => either(condition, reference(&document.id), nothing()),
        None => reference(&document.id),
    });
    let mut properties = json!({
        "Description": "Who Rectify's event handler is.",
        "AssumeRolePolicyDocument": policy([json!({
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        })]),
        "Policies": [{"PolicyName": "handler", "PolicyDocument": policy(own())}],
    });
    let attached: Vec<Value> = attached.collect();
    if let Some(members) = properties.as_object_mut().filter(|_| !attached.is_empty()) {
        members.insert("ManagedPolicyArns".to_owned(), attached.into());
    }
    Document::new("HandlerRole", "AWS::IAM::Role", properties)
}

/// What the handler does with what is its own.
fn own() -> Vec<Value> {
    let allow = |sid: &str, actions: &[&str], resource: Value| json!({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource});
    vec![
        allow("Log", &["logs:CreateLogStream", "logs:PutLogEvents"], attribute("LogGroup", "Arn")),
        allow(
            "Consume",
            &[
                "sqs:ChangeMessageVisibility",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:ReceiveMessage",
                // A scan of everything is cut into pieces.
                "sqs:SendMessage",
            ],
            attribute("Events", "Arn"),
        ),
        allow(
            "Remember",
            &[
                "dynamodb:DeleteItem",
                "dynamodb:DescribeTable",
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:Query",
                "dynamodb:UpdateItem",
            ],
            attribute("Journal", "Arn"),
        ),
        allow("Fingerprint", &["kms:GenerateMac"], attribute("FingerprintKey", "Arn")),
        // A table is used with the rights of who uses it
        // (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html).
        allow(
            "Decrypt",
            &["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
            attribute("Key", "Arn"),
        ),
        // X-Ray has no resources (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html).
        allow("Trace", &["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "*".into()),
    ]
}
