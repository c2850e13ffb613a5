//! What somebody should look at.

use serde_json::{Value, json};

use super::document::{Document, attribute, either, nothing, reference};
use super::{FAILED_RUNS, OLDEST};

pub fn documents() -> Vec<Document> {
    let queue = |id: &str| json!([{"Name": "QueueName", "Value": attribute(id, "QueueName")}]);
    let function = |name: &str| json!([{"Name": name, "Value": reference("Handler")}]);
    let (namespace, failed) = FAILED_RUNS;
    vec![
        alarm(
            "DeadLettersAlarm",
            "Events could not be handled: look at the dead letters, and send them again once the reason is gone.",
            ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", queue("DeadLetters")),
            0,
        ),
        alarm(
            "OldestEventAlarm",
            "Events wait for too long: the handler is too slow, or does not run.",
            ("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", queue("Events")),
            OLDEST,
        ),
        alarm(
            "FailedRunsAlarm",
            "A run did not succeed: `rectify runs` tells how far it came.",
            (namespace, failed, "Sum", function("Function")),
            0,
        ),
        alarm(
            "HandlerErrorsAlarm",
            "The handler ended with an error: its log tells why.",
            ("AWS/Lambda", "Errors", "Sum", function("FunctionName")),
            0,
        ),
    ]
}

/// An alarm for a metric (namespace, name, statistic, dimensions) that is greater than a number.
fn alarm(id: &str, description: &str, metric: (&str, &str, &str, Value), most: u32) -> Document {
    let (namespace, name, statistic, dimensions) = metric;
    let topic = || either("HasAlarmTopic", json!([reference("AlarmTopicArn")]), nothing());
    let properties = json!({
        "AlarmDescription": description,
        "Namespace": namespace,
        "MetricName": name,
        "Statistic": statistic,
        "Dimensions": dimensions,
        "Period": 300,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": most,
        "TreatMissingData": "notBreaching",
        "AlarmActions": topic(),
        "OKActions": topic(),
    });
    Document::new(id, "AWS::CloudWatch::Alarm", properties)
}
