//! What the emulators do not do as AWS does, of the calls that rectify sends: the reason of every skip, by name.
//!
//! A gap is not only skipped: where a call is refused, the engine has to say that the change failed, and where it is dropped, that
//! the fix did not take. A test that holds the engine to that also notices when a newer emulator has closed the gap.

use serde_json::Value;

use super::emulator::Kind;
use super::wire::WireCall;

/// What an emulator does with a call instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instead {
    /// Answers with an error.
    Refuses,
    /// Answers as if it were done, and the resource's own read does not show it.
    Drops,
}

/// A call that an emulator cannot do.
#[derive(Clone, Copy, Debug)]
pub struct Gap {
    kind: Kind,
    service: &'static str,
    operation: &'static str,
    with: fn(&Value) -> bool,
    /// What it does instead.
    pub instead: Instead,
    /// Why, for people.
    pub reason: &'static str,
}

impl Gap {
    /// The gap that a call falls into on an emulator.
    pub fn of(kind: Kind, call: &WireCall) -> Option<&'static Self> {
        GAPS.iter().find(|gap| {
            gap.kind == kind
                && gap.service == call.service
                && gap.operation == call.operation
                && (gap.with)(&call.input)
        })
    }
}

const ANY: fn(&Value) -> bool = |_| true;

/// Whether a patch of API Gateway's lets an API's default endpoint answer again.
fn opens_default_endpoint(input: &Value) -> bool {
    let mut patches = input["patchOperations"].as_array().into_iter().flatten();
    patches.any(|patch| patch["path"] == "/disableExecuteApiEndpoint" && patch["value"] == "false")
}

/// Whether a patch of API Gateway's has this operation on a path that begins so.
fn patches(input: &Value, operation: &str, path: &str) -> bool {
    let patches = input["patchOperations"].as_array().into_iter().flatten();
    let mut fitting = patches.filter(|patch| patch["op"] == *operation);
    fitting.any(|patch| patch["path"].as_str().is_some_and(|text| text.starts_with(path)))
}

const fn gap(
    kind: Kind,
    service: &'static str,
    operation: &'static str,
    with: fn(&Value) -> bool,
    instead: Instead,
    reason: &'static str,
) -> Gap {
    Gap { kind, service, operation, with, instead, reason }
}

use Instead::{Drops, Refuses};
use Kind::{Ministack, Moto};

