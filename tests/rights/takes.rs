//! What a call takes of IAM: its actions, each with the ARN of what it is done to. Written from AWS's reference, and not from
//! what the product says of itself.
//!
//! - <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html>
//! - <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>
//! - <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html>
//! - <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html>
//! - <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagementv2.html>

use serde_json::Value;

use super::matcher::Ask;
use super::support::WireCall;
use super::support::emulator::{ACCOUNT, REGION};

/// The operations whose IAM action has their own name, by what they are done to: the ARN after `arn:aws:SERVICE:REGION:ACCOUNT:`
/// with members of the input, or `*`.
#[rustfmt::skip]
const NAMED: &[(&str, &[&str], &[&str])] = &[
    ("lambda", &["*"], &["ListFunctions"]),
    ("lambda", &["function:{FunctionName}"], &[
        "GetFunctionConfiguration", "GetFunctionConcurrency", "GetFunctionRecursionConfig", "GetRuntimeManagementConfig",
        "GetFunctionCodeSigningConfig", "GetPolicy", "ListAliases", "ListFunctionUrlConfigs", "GetFunctionUrlConfig",
        "UpdateFunctionConfiguration", "AddPermission", "RemovePermission", "CreateFunctionUrlConfig",
        "UpdateFunctionUrlConfig", "DeleteFunctionUrlConfig", "PutFunctionConcurrency", "DeleteFunctionConcurrency",
    ]),
    ("lambda", &["{Resource}"], &["ListTags", "TagResource", "UntagResource"]),
    ("kms", &["*"], &["ListKeys", "ListAliases", "CreateKey"]),
    ("kms", &["key/{KeyId}"], &[
        "DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "ListResourceTags", "EnableKey", "DisableKey",
        "CancelKeyDeletion", "EnableKeyRotation", "DisableKeyRotation", "PutKeyPolicy", "UpdateKeyDescription",
        "TagResource", "UntagResource",
    ]),
    // On the alias and on its key: https://docs.aws.amazon.com/kms/latest/developerguide/alias-access.html
    ("kms", &["{AliasName}", "key/{TargetKeyId}"], &["CreateAlias", "UpdateAlias", "DeleteAlias"]),
    ("iam", &["*"], &["GetAccountAuthorizationDetails", "ListRoles"]),
    ("iam", &["role/{RoleName}"], &[
        "GetRole", "GetRolePolicy", "ListRolePolicies", "ListAttachedRolePolicies", "PutRolePolicy", "DeleteRolePolicy",
        "AttachRolePolicy", "DetachRolePolicy", "UpdateAssumeRolePolicy", "UpdateRole", "TagRole", "UntagRole",
    ]),
    ("iam", &["user/{UserName}"], &[
        "GetUser", "GetUserPolicy", "ListUserPolicies", "ListAttachedUserPolicies", "ListGroupsForUser", "PutUserPolicy",
        "DeleteUserPolicy", "AttachUserPolicy", "DetachUserPolicy",
    ]),
    ("iam", &["group/{GroupName}"], &[
        "GetGroup", "GetGroupPolicy", "ListGroupPolicies", "ListAttachedGroupPolicies", "PutGroupPolicy",
        "DeleteGroupPolicy", "AttachGroupPolicy", "DetachGroupPolicy", "AddUserToGroup", "RemoveUserFromGroup",
    ]),
    ("iam", &["{PolicyArn}"], &[
        "GetPolicy", "GetPolicyVersion", "ListPolicyVersions", "CreatePolicyVersion", "DeletePolicyVersion",
    ]),
];

/// API Gateway's: the IAM action is the HTTP verb, and the resource the path.
#[rustfmt::skip]
const VERBS: &[(&str, &str, &str, &str)] = &[
    ("apigateway", "GetRestApis", "GET", "/restapis"),
    ("apigateway", "GetRestApi", "GET", "/restapis/{restApiId}"),
    ("apigateway", "GetStages", "GET", "/restapis/{restApiId}/stages"),
    ("apigateway", "GetStage", "GET", "/restapis/{restApiId}/stages/{stageName}"),
    ("apigateway", "GetResources", "GET", "/restapis/{restApiId}/resources"),
    ("apigateway", "GetResource", "GET", "/restapis/{restApiId}/resources/{resourceId}"),
    ("apigateway", "UpdateRestApi", "PATCH", "/restapis/{restApiId}"),
    ("apigateway", "UpdateStage", "PATCH", "/restapis/{restApiId}/stages/{stageName}"),
    ("apigateway", "UpdateMethod", "PATCH", "/restapis/{restApiId}/resources/{resourceId}/methods/{httpMethod}"),
    ("apigatewayv2", "GetApis", "GET", "/apis"),
    ("apigatewayv2", "GetApi", "GET", "/apis/{ApiId}"),
    ("apigatewayv2", "GetStages", "GET", "/apis/{ApiId}/stages"),
    ("apigatewayv2", "GetStage", "GET", "/apis/{ApiId}/stages/{StageName}"),
    ("apigatewayv2", "GetRoutes", "GET", "/apis/{ApiId}/routes"),
    ("apigatewayv2", "GetRoute", "GET", "/apis/{ApiId}/routes/{RouteId}"),
    ("apigatewayv2", "UpdateApi", "PATCH", "/apis/{ApiId}"),
    ("apigatewayv2", "UpdateStage", "PATCH", "/apis/{ApiId}/stages/{StageName}"),
    ("apigatewayv2", "UpdateRoute", "PATCH", "/apis/{ApiId}/routes/{RouteId}"),
];

