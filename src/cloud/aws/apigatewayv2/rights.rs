//! What the calls take: IAM calls the service `apigateway`, and its permissions are HTTP verbs on paths
//! (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagementv2.html>).

use crate::cloud::aws::apigateway::ALL_TAGS;
use crate::model::{Right, Write};

/// Reading the list of the APIs.
pub const GET_APIS: Right = Right::new("apigateway:GET", "arn:${partition}:apigateway:${region}::/apis");

/// Changing an API, and what belongs to it.
pub const PATCH_API: Right = Right::new("apigateway:PATCH", "arn:${partition}:apigateway:${region}::/apis/*");

/// Changing the tags of an API or a stage. Other than those of REST APIs they are set by a POST
/// (<https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/997>).
pub const TAGS: Write = Write::update(
    &["Tags"],
    &[Right::new("apigateway:POST", ALL_TAGS), Right::new("apigateway:DELETE", ALL_TAGS), PATCH_API],
);

/// Where access is logged to is arranged with the caller's rights
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html#http-api-logging.permissions>).
pub const LOG_DELIVERY: &[Right] = &[
    Right::anywhere("logs:CreateLogDelivery"),
    Right::anywhere("logs:DeleteLogDelivery"),
    Right::anywhere("logs:DescribeLogGroups"),
    Right::anywhere("logs:DescribeResourcePolicies"),
    Right::anywhere("logs:GetLogDelivery"),
    Right::anywhere("logs:ListLogDeliveries"),
    Right::anywhere("logs:PutResourcePolicy"),
    Right::anywhere("logs:UpdateLogDelivery"),
];
