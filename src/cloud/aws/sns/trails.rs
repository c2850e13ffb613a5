//! What CloudTrail tells of SNS's resources (<https://docs.aws.amazon.com/sns/latest/dg/logging-using-cloudtrail.html>).
//!
//! Not here: subscriptions and the messages themselves, which no document has.

use serde_json::Value;

use crate::cloud::aws::trail::{TAGGING, answer, here, one, request, tagged, trail};
use crate::model::{Arn, Told, Trail};

const SNS: &str = "sns.amazonaws.com";

/// Of topics.
pub const TOPIC: &[Trail] = &[
    trail(SNS, "CreateTopic", topic),
    trail(SNS, "DeleteTopic", topic),
    trail(SNS, "SetTopicAttributes", topic),
    trail(SNS, "TagResource", topic),
    trail(SNS, "UntagResource", topic),
    trail(TAGGING, "TagResources", |record| tagged(record, named)),
    trail(TAGGING, "UntagResources", |record| tagged(record, named)),
];

/// Of topics' policies. A topic is made with one and goes with it.
pub const POLICY: &[Trail] = &[
    trail(SNS, "AddPermission", topic),
    trail(SNS, "CreateTopic", topic),
    trail(SNS, "DeleteTopic", topic),
    trail(SNS, "RemovePermission", topic),
    trail(SNS, "SetTopicAttributes", topic),
];

/// The topic that an ARN names: a subscription's has one part more.
pub fn named(arn: &str) -> Option<String> {
    let topic = Arn::parse(arn).filter(|arn| arn.service == "sns" && !arn.account.is_empty())?;
    (!topic.resource.contains([':', '/'])).then(|| arn.to_owned())
}

fn topic(record: &Value) -> Vec<Told> {
    let told = request(record, "topicArn").or_else(|| request(record, "resourceArn"));
    let told = told.or_else(|| answer(record, &["topicArn"])).filter(|arn| here(record, arn));
    one(told.and_then(named))
}
