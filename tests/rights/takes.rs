//! What a call takes of IAM: its actions, each with the ARN of what it is done to. Written from AWS's reference, and not from
//! what the product says of itself.
//!
//! - <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html>
//! - <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoninspector2.html>
//! - <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudtrail.html>
//! - <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>
//! - <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html>
//! - <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html>
//! - <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html>
//! - <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html>
//! - <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagementv2.html>
//! - <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html>
//! - <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html>
//! - <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazondynamodb.html>
//! - <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>

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
        "ListFunctionEventInvokeConfigs", "GetFunctionEventInvokeConfig", "PutFunctionEventInvokeConfig",
        "DeleteFunctionEventInvokeConfig", "GetFunctionCodeSigningConfig", "GetPolicy", "ListAliases", "ListFunctionUrlConfigs", "GetFunctionUrlConfig",
        "UpdateFunctionConfiguration", "AddPermission", "RemovePermission", "CreateFunctionUrlConfig",
        "UpdateFunctionUrlConfig", "DeleteFunctionUrlConfig", "PutFunctionConcurrency", "DeleteFunctionConcurrency",
        "DeleteFunctionCodeSigningConfig", "PutFunctionRecursionConfig",
    ]),
    ("lambda", &["function:{FunctionName}", "{CodeSigningConfigArn}"], &["PutFunctionCodeSigningConfig"]),
    ("lambda", &["{Resource}"], &["ListTags", "TagResource", "UntagResource"]),
    ("lambda", &["*"], &["ListLayers", "ListLayerVersions"]),
    ("lambda", &["layer:{LayerName}:{VersionNumber}"], &[
        "GetLayerVersionPolicy", "AddLayerVersionPermission", "RemoveLayerVersionPermission",
    ]),
    ("inspector2", &["*"], &["BatchGetAccountStatus", "Enable", "Disable"]),
    ("cloudtrail", &["*"], &["DescribeTrails"]),
    ("cloudtrail", &["trail/{Name}"], &[
        "GetTrail", "GetTrailStatus", "CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging",
    ]),
    ("cloudtrail", &["trail/{TrailName}"], &["GetEventSelectors", "PutEventSelectors"]),
    ("cloudtrail", &["{ResourceIdList}"], &["ListTags"]),
    ("cloudtrail", &["{ResourceId}"], &["AddTags", "RemoveTags"]),
    ("kms", &["*"], &["ListKeys", "ListAliases", "CreateKey"]),
    ("kms", &["key/{KeyId}"], &[
        "DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "ListResourceTags", "EnableKey", "DisableKey",
        "CancelKeyDeletion", "EnableKeyRotation", "DisableKeyRotation", "PutKeyPolicy", "UpdateKeyDescription",
        "TagResource", "UntagResource",
    ]),
    // On the alias and on its key: https://docs.aws.amazon.com/kms/latest/developerguide/alias-access.html
    ("kms", &["{AliasName}", "key/{TargetKeyId}"], &["CreateAlias", "UpdateAlias", "DeleteAlias"]),
    ("logs", &["*"], &["DescribeLogGroups"]),
    // A list of all is asked for on the group that has no name.
    ("logs", &["log-group::log-stream:"], &["DescribeMetricFilters"]),
    ("logs", &["log-group:{logGroupName}"], &[
        "CreateLogGroup", "PutRetentionPolicy", "DeleteRetentionPolicy", "AssociateKmsKey", "DisassociateKmsKey",
        "PutMetricFilter", "DeleteMetricFilter",
    ]),
    ("logs", &["log-group:{logGroupIdentifier}"], &["PutLogGroupDeletionProtection"]),
    ("logs", &["{resourceArn}"], &["ListTagsForResource", "TagResource", "UntagResource"]),
    ("cloudwatch", &["alarm:*"], &["DescribeAlarms"]),
    ("cloudwatch", &["alarm:{AlarmName}"], &["PutMetricAlarm"]),
    ("cloudwatch", &["alarm:{AlarmNames}"], &["DeleteAlarms", "EnableAlarmActions", "DisableAlarmActions"]),
    ("cloudwatch", &["{ResourceARN}"], &["ListTagsForResource", "TagResource", "UntagResource"]),
    ("iam", &["*"], &["GetAccountAuthorizationDetails", "ListRoles"]),
    ("iam", &["*"], &[
        "GetAccountAuthorizationDetails", "ListRoles", "GetAccountPasswordPolicy", "GetAccountSummary",
        "UpdateAccountPasswordPolicy", "DeleteAccountPasswordPolicy",
    ]),
    ("iam", &["role/{RoleName}"], &[
        "CreateRole", "DeleteRole", "GetRole", "GetRolePolicy", "ListRolePolicies", "ListAttachedRolePolicies", "PutRolePolicy", "DeleteRolePolicy",
        "AttachRolePolicy", "DetachRolePolicy", "UpdateAssumeRolePolicy", "UpdateRole", "TagRole", "UntagRole",
        "PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary",
    ]),
    ("iam", &["user/{UserName}"], &[
        "GetUser", "GetUserPolicy", "ListUserPolicies", "ListAttachedUserPolicies", "ListGroupsForUser", "PutUserPolicy",
        "DeleteUserPolicy", "AttachUserPolicy", "DetachUserPolicy", "GetLoginProfile", "ListMFADevices", "ListAccessKeys",
        "UpdateAccessKey",
    ]),
    // The request names the key alone, and the right is on its user, whose name is anything to this table.
    ("iam", &["user/*"], &["GetAccessKeyLastUsed"]),
    ("iam", &["group/{GroupName}"], &[
        "GetGroup", "GetGroupPolicy", "ListGroupPolicies", "ListAttachedGroupPolicies", "PutGroupPolicy",
        "DeleteGroupPolicy", "AttachGroupPolicy", "DetachGroupPolicy", "AddUserToGroup", "RemoveUserFromGroup",
    ]),
    ("iam", &["{PolicyArn}"], &[
        "GetPolicy", "GetPolicyVersion", "ListPolicyVersions", "CreatePolicyVersion", "DeletePolicyVersion",
    ]),
    ("sqs", &["*"], &["ListQueues"]),
    ("sqs", &["{QueueName}"], &["CreateQueue"]),
    ("sqs", &["{QueueUrl}"], &["GetQueueAttributes", "ListQueueTags", "SetQueueAttributes", "TagQueue", "UntagQueue"]),
    ("sns", &["*"], &["ListTopics"]),
    ("sns", &["{Name}"], &["CreateTopic"]),
    ("sns", &["{TopicArn}"], &["GetTopicAttributes", "SetTopicAttributes", "DeleteTopic"]),
    ("sns", &["{ResourceArn}"], &["ListTagsForResource", "TagResource", "UntagResource"]),
    ("dynamodb", &["*"], &["ListTables"]),
    ("dynamodb", &["table/{TableName}"], &[
        "DescribeTable", "DescribeContinuousBackups", "UpdateTable", "UpdateContinuousBackups",
    ]),
    ("dynamodb", &["{ResourceArn}"], &["ListTagsOfResource", "TagResource", "UntagResource"]),
];

