//! What CloudTrail tells of CloudWatch's resources
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/logging_cw_api_calls.html>).
//!
//! Not here: composite and log alarms, dashboards, streams and insight rules, which are other types, and the states of alarms,
//! which no document has.

use serde_json::Value;

use crate::cloud::aws::trail::{TAGGING, one, request, request_arn, request_list, tagged, trail};
use crate::model::{Arn, Told, Trail};

const CLOUDWATCH: &str = "monitoring.amazonaws.com";

/// Of alarms.
pub const ALARM: &[Trail] = &[
    trail(CLOUDWATCH, "DeleteAlarms", alarms),
    trail(CLOUDWATCH, "DisableAlarmActions", alarms),
    trail(CLOUDWATCH, "EnableAlarmActions", alarms),
    trail(CLOUDWATCH, "PutMetricAlarm", |record| one(request(record, "alarmName"))),
    trail(CLOUDWATCH, "TagResource", tagged_alarm),
    trail(CLOUDWATCH, "UntagResource", tagged_alarm),
    trail(TAGGING, "TagResources", |record| tagged(record, named)),
    trail(TAGGING, "UntagResources", |record| tagged(record, named)),
];

/// The name of the alarm that an ARN names.
pub fn named(arn: &str) -> Option<String> {
    let arn = Arn::parse(arn).filter(|arn| arn.service == "cloudwatch")?;
    arn.resource.strip_prefix("alarm:").filter(|name| !name.is_empty()).map(str::to_owned)
}

fn alarms(record: &Value) -> Vec<Told> {
    request_list(record, "alarmNames").map(|name| Told::Id(name.to_owned())).collect()
}

fn tagged_alarm(record: &Value) -> Vec<Told> {
    one(request_arn(record, "resourceARN").and_then(|arn| named(&arn)))
}
