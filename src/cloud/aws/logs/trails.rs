//! What CloudTrail tells of CloudWatch Logs' resources
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/logging_cw_api_calls_cwl.html>).
//!
//! Not here: what writes and exports events, streams, subscriptions, queries, and the policies of a whole account, which no
//! document has.

use serde_json::Value;

use crate::cloud::aws::trail::{TAGGING, all_of, here, one, request, request_arn, tagged, trail};
use crate::model::{Arn, Told, Trail};

const LOGS: &str = "logs.amazonaws.com";

/// Of log groups.
pub const GROUP: &[Trail] = &[
    trail(LOGS, "AssociateKmsKey", group),
    trail(LOGS, "CreateLogGroup", group),
    trail(LOGS, "DeleteLogGroup", group),
    trail(LOGS, "DeleteRetentionPolicy", group),
    trail(LOGS, "DisassociateKmsKey", group),
    trail(LOGS, "PutLogGroupDeletionProtection", group),
    trail(LOGS, "PutRetentionPolicy", group),
    trail(LOGS, "TagLogGroup", group),
    trail(LOGS, "TagResource", tagged_group),
    trail(LOGS, "UntagLogGroup", group),
    trail(LOGS, "UntagResource", tagged_group),
    trail(TAGGING, "TagResources", |record| tagged(record, named)),
    trail(TAGGING, "UntagResources", |record| tagged(record, named)),
];

/// Of metric filters.
pub const FILTER: &[Trail] = &[
    trail(LOGS, "DeleteLogGroup", |record| all_of(name(record))),
    trail(LOGS, "DeleteMetricFilter", filter),
    trail(LOGS, "PutMetricFilter", filter),
];

/// The name of the log group that an ARN names, whether or not it goes on with a `:*` for its streams.
pub fn named(arn: &str) -> Option<String> {
    let arn = Arn::parse(arn).filter(|arn| arn.service == "logs")?;
    let name = arn.resource.strip_prefix("log-group:")?;
    let name = name.strip_suffix(":*").unwrap_or(name);
    (!name.is_empty() && !name.contains(':')).then(|| name.to_owned())
}

/// A group is named by its name or its ARN, under one of three names.
fn name(record: &Value) -> Option<String> {
    let text = ["logGroupName", "logGroupIdentifier", "resourceIdentifier"];
    let text = text.into_iter().find_map(|member| request(record, member))?;
    match text.starts_with("arn:") {
        true => here(record, text).then(|| named(text)).flatten(),
        false => Some(text.to_owned()),
    }
}

fn group(record: &Value) -> Vec<Told> {
    one(name(record))
}

fn tagged_group(record: &Value) -> Vec<Told> {
    one(request_arn(record, "resourceArn").and_then(|arn| named(&arn)))
}

fn filter(record: &Value) -> Vec<Told> {
    let names = name(record).zip(request(record, "filterName"));
    one(names.map(|(group, filter)| format!("{group}|{filter}")))
}
