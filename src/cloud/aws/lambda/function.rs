//! `AWS::Lambda::Function`. Its id is the function's name; its document is of the unpublished version.

use async_trait::async_trait;
use aws_sdk_lambda::types::FunctionConfiguration;
use futures::future::join_all;
use serde_json::Value;

use super::sharing::{self, RoleUsers};
use super::{configuration, effect, function_calls, function_send, layers, names, rights, subnets, trails};
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::{found, offered};
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::listing::items;
use crate::cloud::aws::object::Object;
use crate::cloud::aws::{AwsType, TRACES, cloudwatch, tags};
use crate::cloud::{CallError, Listing};
use crate::model::{
    Call, Impossible, Locate, Part, Parts, Place, Relation, Resource, ResourceType, Right, Sent, Settled, Snapshot,
    Trail, Write,
};

/// `AWS::Lambda::Function`.
pub struct Function;

const CONFIGURATION: &str = "configuration";
const ENVIRONMENT: &str = "environment";
const STATE: &str = "state";
const TAGS: &str = "tags";
const CONCURRENCY: &str = "concurrency";
const RECURSION: &str = "recursion";
const RUNTIME_MANAGEMENT: &str = "runtime_management";
const CODE_SIGNING: &str = "code_signing";
const ZONES: &str = "zones";
const SHARING: &str = "sharing";

/// The namespace of Lambda's metrics.
const METRICS: &str = "AWS/Lambda";

