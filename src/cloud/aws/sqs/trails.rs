//! What CloudTrail tells of SQS's resources
//! (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/logging-using-cloudtrail.html>).
//!
//! Not here: messages, and PurgeQueue and message move tasks, which change nothing that a document has.

use serde_json::Value;

use super::names::{canonical, split, url};
use crate::cloud::aws::trail::{TAGGING, account, answer, one, partition, region, request, tagged, trail};
use crate::model::{Arn, Told, Trail};

const SQS: &str = "sqs.amazonaws.com";

/// Of queues.
pub const QUEUE: &[Trail] = &[
    trail(SQS, "CreateQueue", queue),
    trail(SQS, "DeleteQueue", queue),
    trail(SQS, "SetQueueAttributes", queue),
    trail(SQS, "TagQueue", queue),
    trail(SQS, "UntagQueue", queue),
    trail(TAGGING, "TagResources", |record| tagged(record, named)),
    trail(TAGGING, "UntagResources", |record| tagged(record, named)),
];

/// Of queues' policies. A queue is made with one and goes with it.
pub const POLICY: &[Trail] = &[
    trail(SQS, "AddPermission", queue),
    trail(SQS, "CreateQueue", queue),
    trail(SQS, "DeleteQueue", queue),
    trail(SQS, "RemovePermission", queue),
    trail(SQS, "SetQueueAttributes", queue),
];

/// The URL of the queue that an ARN names.
pub fn named(arn: &str) -> Option<String> {
    let arn = Arn::parse(arn).filter(|arn| arn.service == "sqs" && !arn.account.is_empty())?;
    let is_name = !arn.resource.contains([':', '/']);
    is_name.then(|| url(arn.partition, arn.region, arn.account, arn.resource))
}

/// A queue is named by its URL, in whatever form the caller has it.
fn queue(record: &Value) -> Vec<Told> {
    let told = request(record, "queueUrl").or_else(|| answer(record, &["queueUrl"]));
    one(told.and_then(|told| {
        let (owner, _) = split(told)?;
        if account(record).is_some_and(|account| account != owner) {
            return None;
        }
        Some(region(record).map_or_else(|| told.to_owned(), |region| canonical(partition(record), region, told)))
    }))
}