#[rustfmt::skip]
const GAPS: &[Gap] = &[
    gap(Ministack, "apigateway", "TagResource", ANY, Drops, "GetTags shows the tags, the resource itself does not"),
    gap(Ministack, "apigateway", "UntagResource", ANY, Drops, "the resource's own tags stay"),
    gap(Ministack, "apigateway", "UpdateDomainName", ANY, Refuses, "not found"),
    gap(Ministack, "apigateway", "UpdateRestApi", |input| patches(input, "replace", "/endpointConfiguration/types"), Drops,
        "the endpoint's type stays"),
    gap(Ministack, "cloudtrail", "CreateTrail", |input| input["CloudWatchLogsLogGroupArn"].is_string(), Drops,
        "a trail that is made delivers to no log group"),
    gap(Ministack, "iam", "SetDefaultPolicyVersion", ANY, Refuses, "unknown action"),
    gap(Ministack, "inspector2", "Disable", |input| input["resourceTypes"].to_string().contains("LAMBDA_CODE"), Drops,
        "code goes on being scanned"),
    gap(Ministack, "lambda", "PutRuntimeManagementConfig", ANY, Refuses, "not found"),
    gap(Ministack, "logs", "AssociateKmsKey", ANY, Refuses, "unknown action"),
    gap(Ministack, "logs", "DisassociateKmsKey", ANY, Refuses, "unknown action"),

    gap(Moto, "apigateway", "TagResource", |input| !of_stage(&input["resourceArn"]), Refuses,
        "tags stages of REST APIs only"),
    gap(Moto, "apigateway", "UntagResource", |input| !of_stage(&input["resourceArn"]), Refuses,
        "tags stages of REST APIs only"),
    gap(Moto, "apigatewayv2", "TagResource", |input| of_stage(&input["ResourceArn"]), Refuses, "tags no stages of HTTP APIs"),
    gap(Moto, "apigatewayv2", "UntagResource", |input| of_stage(&input["ResourceArn"]), Refuses, "tags no stages of HTTP APIs"),
    gap(Moto, "apigateway", "DeleteDeployment", ANY, Drops, "fails when what is gone is asked for"),
    gap(Moto, "apigateway", "UpdateDomainName", ANY, Refuses, "not implemented"),
    gap(Moto, "apigateway", "UpdateMethod", ANY, Refuses, "not implemented"),
    gap(Moto, "apigateway", "UpdateRestApi", opens_default_endpoint, Drops, "the default endpoint stays off"),
    gap(Moto, "apigatewayv2", "UpdateStage", ANY, Refuses, "not implemented for HTTP APIs"),
    gap(Moto, "apigateway", "UpdateStage", |input| patches(input, "remove", "/*/*") || patches(input, "remove", "/~1"), Drops,
        "a method's settings stay"),
    gap(Moto, "cloudwatch", "DisableAlarmActions", ANY, Refuses, "not implemented"),
    gap(Moto, "cloudwatch", "EnableAlarmActions", ANY, Refuses, "not implemented"),
    gap(Moto, "dynamodb", "UpdateTable", |input| input["SSESpecification"].is_object(), Drops, "the key stays as it was"),

    gap(Ministack, "wafv2", "AssociateWebACL", ANY, Refuses, "its web ACLs have ids that nobody can choose"),
    gap(Moto, "iam", "DeleteUserPermissionsBoundary", ANY, Refuses, "not implemented"),
    gap(Moto, "iam", "PutUserPermissionsBoundary", ANY, Refuses, "not implemented"),
    gap(Moto, "kms", "EnableKeyRotation", |input| input["RotationPeriodInDays"].is_number(), Drops,
        "rotates, and forgets the period"),
    gap(Moto, "lambda", "DeleteFunctionCodeSigningConfig", ANY, Refuses, "not implemented"),
    gap(Moto, "lambda", "PutFunctionCodeSigningConfig", ANY, Refuses, "not implemented"),
    gap(Moto, "lambda", "PutFunctionRecursionConfig", ANY, Refuses, "not implemented"),
    gap(Moto, "lambda", "PutRuntimeManagementConfig", ANY, Refuses, "not implemented"),
    gap(Moto, "lambda", "RemoveLayerVersionPermission", |input| input["RevisionId"].is_string(), Refuses,
        "takes every RevisionId for a stale one"),
    gap(Moto, "lambda", "RemovePermission", |input| input["RevisionId"].is_string(), Refuses,
        "takes every RevisionId for a stale one"),
    gap(Moto, "lambda", "UpdateFunctionConfiguration", |input| MOTO_DROPS.iter().any(|name| !input[name].is_null()), Drops,
        "these fields stay as they were at creation"),
    gap(Moto, "s3", "PutBucketLogging", |input| input["BucketLoggingStatus"]["LoggingEnabled"].is_object(), Refuses,
        "fails on a target whose policy lets the delivery of logs in"),
    gap(Moto, "lambda", "UpdateFunctionUrlConfig", |input| input["InvokeMode"].is_string(), Drops, "the mode stays"),
    gap(Moto, "logs", "AssociateKmsKey", ANY, Refuses, "not implemented"),
    gap(Moto, "logs", "DisassociateKmsKey", ANY, Refuses, "not implemented"),
];

const MOTO_DROPS: [&str; 6] =
    ["DeadLetterConfig", "EphemeralStorage", "KMSKeyArn", "LoggingConfig", "SnapStart", "TracingConfig"];

fn of_stage(arn: &Value) -> bool {
    arn.as_str().is_some_and(|arn| arn.contains("/stages/"))
}