impl ResourceType for Function {
    fn name(&self) -> &'static str {
        "AWS::Lambda::Function"
    }

    fn reads(&self) -> &'static [Right] {
        const { &[rights::LIST, rights::function("lambda:GetFunctionConfiguration")] }
    }

    fn writes(&self) -> &'static [Write] {
        rights::WRITES
    }

    fn parts(&self) -> &'static [Part] {
        const {
            &[
                Part {
                    name: CONFIGURATION,
                    permissions: &[],
                    properties: &[
                        "Runtime",
                        "Role",
                        "Handler",
                        "Description",
                        "Timeout",
                        "MemorySize",
                        "PackageType",
                        "Architectures",
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
                    facts: &["RevisionId", "LastModified", "CodeSha256"],
                },
                Part {
                    name: ENVIRONMENT,
                    permissions: &[rights::DECRYPT],
                    properties: &["Environment"],
                    facts: &["EnvironmentVariables", "EnvironmentError"],
                },
                Part {
                    // ListFunctions leaves these out.
                    name: STATE,
                    permissions: &[],
                    properties: &[],
                    facts: &["State", "StateReason", "LastUpdateStatus", "LastUpdateStatusReason"],
                },
                Part {
                    name: TAGS,
                    permissions: &[rights::function("lambda:ListTags")],
                    properties: &["Tags"],
                    facts: &[],
                },
                Part {
                    name: CONCURRENCY,
                    permissions: &[rights::function("lambda:GetFunctionConcurrency")],
                    properties: &["ReservedConcurrentExecutions"],
                    facts: &[],
                },
                Part {
                    name: RECURSION,
                    permissions: &[rights::function("lambda:GetFunctionRecursionConfig")],
                    properties: &["RecursiveLoop"],
                    facts: &[],
                },
                Part {
                    name: RUNTIME_MANAGEMENT,
                    permissions: &[rights::function("lambda:GetRuntimeManagementConfig")],
                    properties: &["RuntimeManagementConfig"],
                    facts: &[],
                },
                Part {
                    name: CODE_SIGNING,
                    permissions: &[rights::function("lambda:GetFunctionCodeSigningConfig")],
                    properties: &["CodeSigningConfigArn"],
                    facts: &[],
                },
                Part {
                    // Read only of functions in a VPC.
                    name: ZONES,
                    permissions: &[
                        Right::anywhere("cloudformation:GetResource"),
                        Right::anywhere("ec2:DescribeSubnets"),
                    ],
                    properties: &[],
                    facts: &["SubnetZones"],
                },
                Part {
                    // By the list of functions, which is many times cheaper than to read each as a neighbour.
                    name: SHARING,
                    permissions: &[],
                    properties: &[],
                    facts: &["RoleSharedWith"],
                },
            ]
        }
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
                // Every version of the account's own layers that the function has.
                name: "layers",
                of: "AWS::Lambda::LayerVersion",
                many: true,
                locate: |function| {
                    let used = function.property("/Layers").and_then(Value::as_array).into_iter().flatten();
                    let layers = used.filter_map(Value::as_str).filter_map(layers::layer_of);
                    Locate::Referring(layers.map(str::to_owned).collect())
                },
                needs: &["Layers"],
            },
            Relation {
                name: "permissions",
                of: "AWS::Lambda::Permission",
                many: true,
                locate: |function| Locate::ChildrenOf(function.id.clone()),
                needs: &[],
            },
            Relation {
                name: "event_invoke_configs",
                of: "AWS::Lambda::EventInvokeConfig",
                many: true,
                locate: |function| Locate::ChildrenOf(function.id.clone()),
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
            // A list, for a function may be older than its log group, and that there is none is then known.
            Relation {
                name: "log_groups",
                of: "AWS::Logs::LogGroup",
                many: true,
                locate: |function| Locate::Ids(vec![names::log_group(function)]),
                needs: &["LoggingConfig"],
            },
            // Those that watch a metric of its own, or of all functions.
            Relation {
                name: "alarms",
                of: "AWS::CloudWatch::Alarm",
                many: true,
                locate: |function| {
                    let own = cloudwatch::named_by(METRICS, "FunctionName", &function.id);
                    Locate::Referring(vec![own, cloudwatch::everything_of(METRICS)])
                },
                needs: &[],
            },
        ]
    }

    fn trails(&self) -> &'static [Trail] {
        trails::FUNCTION
    }

    fn named(&self, arn: &str) -> Option<String> {
        trails::named(arn)
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        match (before, after) {
            (Some(before), Some(after)) => function_calls::changes(before, after),
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
        let runtime = |function: &Resource| function.text("/Runtime").unwrap_or_default().to_owned();
        let texts = [
            (
                sets("/Runtime"),
                "The code and its layers are not rebuilt or tested for the other runtime: run the function's tests on it first.",
            ),
            // https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html
            (
                sets("/Runtime") && node(&runtime(before)) < Some(18) && node(&runtime(after)) >= Some(18),
                "nodejs18.x and later bring version 3 of the AWS SDK for JavaScript only.",
            ),
            (
                sets("/Runtime") && node(&runtime(before)) < Some(24) && node(&runtime(after)) >= Some(24),
                "nodejs24.x and later call no handler with a callback.",
            ),
            // https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
            (
                sets("/KmsKeyArn"),
                "Whoever applies this, and whoever changes the environment later, needs kms:CreateGrant and kms:Encrypt on the key; whoever reads the environment needs kms:Decrypt.",
            ),
            (sets("/DeadLetterConfig"), "Lambda accepts the target only if the function's role may send to it."),
            (
                sets("/VpcConfig"),
                "A function in a VPC reaches the internet only through the VPC, and its role has to be allowed to manage network interfaces.",
            ),
            (differs("/TracingConfig") && after.text("/TracingConfig/Mode") == Some("Active"), TRACES),
            (
                sets("/ReservedConcurrentExecutions"),
                "Reserved concurrency is taken from the account's, and requests beyond it are throttled.",
            ),
            (sets("/CodeSigningConfigArn"), "The code that is deployed now is not checked; later deployments are."),
        ];
        texts.into_iter().filter(|(applies, _)| *applies).map(|(_, text)| text.to_owned()).collect()
    }
}

#[async_trait]
impl AwsType for Function {
    async fn list(&self, aws: &Clients, _within: Option<&str>, parts: &Parts) -> Listing {
        let mut listing = Listing::default();
        let pages = aws.lambda.list_functions().into_paginator().stop_on_duplicate_token(false).items().send();
        let (found, error) = items("lambda", "ListFunctions", pages).await;
        listing.incomplete(aws, self, error);
        let users = &if parts.wants(SHARING) { RoleUsers::of(&found) } else { RoleUsers::default() };
        let documents = found.into_iter().map(|function| async move {
            let name = function.function_name().unwrap_or_default().to_owned();
            let _slot = aws.slot("lambda").await;
            // ListFunctions does not know the state.
            let function = match parts.wants(STATE) {
                true => configuration_of(aws, &name).await.map(|now| now.unwrap_or(function)),
                false => Ok(function),
            };
            let document = match function {
                Ok(function) => self.document(aws, &function, parts).await,
                Err(error) => Err(error),
            };
            let document = document.map(|document| users.told(document));
            (name, document)
        });
        for (name, document) in join_all(documents).await {
            listing.add(aws, self, &name, document.map(Some));
        }
        listing
    }

