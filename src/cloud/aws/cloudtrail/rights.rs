//! What CloudTrail's calls take
//! (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudtrail.html>).

use crate::model::{Right, Write};

/// An action on the account's own trails of the Region.
const fn own(action: &'static str) -> Right {
    Right::new(action, "arn:${partition}:cloudtrail:${region}:${account}:trail/*")
}

/// An action on trails that may be an organization's, or another Region's.
pub const fn any(action: &'static str) -> Right {
    Right::new(action, "arn:${partition}:cloudtrail:*:*:trail/*")
}

/// The trails of a Region; IAM knows no resource of it.
pub const DESCRIBE: Right = Right::anywhere("cloudtrail:DescribeTrails");

/// The action that hands a role to CloudTrail.
pub const PASS: &str = "iam:PassRole";

/// The caller hands the role to CloudTrail
/// (<https://docs.aws.amazon.com/awscloudtrail/latest/userguide/security_iam_id-based-policy-examples.html>).
const PASS_ROLE: Right = Right::new(PASS, "arn:${partition}:iam::${account}:role/*").only(
    "StringEquals",
    "iam:PassedToService",
    "cloudtrail.amazonaws.com",
);

/// The action that tags a trail, which creating one with tags takes too.
pub const TAG: &str = "cloudtrail:AddTags";

/// What UpdateTrail writes.
pub const UPDATED: &[&str] = &[
    "S3BucketName",
    "S3KeyPrefix",
    "SnsTopicName",
    "IncludeGlobalServiceEvents",
    "IsMultiRegionTrail",
    "EnableLogFileValidation",
    "CloudWatchLogsLogGroupArn",
    "CloudWatchLogsRoleArn",
    "KMSKeyId",
];

/// The two properties that are written together.
pub const TO_LOGS: &[&str] = &["CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn"];

/// What writing takes.
pub const WRITES: &[Write] = &[
    Write::create(&[own("cloudtrail:CreateTrail")]),
    Write::create_with(&["CloudWatchLogsRoleArn"], &[PASS_ROLE]),
    Write::create_with(&["Tags"], &[own(TAG)]),
    Write::create_with(&["EventSelectors"], &[own("cloudtrail:PutEventSelectors")]),
    Write::create_with(&["IsLogging"], &[own("cloudtrail:StartLogging")]).with(is_true),
    Write::update(UPDATED, &[own("cloudtrail:UpdateTrail")]),
    Write::update(TO_LOGS, &[PASS_ROLE]),
    Write::update(&["EventSelectors"], &[own("cloudtrail:PutEventSelectors")]),
    Write::update(&["IsLogging"], &[own("cloudtrail:StartLogging"), own("cloudtrail:StopLogging")]),
    Write::update(&["Tags"], &[own(TAG), own("cloudtrail:RemoveTags")]),
    Write::delete(&[own("cloudtrail:DeleteTrail")]),
];

fn is_true(value: &serde_json::Value) -> bool {
    value == true
}