/// S3's: the action of IAM, and the operations that take it on a bucket; but for the list, which is of all.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html>
#[rustfmt::skip]
const OF_S3: &[(&str, &[&str])] = &[
    ("ListAllMyBuckets", &["ListBuckets"]),
    ("CreateBucket", &["CreateBucket"]),
    ("DeleteBucketPolicy", &["DeleteBucketPolicy"]),
    ("GetBucketAcl", &["GetBucketAcl"]),
    ("GetBucketLogging", &["GetBucketLogging"]),
    ("GetBucketOwnershipControls", &["GetBucketOwnershipControls"]),
    ("GetBucketPolicy", &["GetBucketPolicy"]),
    ("GetBucketPublicAccessBlock", &["GetPublicAccessBlock"]),
    ("GetBucketTagging", &["GetBucketTagging"]),
    ("GetBucketVersioning", &["GetBucketVersioning"]),
    ("GetBucketWebsite", &["GetBucketWebsite"]),
    ("GetEncryptionConfiguration", &["GetBucketEncryption"]),
    ("PutBucketLogging", &["PutBucketLogging"]),
    ("PutBucketOwnershipControls", &["PutBucketOwnershipControls", "DeleteBucketOwnershipControls"]),
    ("PutBucketPolicy", &["PutBucketPolicy"]),
    ("PutBucketPublicAccessBlock", &["PutPublicAccessBlock", "DeletePublicAccessBlock"]),
    ("PutBucketTagging", &["PutBucketTagging", "DeleteBucketTagging"]),
    ("PutBucketVersioning", &["PutBucketVersioning"]),
    ("PutEncryptionConfiguration", &["PutBucketEncryption", "DeleteBucketEncryption"]),
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
    ("apigateway", "GetDeployments", "GET", "/restapis/{restApiId}/deployments"),
    ("apigateway", "GetDeployment", "GET", "/restapis/{restApiId}/deployments/{deploymentId}"),
    ("apigateway", "CreateDeployment", "POST", "/restapis/{restApiId}/deployments"),
    ("apigateway", "DeleteDeployment", "DELETE", "/restapis/{restApiId}/deployments/{deploymentId}"),
    ("apigateway", "GetAccount", "GET", "/account"),
    ("apigateway", "UpdateAccount", "PATCH", "/account"),
    ("apigateway", "GetClientCertificates", "GET", "/clientcertificates"),
    ("apigateway", "GenerateClientCertificate", "POST", "/clientcertificates"),
    ("apigateway", "GetClientCertificate", "GET", "/clientcertificates/{clientCertificateId}"),
    ("apigateway", "UpdateClientCertificate", "PATCH", "/clientcertificates/{clientCertificateId}"),
    ("apigateway", "DeleteClientCertificate", "DELETE", "/clientcertificates/{clientCertificateId}"),
    ("apigateway", "GetDomainNames", "GET", "/domainnames"),
    ("apigateway", "GetDomainName", "GET", "/domainnames/{domainName}"),
    ("apigateway", "UpdateDomainName", "PATCH", "/domainnames/{domainName}"),
    ("apigateway", "GetBasePathMappings", "GET", "/domainnames/{domainName}/basepathmappings"),
    ("apigateway", "GetUsagePlans", "GET", "/usageplans"),
    ("apigateway", "CreateUsagePlan", "POST", "/usageplans"),
    ("apigateway", "GetUsagePlan", "GET", "/usageplans/{usagePlanId}"),
    ("apigateway", "UpdateUsagePlan", "PATCH", "/usageplans/{usagePlanId}"),
    ("apigateway", "DeleteUsagePlan", "DELETE", "/usageplans/{usagePlanId}"),
    ("apigateway", "UpdateRestApi", "PATCH", "/restapis/{restApiId}"),
    ("apigateway", "UpdateStage", "PATCH", "/restapis/{restApiId}/stages/{stageName}"),
    ("apigateway", "UpdateMethod", "PATCH", "/restapis/{restApiId}/resources/{resourceId}/methods/{httpMethod}"),
    ("apigatewayv2", "GetApis", "GET", "/apis"),
    ("apigatewayv2", "GetApi", "GET", "/apis/{ApiId}"),
    ("apigatewayv2", "GetStages", "GET", "/apis/{ApiId}/stages"),
    ("apigatewayv2", "GetStage", "GET", "/apis/{ApiId}/stages/{StageName}"),
    ("apigatewayv2", "GetRoutes", "GET", "/apis/{ApiId}/routes"),
    ("apigatewayv2", "GetRoute", "GET", "/apis/{ApiId}/routes/{RouteId}"),
    ("apigatewayv2", "GetIntegrations", "GET", "/apis/{ApiId}/integrations"),
    ("apigatewayv2", "GetIntegration", "GET", "/apis/{ApiId}/integrations/{IntegrationId}"),
    ("apigatewayv2", "GetAuthorizers", "GET", "/apis/{ApiId}/authorizers"),
    ("apigatewayv2", "GetAuthorizer", "GET", "/apis/{ApiId}/authorizers/{AuthorizerId}"),
    ("apigatewayv2", "CreateAuthorizer", "POST", "/apis/{ApiId}/authorizers"),
    ("apigatewayv2", "UpdateAuthorizer", "PATCH", "/apis/{ApiId}/authorizers/{AuthorizerId}"),
    ("apigatewayv2", "DeleteAuthorizer", "DELETE", "/apis/{ApiId}/authorizers/{AuthorizerId}"),
    ("apigatewayv2", "UpdateApi", "PATCH", "/apis/{ApiId}"),
    ("apigatewayv2", "UpdateStage", "PATCH", "/apis/{ApiId}/stages/{StageName}"),
    ("apigatewayv2", "UpdateRoute", "PATCH", "/apis/{ApiId}/routes/{RouteId}"),
];