    async fn read(&self, aws: &Clients, id: &str, parts: &Parts) -> Result<Option<Resource>, CallError> {
        let _slot = aws.slot("lambda").await;
        let Some(function) = configuration_of(aws, id).await? else { return Ok(None) };
        let document = self.document(aws, &function, parts).await?;
        match parts.wants(SHARING) {
            true => Ok(Some(sharing::of_all(aws).await?.told(document))),
            false => Ok(Some(document)),
        }
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let _slot = aws.slot("lambda").await;
        function_send::send(aws, call).await
    }
}

/// The version of a runtime of Node.js.
fn node(runtime: &str) -> Option<u32> {
    runtime.strip_prefix("nodejs")?.split('.').next()?.parse().ok()
}

/// The configuration; none where there is no such function.
async fn configuration_of(aws: &Clients, name: &str) -> Result<Option<FunctionConfiguration>, CallError> {
    let answer = aws.lambda.get_function_configuration().function_name(name).send().await;
    let output = found(answer.map_err(|error| call_error("lambda", "GetFunctionConfiguration", error)))?;
    Ok(output.map(configuration::same))
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
        let (mut properties, mut facts) = configuration::document(function);
        if parts.wants(ENVIRONMENT) {
            configuration::environment(&aws.fingerprint_key, function, &mut properties, &mut facts);
        }
        let image = properties.0.get("PackageType").and_then(Value::as_str) == Some("Image");
        if parts.wants(TAGS) {
            let answer = aws.lambda.list_tags().resource(arn).send().await;
            let output = answer.map_err(|error| call_error("lambda", "ListTags", error))?;
            properties.set("Tags", tags::property(output.tags.unwrap_or_default(), tags::Shape::Pairs));
        }
        if parts.wants(CONCURRENCY) {
            let answer = aws.lambda.get_function_concurrency().function_name(name).send().await;
            let output = answer.map_err(|error| call_error("lambda", "GetFunctionConcurrency", error))?;
            properties.set("ReservedConcurrentExecutions", output.reserved_concurrent_executions());
        }
        if parts.wants(RECURSION) {
            let answer = aws.lambda.get_function_recursion_config().function_name(name).send().await;
            let output = offered("lambda", "GetFunctionRecursionConfig", answer)?;
            let mode = output.and_then(|output| output.recursive_loop);
            properties.set("RecursiveLoop", mode.as_ref().map(|mode| mode.as_str()));
        }
        // A container image brings its own runtime and is not signed by AWS Signer.
        if parts.wants(RUNTIME_MANAGEMENT) && !image {
            let answer = aws.lambda.get_runtime_management_config().function_name(name).send().await;
            let mut config = Object::default();
            if let Some(output) = offered("lambda", "GetRuntimeManagementConfig", answer)? {
                config
                    .set("UpdateRuntimeOn", output.update_runtime_on().map(|when| when.as_str()))
                    .set("RuntimeVersionArn", output.runtime_version_arn());
            }
            properties.set("RuntimeManagementConfig", config.non_empty());
        }
        if parts.wants(CODE_SIGNING) && !image {
            let answer = aws.lambda.get_function_code_signing_config().function_name(name).send().await;
            let output = found(answer.map_err(|error| call_error("lambda", "GetFunctionCodeSigningConfig", error)))?;
            properties.set("CodeSigningConfigArn", output.map(|output| output.code_signing_config_arn));
        }
        if parts.wants(ZONES) {
            let subnets = function.vpc_config().map(|vpc| vpc.subnet_ids()).unwrap_or_default();
            facts.set("SubnetZones", subnets::zones(aws, subnets).await?);
        }
        Ok(Resource::new(aws.key(self, name), arn, properties.0, facts.0))
    }
}