/// What a call takes. A call that nothing here knows fails the test: look it up, and add it.
pub fn takes(call: &WireCall) -> Vec<Ask> {
    let (service, operation, input) = (call.service.as_str(), call.operation.as_str(), &call.input);
    // https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    if (service, operation) == ("sts", "GetCallerIdentity") {
        return vec![];
    }
    let verb = VERBS.iter().find(|(of, name, ..)| (*of, *name) == (service, operation));
    if let Some((.., verb, path)) = verb {
        let mut asks = vec![Ask::new(&format!("apigateway:{verb}"), &arn("apigateway", path, input))];
        if operation == "UpdateRestApi" && patches_policy(input) {
            asks.push(Ask::new("apigateway:UpdateRestApiPolicy", &asks[0].resource));
        }
        return asks;
    }
    let named = NAMED.iter().find(|(of, _, operations)| *of == service && operations.contains(&operation));
    let (_, resources, _) = named.unwrap_or_else(|| panic!("what does {service}:{operation} take? Say so in takes.rs"));
    let action = format!("{service}:{operation}");
    let mut asks: Vec<Ask> =
        resources.iter().map(|resource| Ask::new(&action, &arn(service, resource, input))).collect();
    asks.extend(besides(call));
    asks
}

/// What a call takes besides its own action.
fn besides(call: &WireCall) -> Vec<Ask> {
    let input = &call.input;
    let text = |name: &str| input[name].as_str().filter(|text| !text.is_empty());
    let via = format!("lambda.{REGION}.amazonaws.com");
    let key = format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/new");
    let mut asks = vec![];
    match call.operation.as_str() {
        "UpdateFunctionConfiguration" => {
            if let Some(role) = text("Role") {
                asks.push(Ask::new("iam:PassRole", role).with("iam:PassedToService", "lambda.amazonaws.com"));
            }
            // https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
            if let Some(key) = text("KMSKeyArn") {
                let grant = Ask::new("kms:CreateGrant", key).with("kms:GrantIsForAWSResource", "true");
                asks.push(grant.with("kms:ViaService", &via));
                asks.push(Ask::new("kms:Encrypt", key).with("kms:ViaService", &via));
            }
            let layers = input["Layers"].as_array().into_iter().flatten().filter_map(Value::as_str);
            asks.extend(layers.map(|layer| Ask::new("lambda:GetLayerVersion", layer)));
        }
        // https://docs.aws.amazon.com/service-authorization/latest/reference/list_kms.html#list_kms-operations
        "CreateKey" => {
            asks.extend(text("Policy").map(|_| Ask::new("kms:PutKeyPolicy", &key)));
            asks.extend(input["Tags"].as_array().map(|_| Ask::new("kms:TagResource", &key)));
        }
        _ => {}
    }
    asks
}

fn patches_policy(input: &Value) -> bool {
    input["patchOperations"].as_array().into_iter().flatten().any(|patch| patch["path"] == "/policy")
}

/// An ARN from a pattern with members of the input; a member that is an ARN already stays one.
fn arn(service: &str, pattern: &str, input: &Value) -> String {
    if pattern == "*" {
        return "*".into();
    }
    let mut filled = pattern.to_owned();
    while let Some((before, rest)) = filled.split_once('{') {
        let (name, after) = rest.split_once('}').expect("a name ends");
        // The key behind an alias is not said.
        let value = match input[name].as_str() {
            Some(alias) if alias.starts_with("alias/") && before.starts_with("key") => "some-key",
            Some(value) => value,
            None if name == "TargetKeyId" => "some-key",
            None => panic!("{pattern} has no {name} in {input}"),
        };
        if value.starts_with("arn:") {
            return value.to_owned();
        }
        filled = format!("{before}{value}{after}");
    }
    if let Some(qualifier) = input["Qualifier"].as_str() {
        filled = format!("{filled}:{qualifier}");
    }
    match service {
        "iam" => format!("arn:aws:iam::{ACCOUNT}:{filled}"),
        "apigateway" => format!("arn:aws:apigateway:{REGION}::{filled}"),
        _ => format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{filled}"),
    }
}
