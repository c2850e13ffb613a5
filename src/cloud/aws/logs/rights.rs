//! What the calls take (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html>).

use crate::model::Right;

/// An action on log groups. Some are asked for with `:*` or the name of a stream behind the group's own ARN.
pub const fn group(action: &'static str) -> Right {
    Right::new(action, "arn:${partition}:logs:${region}:${account}:log-group:*")
}

/// Listing the groups of a Region, which IAM knows no resource of.
pub const LIST_GROUPS: Right = Right::anywhere("logs:DescribeLogGroups");