/// What it takes to have an HTTP API's access log delivered.
const LOG_DELIVERY: [&str; 8] = [
    "CreateLogDelivery",
    "DeleteLogDelivery",
    "DescribeLogGroups",
    "DescribeResourcePolicies",
    "GetLogDelivery",
    "ListLogDeliveries",
    "PutResourcePolicy",
    "UpdateLogDelivery",
];

/// What a call takes. A call that nothing here knows fails the test: look it up, and add it.
pub fn takes(call: &WireCall) -> Vec<Ask> {
    let (service, operation, input) = (call.service.as_str(), call.operation.as_str(), &call.input);
    // https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
    if (service, operation) == ("sts", "GetCallerIdentity") {
        return vec![];
    }
    // https://docs.aws.amazon.com/waf/latest/developerguide/security_iam_service-with-iam.html: on what has the web ACL too.
    if service == "wafv2" {
        let text = |name: &str| input[name].as_str();
        let on = text("WebACLArn").into_iter().chain(text("ResourceArn"));
        let action = format!("wafv2:{operation}");
        let stage = text("ResourceArn").map(|stage| Ask::new("apigateway:SetWebACL", stage));
        return on.map(|arn| Ask::new(&action, arn)).chain(stage).collect();
    }
    // With the rights of the type's own handler: https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/security.html
    if (service, operation) == ("cloudcontrol", "GetResource") {
        let handler = match input["TypeName"].as_str() {
            Some("AWS::EC2::Subnet") => "ec2:DescribeSubnets",
            other => panic!("what does reading {other:?} take? Say so in takes.rs"),
        };
        return vec![Ask::new("cloudformation:GetResource", "*"), Ask::new(handler, "*")];
    }
    let verb = VERBS.iter().find(|(of, name, ..)| (*of, *name) == (service, operation));
    if let Some((.., verb, path)) = verb {
        let mut asks = vec![Ask::new(&format!("apigateway:{verb}"), &arn("apigateway", path, input))];
        if operation == "UpdateRestApi" && patches_policy(input) {
            asks.push(Ask::new("apigateway:UpdateRestApiPolicy", &asks[0].resource));
        }
        // The caller hands the role over: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
        let role = handed_role(input).filter(|_| operation == "UpdateAccount");
        let passed =
            role.map(|role| Ask::new("iam:PassRole", &role).with("iam:PassedToService", "apigateway.amazonaws.com"));
        asks.extend(passed);
        // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html#http-api-logging.permissions
        if (service, operation) == ("apigatewayv2", "UpdateStage") && !input["AccessLogSettings"].is_null() {
            asks.extend(LOG_DELIVERY.iter().map(|action| Ask::new(&format!("logs:{action}"), "*")));
        }
        return asks;
    }
    let of_s3 = OF_S3.iter().find(|(_, operations)| service == "s3" && operations.contains(&operation));
    if let Some((action, _)) = of_s3 {
        let bucket = input["Bucket"].as_str().map_or("*".to_owned(), |bucket| format!("arn:aws:s3:::{bucket}"));
        return vec![Ask::new(&format!("s3:{action}"), &bucket)];
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
            // https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
            if input["VpcConfig"]["SubnetIds"].as_array().is_some_and(|subnets| !subnets.is_empty()) {
                let looks = ["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"];
                asks.extend(looks.map(|action| Ask::new(action, "*")));
            }
        }
        // https://docs.aws.amazon.com/awscloudtrail/latest/userguide/security_iam_id-based-policy-examples.html
        "CreateTrail" | "UpdateTrail" => {
            if let Some(role) = text("CloudWatchLogsRoleArn") {
                asks.push(Ask::new("iam:PassRole", role).with("iam:PassedToService", "cloudtrail.amazonaws.com"));
            }
            if input["TagsList"].is_array() {
                asks.push(Ask::new("cloudtrail:AddTags", &arn("cloudtrail", "trail/{Name}", input)));
            }
        }
        // https://docs.aws.amazon.com/inspector/latest/user/using-service-linked-roles.html
        "Enable" if call.service == "inspector2" => {
            let role = "role/aws-service-role/inspector2.amazonaws.com/AWSServiceRoleForAmazonInspector2";
            let role = Ask::new("iam:CreateServiceLinkedRole", &format!("arn:aws:iam::{ACCOUNT}:{role}"));
            asks.push(role.with("iam:AWSServiceName", "inspector2.amazonaws.com"));
        }
        // https://docs.aws.amazon.com/service-authorization/latest/reference/list_kms.html#list_kms-operations
        "CreateKey" => {
            asks.extend(text("Policy").map(|_| Ask::new("kms:PutKeyPolicy", &key)));
            asks.extend(input["Tags"].as_array().map(|_| Ask::new("kms:TagResource", &key)));
        }
        // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
        "CreateLogGroup" if input["tags"].is_object() => {
            asks.push(Ask::new("logs:TagResource", &arn("logs", "log-group:{logGroupName}", input)));
        }
        // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
        "PutMetricAlarm" if input["Tags"].is_array() => {
            asks.push(Ask::new("cloudwatch:TagResource", &arn("cloudwatch", "alarm:{AlarmName}", input)));
        }
        // https://docs.aws.amazon.com/kms/latest/developerguide/services-dynamodb.html
        "UpdateTable" => {
            if let Some(key) = input["SSESpecification"]["KMSMasterKeyId"].as_str() {
                let via = format!("dynamodb.{REGION}.amazonaws.com");
                let grant = Ask::new("kms:CreateGrant", key).with("kms:GrantIsForAWSResource", "true");
                asks.push(grant.with("kms:ViaService", &via));
                let uses = [
                    "kms:Decrypt",
                    "kms:DescribeKey",
                    "kms:Encrypt",
                    "kms:GenerateDataKey",
                    "kms:GenerateDataKeyWithoutPlaintext",
                    "kms:ReEncryptFrom",
                    "kms:ReEncryptTo",
                ];
                asks.extend(uses.map(|action| Ask::new(action, key).with("kms:ViaService", &via)));
            }
        }
        // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
        "CreateQueue" => {
            let queue = arn("sqs", "{QueueName}", input);
            asks.extend(input["tags"].as_object().map(|_| Ask::new("sqs:TagQueue", &queue)));
        }
        // https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
        "CreateTopic" => {
            let topic = arn("sns", "{Name}", input);
            asks.extend(input["Tags"].as_array().map(|_| Ask::new("sns:TagResource", &topic)));
        }
        _ => {}
    }
    asks
}

fn patches_policy(input: &Value) -> bool {
    input["patchOperations"].as_array().into_iter().flatten().any(|patch| patch["path"] == "/policy")
}

/// The role that a patch of the account's settings names.
fn handed_role(input: &Value) -> Option<String> {
    let mut patches = input["patchOperations"].as_array().into_iter().flatten();
    let role = patches.find(|patch| patch["path"] == "/cloudwatchRoleArn")?["value"].as_str()?;
    Some(role.to_owned()).filter(|role| !role.is_empty())
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
        let first = |value: &Value| value.as_array().and_then(|list| list.first()).cloned();
        let member = first(&input[name]).unwrap_or_else(|| input[name].clone());
        let number = member.as_i64().map(|number| number.to_string());
        let value = match member.as_str().or(number.as_deref()) {
            Some(alias) if alias.starts_with("alias/") && before.starts_with("key") => "some-key",
            // The name ends a queue's URL.
            Some(url) if name == "QueueUrl" => url.rsplit('/').next().unwrap_or(url),
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
