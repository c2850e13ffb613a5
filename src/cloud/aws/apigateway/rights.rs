//! What API Gateway's calls take: HTTP verbs on the paths of its resources
//! (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html>). A `*`
//! spans what is below it too.

use crate::model::{Right, Write};

/// Reading the list of the APIs.
pub const GET_APIS: Right = Right::new("apigateway:GET", "arn:${partition}:apigateway:${region}::/restapis");

/// Reading an API's paths with their methods.
pub const GET_RESOURCES: Right =
    Right::new("apigateway:GET", "arn:${partition}:apigateway:${region}::/restapis/*/resources");

/// Reading a deployment.
pub const GET_DEPLOYMENT: Right =
    Right::new("apigateway:GET", "arn:${partition}:apigateway:${region}::/restapis/*/deployments/*");

/// Changing the tags of an API or a stage: tags are a resource of their own, by the ARN of what has them, and setting them
/// takes to change that too (<https://github.com/iann0036/iam-dataset/pull/39>, measured).
pub const TAGS: Write = Write::update(
    &["Tags"],
    &[Right::new("apigateway:PUT", ALL_TAGS), Right::new("apigateway:DELETE", ALL_TAGS), PATCH_API],
);

/// The tags of anything.
pub const ALL_TAGS: &str = "arn:${partition}:apigateway:${region}::/tags/*";

/// Changing an API, and what belongs to it.
pub const PATCH_API: Right = Right::new("apigateway:PATCH", "arn:${partition}:apigateway:${region}::/restapis/*");

/// The caller hands the role to API Gateway (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>).
pub const PASS_ROLE: Right = Right::new("iam:PassRole", "arn:${partition}:iam::${account}:role/*").only(
    "StringEquals",
    "iam:PassedToService",
    "apigateway.amazonaws.com",
);
