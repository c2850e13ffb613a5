//! How events reach the handler: the rules, the queue, the schedule, and where letters go that nobody could read.

use serde_json::{Value, json};

use super::document::{Document, End, attribute, policy, reference};
use super::handler::trust;
use super::rules::Rule;
use super::{RETENTION, SCAN, TRIES, VISIBILITY};

pub fn documents(rules: &[Rule]) -> Vec<Document> {
    let target = json!({
        "Id": "events",
        "Arn": attribute("Events", "Arn"),
        "DeadLetterConfig": {"Arn": attribute("DeadLetters", "Arn")},
    });
    let mut documents = vec![
        dead_letters(),
        events(),
        queue_policy("EventsPolicy", "Events", rules),
        queue_policy("DeadLettersPolicy", "DeadLetters", rules),
    ];
    documents.extend(rules.iter().map(|one| rule(one, target.clone())));
    documents.extend([schedule(), schedule_role()]);
    documents
}

/// A rule on the default bus, which is where AWS's own events are.
pub fn rule(rule: &Rule, target: Value) -> Document {
    let properties = json!({
        "Description": rule.description,
        "EventPattern": rule.pattern,
        "State": "ENABLED",
        "Targets": [target],
    });
    Document::new(&rule.id, "AWS::Events::Rule", properties)
}

fn events() -> Document {
    let properties = json!({
        "KmsMasterKeyId": attribute("Key", "Arn"),
        "MessageRetentionPeriod": RETENTION.0,
        "ReceiveMessageWaitTimeSeconds": 20,
        "RedrivePolicy": {"deadLetterTargetArn": attribute("DeadLetters", "Arn"), "maxReceiveCount": TRIES},
        "VisibilityTimeout": VISIBILITY,
    });
    Document::new("Events", "AWS::SQS::Queue", properties).end(End::Deleted)
}

fn dead_letters() -> Document {
    let properties = json!({"KmsMasterKeyId": attribute("Key", "Arn"), "MessageRetentionPeriod": RETENTION.1});
    Document::new("DeadLetters", "AWS::SQS::Queue", properties).end(End::Deleted)
}

/// Nobody but these rules may send by it, and nobody at all without TLS. The scheduler sends as its role.
fn queue_policy(id: &str, queue: &str, rules: &[Rule]) -> Document {
    let arn = attribute(queue, "Arn");
    let deny = json!({
        "Sid": "OnlyTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    });
    let sources: Vec<Value> = rules.iter().map(|rule| attribute(&rule.id, "Arn")).collect();
    let allow = json!({
        "Sid": "OnlyTheseRules",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {
            "ArnEquals": {"aws:SourceArn": sources},
            "StringEquals": {"aws:SourceAccount": reference("AWS::AccountId")},
        },
    });
    let statements = [Some(deny), (!rules.is_empty()).then_some(allow)];
    let properties = json!({"Queues": [reference(queue)], "PolicyDocument": policy(statements.into_iter().flatten())});
    Document::new(id, "AWS::SQS::QueuePolicy", properties)
}

/// A scan finds what no event told: best effort is all that AWS promises of its own events. Some minutes more or less are
/// nothing to it, and many accounts do not begin at once.
fn schedule() -> Document {
    let properties = json!({
        "Description": "Asks Rectify's handler for a scan of everything.",
        "ScheduleExpression": reference("ScheduleExpression"),
        "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5},
        "State": "ENABLED",
        "Target": {
            "Arn": attribute("Events", "Arn"),
            "RoleArn": attribute("ScheduleRole", "Arn"),
            "Input": SCAN,
            "DeadLetterConfig": {"Arn": attribute("DeadLetters", "Arn")},
        },
    });
    Document::new("Schedule", "AWS::Scheduler::Schedule", properties)
}

fn schedule_role() -> Document {
    let send = json!({
        "Effect": "Allow",
        "Action": "sqs:SendMessage",
        "Resource": [attribute("Events", "Arn"), attribute("DeadLetters", "Arn")],
    });
    let encrypt = json!({
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": attribute("Key", "Arn"),
    });
    let properties = json!({
        "Description": "Asks Rectify's handler for scans.",
        "AssumeRolePolicyDocument": policy([trust("scheduler.amazonaws.com")]),
        "Policies": [{"PolicyName": "send", "PolicyDocument": policy([send, encrypt])}],
    });
    Document::new("ScheduleRole", "AWS::IAM::Role", properties)
}
