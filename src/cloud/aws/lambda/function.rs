//! `AWS::Lambda::Function`. Its id is the function's name; its document is of the unpublished version.

use async_trait::async_trait;
use aws_sdk_lambda::types::FunctionConfiguration;
use futures::future::join_all;
use serde_json::{Value, json};

use super::{configuration, effect};
use crate::cloud::aws::AwsType;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::error::{call_error, unread};
use crate::cloud::aws::fields::{Field, Unset, changed, field, only};
use crate::cloud::aws::input::{Input, Object};
use crate::cloud::aws::sent::sent;
use crate::cloud::aws::tags::{tag_change, tag_list};
use crate::cloud::{CallError, CallErrorKind, Listing};
use crate::model::{
    Call, Impossible, Locate, Part, Parts, Place, Relation, Resource, ResourceType, Sent, Settled, Snapshot,
};

/// `AWS::Lambda::Function`.
pub struct Function;

const CONFIGURATION: &str = "configuration";
const STATE: &str = "state";
const TAGS: &str = "tags";
const CONCURRENCY: &str = "concurrency";
const RECURSION: &str = "recursion";
const RUNTIME_MANAGEMENT: &str = "runtime_management";
const CODE_SIGNING: &str = "code_signing";

/// What UpdateFunctionConfiguration writes. An absent member leaves the setting as it is; what is sent to take a
/// setting away is what AWS documents or CloudFormation sends. Lambda always has a value for the settings that cannot
/// be unset, so no document of a real function lacks them.
/// <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html>
pub(super) const UPDATE: &[Field] = &[
    field("Runtime", "Runtime", Unset::Impossible),
    field("Role", "Role", Unset::Impossible),
    field("Handler", "Handler", Unset::Impossible),
    field("Description", "Description", Unset::EmptyText),
    field("Timeout", "Timeout", Unset::Impossible),
    field("MemorySize", "MemorySize", Unset::Impossible),
    field("KmsKeyArn", "KMSKeyArn", Unset::EmptyText),
    field("TracingConfig", "TracingConfig", Unset::Impossible),
    field("DeadLetterConfig", "DeadLetterConfig", Unset::Json(r#"{"TargetArn": ""}"#)),
    field("VpcConfig", "VpcConfig", Unset::Json(r#"{"SecurityGroupIds": [], "SubnetIds": []}"#)),
    field("Layers", "Layers", Unset::Json("[]")),
    field("EphemeralStorage", "EphemeralStorage", Unset::Impossible),
    field("LoggingConfig", "LoggingConfig", Unset::Impossible),
    field("SnapStart", "SnapStart", Unset::Impossible),
    field("FileSystemConfigs", "FileSystemConfigs", Unset::Json("[]")),
    field("ImageConfig", "ImageConfig", Unset::Json("{}")),
];

/// What has calls of its own.
const APART: &[&str] =
    &["ReservedConcurrentExecutions", "RecursiveLoop", "RuntimeManagementConfig", "CodeSigningConfigArn", "Tags"];

impl ResourceType for Function {
    fn name(&self) -> &'static str {
        "AWS::Lambda::Function"
    }

    fn parts(&self) -> &'static [Part] {
        &[
            Part {
                name: CONFIGURATION,
                permissions: &["lambda:ListFunctions", "lambda:GetFunctionConfiguration"],
                properties: &[
                    "Runtime",
                    "Role",
                    "Handler",
                    "Description",
                    "Timeout",
                    "MemorySize",
                    "PackageType",
                    "Architectures",
                    "Environment",
                    "KmsKeyArn",
                    "TracingConfig",
                    "DeadLetterConfig",
                    "VpcConfig",
                    "Layers",
                    "EphemeralStorage",
                    "LoggingConfig",
                    "SnapStart",
                    "FileSystemConfigs",
                    "ImageConfig",
                    "TenancyConfig",
                    "DurableConfig",
                    "CapacityProviderConfig",
                ],
                facts: &["RevisionId", "LastModified", "CodeSha256", "EnvironmentVariables", "EnvironmentError"],
            },
            Part {
                // ListFunctions leaves these out.
                name: STATE,
                permissions: &["lambda:ListFunctions", "lambda:GetFunctionConfiguration"],
                properties: &[],
                facts: &["State", "StateReason", "LastUpdateStatus", "LastUpdateStatusReason"],
            },
            Part { name: TAGS, permissions: &["lambda:ListTags"], properties: &["Tags"], facts: &[] },
            Part {
                name: CONCURRENCY,
                permissions: &["lambda:GetFunctionConcurrency"],
                properties: &["ReservedConcurrentExecutions"],
                facts: &[],
            },
            Part {
                name: RECURSION,
                permissions: &["lambda:GetFunctionRecursionConfig"],
                properties: &["RecursiveLoop"],
                facts: &[],
            },
            Part {
                name: RUNTIME_MANAGEMENT,
                permissions: &["lambda:GetRuntimeManagementConfig"],
                properties: &["RuntimeManagementConfig"],
                facts: &[],
            },
            Part {
                name: CODE_SIGNING,
                permissions: &["lambda:GetFunctionCodeSigningConfig"],
                properties: &["CodeSigningConfigArn"],
                facts: &[],
            },
        ]
    }

    fn relations(&self) -> &'static [Relation] {
        &[
            Relation {
                name: "role",
                of: "AWS::IAM::Role",
                many: false,
                locate: |function| {
                    let role = function.text("/Role").and_then(|arn| arn.rsplit('/').next());
                    Locate::Ids(role.map(str::to_owned).into_iter().collect())
                },
                needs: &["Role"],
            },
            Relation {
                name: "permissions",
                of: "AWS::Lambda::Permission",
                many: true,
                locate: |_| Locate::Children,
                needs: &[],
            },
            Relation {
                name: "url",
                of: "AWS::Lambda::Url",
                many: false,
                locate: |function| {
                    Locate::Ids(Some(function.arn.clone()).filter(|arn| !arn.is_empty()).into_iter().collect())
                },
                needs: &[],
            },
        ]
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        match (before, after) {
            (Some(before), Some(after)) => changes(before, after),
            (None, Some(_)) => Err(Impossible("a function needs code, which its document does not hold".into())),
            (Some(_), None) => Err(Impossible("a function that is deleted loses its code and its versions".into())),
            (None, None) => Ok(Vec::new()),
        }
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        effect::on_function(place, call, world)
    }

    /// <https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html>
    fn settled(&self, function: &Resource) -> Settled {
        let fact = |name: &str| function.fact(name).and_then(Value::as_str);
        match (fact("/State"), fact("/LastUpdateStatus")) {
            (Some("Pending"), _) | (_, Some("InProgress")) => Settled::NotYet,
            (_, Some("Failed")) => {
                let reason = fact("/LastUpdateStatusReason").unwrap_or("Lambda gives no reason");
                Settled::Failed(format!("the last update of the function failed: {reason}"))
            }
            _ => Settled::Yes,
        }
    }

    fn warnings(&self, before: Option<&Resource>, after: Option<&Resource>) -> Vec<String> {
        let (Some(before), Some(after)) = (before, after) else { return Vec::new() };
        let differs = |pointer: &str| before.property(pointer) != after.property(pointer);
        let sets = |pointer: &str| differs(pointer) && after.property(pointer).is_some();
        let mut warnings = Vec::new();
        let mut warn = |applies: bool, text: &str| {
            if applies {
                warnings.push(text.to_owned());
            }
        };
        warn(sets("/Runtime"), "the code is not rebuilt or tested for the other runtime");
        warn(
            sets("/KmsKeyArn"),
            "the function and whoever updates it need the right to use the key: its policy or a grant has to allow it",
        );
        warn(sets("/DeadLetterConfig"), "Lambda accepts the target only if the function's role may send to it");
        warn(
            sets("/VpcConfig"),
            "a function in a VPC reaches the internet only through the VPC, and its role has to be allowed to manage network interfaces",
        );
        warn(
            sets("/ReservedConcurrentExecutions"),
            "reserved concurrency is taken from the account's, and requests beyond it are throttled",
        );
        warn(sets("/CodeSigningConfigArn"), "the code that is deployed now is not checked; later deployments are");
        warnings
    }
}

fn changes(before: &Resource, after: &Resource) -> Result<Vec<Call>, Impossible> {
    if before.property("/Environment") != after.property("/Environment") {
        return Err(Impossible("rectify knows fingerprints of environment values, so it cannot write them".into()));
    }
    let names: Vec<&str> = UPDATE.iter().map(|field| field.property).chain(APART.iter().copied()).collect();
    only(&names, before, after)?;
    let name = &before.id;
    let mut calls = apart(before, after)?;
    let mut input = changed(UPDATE, before, after)?;
    if !input.is_empty() {
        // Lambda keeps the members of VpcConfig that an update does not name, and documents leave out the default.
        if let Some(Value::Object(vpc)) = input.get_mut("VpcConfig")
            && before.property("/VpcConfig/Ipv6AllowedForDualStack").is_some()
            && !vpc.contains_key("Ipv6AllowedForDualStack")
            && after.property("/VpcConfig").is_some()
        {
            vpc.insert("Ipv6AllowedForDualStack".into(), false.into());
        }
        input.insert("FunctionName".into(), name.as_str().into());
        input.insert("RevisionId".into(), "${rectify:current.RevisionId}".into());
        // The last one: while it is under way Lambda refuses the others with a ResourceConflictException.
        calls.push(Call::new("lambda", "UpdateFunctionConfiguration", Value::Object(input)));
    }
    Ok(calls)
}

/// The settings that have calls of their own.
fn apart(before: &Resource, after: &Resource) -> Result<Vec<Call>, Impossible> {
    let name = &before.id;
    let mut calls = Vec::new();
    let mut call = |operation: &str, input: Value| calls.push(Call::new("lambda", operation, input));
    let difference = |pointer: &str| {
        let (old, new) = (before.property(pointer), after.property(pointer));
        (old != new).then_some(new)
    };
    let tags = tag_change(before, after);
    if !tags.set.is_empty() {
        call("TagResource", json!({"Resource": before.arn, "Tags": tags.set}));
    }
    if !tags.removed.is_empty() {
        call("UntagResource", json!({"Resource": before.arn, "TagKeys": tags.removed}));
    }
    match difference("/ReservedConcurrentExecutions") {
        Some(Some(limit)) => {
            call("PutFunctionConcurrency", json!({"FunctionName": name, "ReservedConcurrentExecutions": limit}));
        }
        Some(None) => call("DeleteFunctionConcurrency", json!({"FunctionName": name})),
        None => {}
    }
    match difference("/RecursiveLoop") {
        Some(Some(mode)) => call("PutFunctionRecursionConfig", json!({"FunctionName": name, "RecursiveLoop": mode})),
        Some(None) => return Err(Impossible("the service has no call that unsets RecursiveLoop".into())),
        None => {}
    }
    match difference("/CodeSigningConfigArn") {
        Some(Some(arn)) => {
            call("PutFunctionCodeSigningConfig", json!({"FunctionName": name, "CodeSigningConfigArn": arn}));
        }
        Some(None) => call("DeleteFunctionCodeSigningConfig", json!({"FunctionName": name})),
        None => {}
    }
    match difference("/RuntimeManagementConfig") {
        Some(Some(Value::Object(config))) => {
            let mut input = config.clone();
            input.insert("FunctionName".into(), name.as_str().into());
            call("PutRuntimeManagementConfig", Value::Object(input));
        }
        Some(_) => return Err(Impossible("the service has no call that unsets RuntimeManagementConfig".into())),
        None => {}
    }
    Ok(calls)
}

#[async_trait]
impl AwsType for Function {
    async fn list(&self, aws: &Clients, _within: Option<&str>, parts: &Parts) -> Listing {
        let mut listing = Listing::default();
        let mut found = Vec::new();
        let mut pages = aws.lambda.list_functions().into_paginator().items().send();
        while let Some(item) = pages.next().await {
            match item {
                Ok(function) => found.push(function),
                Err(error) => {
                    listing.unread.push(unread(aws.key(self, ""), &call_error("lambda", "ListFunctions", error)));
                    break;
                }
            }
        }
        let documents = found.into_iter().map(|function| async move {
            let name = function.function_name().unwrap_or_default().to_owned();
            let _slot = aws.slot("lambda").await;
            // ListFunctions does not know the state.
            let function = match parts.wants(STATE) {
                true => configuration_of(aws, &name).await.map(|now| now.unwrap_or(function)),
                false => Ok(function),
            };
            match function {
                Ok(function) => self.document(aws, &function, parts).await,
                Err(error) => Err(error),
            }
            .map_err(|error| unread(aws.key(self, &name), &error))
        });
        for document in join_all(documents).await {
            match document {
                Ok(document) => listing.resources.push(document),
                Err(unread) => listing.unread.push(unread),
            }
        }
        listing
    }

    async fn read(&self, aws: &Clients, id: &str, parts: &Parts) -> Result<Option<Resource>, CallError> {
        let _slot = aws.slot("lambda").await;
        match configuration_of(aws, id).await? {
            Some(function) => self.document(aws, &function, parts).await.map(Some),
            None => Ok(None),
        }
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let _slot = aws.slot("lambda").await;
        let input = Input(call);
        let operation = call.operation.as_str();
        let name = input.text("FunctionName");
        let invalid = |message: String| CallError {
            kind: CallErrorKind::Invalid,
            service: "lambda".into(),
            operation: operation.into(),
            message,
            request_id: None,
        };
        match operation {
            "UpdateFunctionConfiguration" => {
                let request = configuration::update(aws.lambda.update_function_configuration(), &input)
                    .map_err(|error| invalid(error.to_string()))?;
                sent("lambda", operation, request.send().await)
            }
            "PutFunctionConcurrency" => {
                let limit = input.integer("ReservedConcurrentExecutions");
                let request = aws.lambda.put_function_concurrency().set_function_name(name);
                sent("lambda", operation, request.set_reserved_concurrent_executions(limit).send().await)
            }
            "DeleteFunctionConcurrency" => {
                let request = aws.lambda.delete_function_concurrency().set_function_name(name);
                sent("lambda", operation, request.send().await)
            }
            "PutFunctionRecursionConfig" => {
                let mode = input.text("RecursiveLoop").map(|mode| mode.as_str().into());
                let request = aws.lambda.put_function_recursion_config().set_function_name(name);
                sent("lambda", operation, request.set_recursive_loop(mode).send().await)
            }
            "PutRuntimeManagementConfig" => {
                let when = input.text("UpdateRuntimeOn").map(|when| when.as_str().into());
                let request = aws.lambda.put_runtime_management_config().set_function_name(name);
                let request =
                    request.set_update_runtime_on(when).set_runtime_version_arn(input.text("RuntimeVersionArn"));
                sent("lambda", operation, request.send().await)
            }
            "PutFunctionCodeSigningConfig" => {
                let request = aws.lambda.put_function_code_signing_config().set_function_name(name);
                let arn = input.text("CodeSigningConfigArn");
                sent("lambda", operation, request.set_code_signing_config_arn(arn).send().await)
            }
            "DeleteFunctionCodeSigningConfig" => {
                let request = aws.lambda.delete_function_code_signing_config().set_function_name(name);
                sent("lambda", operation, request.send().await)
            }
            "TagResource" => {
                let mut request = aws.lambda.tag_resource().set_resource(input.text("Resource"));
                for (key, value) in input.value("Tags").and_then(Value::as_object).into_iter().flatten() {
                    request = request.tags(key, value.as_str().unwrap_or_default());
                }
                sent("lambda", operation, request.send().await)
            }
            "UntagResource" => {
                let request = aws.lambda.untag_resource().set_resource(input.text("Resource"));
                sent("lambda", operation, request.set_tag_keys(input.texts("TagKeys")).send().await)
            }
            _ => Err(input.unknown()),
        }
    }
}

/// The configuration; none where there is no such function.
async fn configuration_of(aws: &Clients, name: &str) -> Result<Option<FunctionConfiguration>, CallError> {
    let answer = aws.lambda.get_function_configuration().function_name(name).send().await;
    match answer.map_err(|error| call_error("lambda", "GetFunctionConfiguration", error)) {
        Ok(output) => Ok(Some(configuration::same(output))),
        Err(error) if error.kind == CallErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

impl Function {
    /// The document of a function whose configuration is known. The caller holds the slot.
    async fn document(
        &self,
        aws: &Clients,
        function: &FunctionConfiguration,
        parts: &Parts,
    ) -> Result<Resource, CallError> {
        let (name, arn) = (function.function_name().unwrap_or_default(), function.function_arn().unwrap_or_default());
        let (mut properties, facts) = configuration::document(&aws.fingerprint_key, function);
        let image = properties.0.get("PackageType").and_then(Value::as_str) == Some("Image");
        if parts.wants(TAGS) {
            let answer = aws.lambda.list_tags().resource(arn).send().await;
            let output = answer.map_err(|error| call_error("lambda", "ListTags", error))?;
            let tags = output.tags().into_iter().flatten();
            properties.set("Tags", tag_list(tags.map(|(key, value)| (key.as_str(), value.as_str()))));
        }
        if parts.wants(CONCURRENCY) {
            let answer = aws.lambda.get_function_concurrency().function_name(name).send().await;
            let output = answer.map_err(|error| call_error("lambda", "GetFunctionConcurrency", error))?;
            properties.set("ReservedConcurrentExecutions", output.reserved_concurrent_executions());
        }
        if parts.wants(RECURSION) {
            let answer = aws.lambda.get_function_recursion_config().function_name(name).send().await;
            let output = answer.map_err(|error| call_error("lambda", "GetFunctionRecursionConfig", error))?;
            properties.set("RecursiveLoop", output.recursive_loop().map(|mode| mode.as_str()));
        }
        // A container image brings its own runtime and is not signed by AWS Signer.
        if parts.wants(RUNTIME_MANAGEMENT) && !image {
            let answer = aws.lambda.get_runtime_management_config().function_name(name).send().await;
            let output = answer.map_err(|error| call_error("lambda", "GetRuntimeManagementConfig", error))?;
            let mut config = Object::default();
            config
                .set("UpdateRuntimeOn", output.update_runtime_on().map(|when| when.as_str()))
                .set("RuntimeVersionArn", output.runtime_version_arn());
            properties.set("RuntimeManagementConfig", config.non_empty());
        }
        if parts.wants(CODE_SIGNING) && !image {
            let answer = aws.lambda.get_function_code_signing_config().function_name(name).send().await;
            match answer.map_err(|error| call_error("lambda", "GetFunctionCodeSigningConfig", error)) {
                Ok(output) => {
                    properties.set("CodeSigningConfigArn", Some(output.code_signing_config_arn()));
                }
                Err(error) if error.kind == CallErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Resource::new(aws.key(self, name), arn, properties.0, facts.0))
    }
}
