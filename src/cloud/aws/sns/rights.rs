//! What SNS's calls take
//! (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html>).

use crate::model::Right;

/// An action on topics.
pub const fn topic(action: &'static str) -> Right {
    Right::new(action, "arn:${partition}:sns:${region}:${account}:*")
}

/// The topics of a Region; IAM knows no resource of it.
pub const LIST: Right = Right::anywhere("sns:ListTopics");
