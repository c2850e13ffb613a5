//! What SQS's calls take
//! (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html>).

use crate::model::Right;

/// An action on queues.
pub const fn queue(action: &'static str) -> Right {
    Right::new(action, "arn:${partition}:sqs:${region}:${account}:*")
}

/// The queues of a Region; IAM knows no resource of it.
pub const LIST: Right = Right::anywhere("sqs:ListQueues");
