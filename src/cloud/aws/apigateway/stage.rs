//! `AWS::ApiGateway::Stage`. Its id is `RESTAPIID|STAGENAME`.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_apigateway::types;
use serde_json::{Value, json};

use super::method_settings;
use super::patch::{self, Patch};
use super::rights;
use super::serving;
use super::trails;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::{found, sent};
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::fields::{Field, Unset, both, field, only_fields, write};
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::{Partial, children, whole};
use crate::cloud::aws::object::Object;
use crate::cloud::aws::world::edit;
use crate::cloud::aws::{AwsType, TRACES, tags};
use crate::cloud::{CallError, Listing};
use crate::model::{
    Call, Impossible, Locate, Part, Parts, Place, Relation, Resource, ResourceType, Right, Sent, Settled, Snapshot,
    Trail, Write,
};

/// `AWS::ApiGateway::Stage`.
pub struct Stage;

/// The paths of UpdateStage (<https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateStage-Patch>).
const FIELDS: &[Field] = &[
    field("CacheClusterEnabled", "/cacheClusterEnabled", Unset::Impossible),
    field("ClientCertificateId", "/clientCertificateId", Unset::EmptyText),
    field("DeploymentId", "/deploymentId", Unset::Impossible),
    field("Description", "/description", Unset::EmptyText),
    field("TracingEnabled", "/tracingEnabled", Unset::Impossible),
];

const BOOLEANS: &[&str] = &["/cacheClusterEnabled", "/tracingEnabled"];

/// The part that tells what a deployment would publish.
const UNDEPLOYED: &str = "undeployed";

const LOG_SETTING: &[(&str, &str)] =
    &[("DestinationArn", "/accessLogSettings/destinationArn"), ("Format", "/accessLogSettings/format")];

const WRITES: &[Write] = &[
    Write::update(
        &[
            "CacheClusterEnabled",
            "ClientCertificateId",
            "DeploymentId",
            "Description",
            "TracingEnabled",
            "MethodSettings",
            "AccessLogSetting",
            "CacheClusterSize",
        ],
        &[Right::new("apigateway:PATCH", "arn:${partition}:apigateway:${region}::/restapis/*/stages/*")],
    ),
    rights::TAGS,
];

impl ResourceType for Stage {
    fn name(&self) -> &'static str {
        "AWS::ApiGateway::Stage"
    }

    fn reads(&self) -> &'static [Right] {
        const {
            &[
                rights::GET_APIS,
                Right::new("apigateway:GET", "arn:${partition}:apigateway:${region}::/restapis/*/stages"),
                Right::new("apigateway:GET", "arn:${partition}:apigateway:${region}::/restapis/*/stages/*"),
            ]
        }
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    fn parts(&self) -> &'static [Part] {
        &[
            Part {
                name: "stages",
                permissions: &[],
                properties: &[
                    "RestApiId",
                    "StageName",
                    "DeploymentId",
                    "Description",
                    "MethodSettings",
                    "TracingEnabled",
                    "AccessLogSetting",
                    "CacheClusterEnabled",
                    "CacheClusterSize",
                    "ClientCertificateId",
                    "Variables",
                    "Tags",
                ],
                facts: &["WebAclArn", "Variables", "CacheClusterStatus"],
            },
            // It takes to read what each stage serves, and every method of the API: for plans that deploy.
            Part {
                name: UNDEPLOYED,
                permissions: &[rights::GET_DEPLOYMENT, rights::GET_RESOURCES],
                properties: &[],
                facts: &[serving::UNDEPLOYED],
            },
        ]
    }

    fn belongs_to(&self) -> Option<&'static str> {
        Some("api")
    }

    fn relations(&self) -> &'static [Relation] {
        // CloudWatch knows an API by its name, which a stage does not have: its alarms are among those of all APIs.
        const ALARMS: Relation = Relation {
            name: "alarms",
            of: "AWS::CloudWatch::Alarm",
            many: true,
            locate: |_| Locate::Referring(vec!["AWS/ApiGateway".to_owned()]),
            needs: &[],
        };
        &[patch::API, ALARMS, patch::WEB_ACLS, patch::ACCOUNT, patch::METHODS, patch::USAGE_PLANS]
    }

    fn parent(&self, id: &str) -> Option<String> {
        patch::parent(id)
    }

    fn trails(&self) -> &'static [Trail] {
        trails::STAGE
    }

    fn named(&self, arn: &str) -> Option<String> {
        trails::named_stage(arn)
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        let Some((before, after)) = both(before, after)? else { return Ok(vec![]) };
        if before.property("/Variables") != after.property("/Variables") {
            return Err(Impossible("rectify never holds the values of stage variables".to_owned()));
        }
        let others = ["MethodSettings", "AccessLogSetting", "CacheClusterSize", "Tags"];
        only_fields(FIELDS, &others, before, after)?;
        serving::publishes_no_more(before, after)?;
        let mut patch = Patch::of(FIELDS, before, after)?;
        cache_size(before, after, &mut patch)?;
        log_setting(before, after, &mut patch);
        method_settings::operations(before, after, &mut patch)?;
        let (api, name) = before.id.split_once('|').unwrap_or_default();
        let mut calls: Vec<Call> =
            patch.call("UpdateStage", json!({"restApiId": api, "stageName": name})).into_iter().collect();
        calls.extend(patch::tag_calls(before, after)?);
        Ok(calls)
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        let input = Input(call);
        if call.operation != "UpdateStage" {
            return patch::tag_effect(self, tags::Shape::Pairs, call, world);
        }
        let text = |name| input.text(name).unwrap_or_default();
        let key = self.key(place, &format!("{}|{}", text("restApiId"), text("stageName")));
        let sent = edit(world, &key, "NotFoundException: Invalid stage identifier specified", |properties, _| {
            for operation in patch::operations(&input) {
                let value = patch::typed(&operation, BOOLEANS);
                if let Some((member, _)) = LOG_SETTING.iter().find(|(_, path)| *path == operation.path) {
                    let setting = properties.entry("AccessLogSetting").or_insert_with(|| json!({}));
                    if let Some(setting) = setting.as_object_mut() {
                        setting.insert((*member).to_owned(), value);
                    }
                } else if operation.path == "/accessLogSettings" {
                    properties.remove("AccessLogSetting");
                } else if operation.path == "/cacheClusterSize" {
                    properties.insert("CacheClusterSize".to_owned(), value);
                } else if FIELDS.iter().any(|field| field.member == operation.path) {
                    write(FIELDS, &json!({ operation.path: value }), properties);
                } else {
                    method_settings::write(properties, &operation)?;
                }
            }
            // A size is a property of a cluster that there is.
            if properties.get("CacheClusterEnabled") == Some(&Value::Bool(false)) {
                properties.remove("CacheClusterSize");
            }
            Ok(())
        })?;
        serving::refresh(world, place, &text("restApiId"));
        Ok(sent)
    }

    fn settled(&self, resource: &Resource) -> Settled {
        match resource.fact("/CacheClusterStatus").and_then(Value::as_str) {
            Some(status) if status.ends_with("_IN_PROGRESS") => Settled::NotYet,
            _ => Settled::Yes,
        }
    }

    fn warnings(&self, before: Option<&Resource>, after: Option<&Resource>) -> Vec<String> {
        let (Some(before), Some(after)) = (before, after) else { return vec![] };
        let mut warnings = serving::warnings(before, after);
        let gets = |pointer: &str| before.property(pointer).is_none() && after.property(pointer).is_some();
        // https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html#set-up-access-logging-permissions
        if method_settings::starts_logging(before, after) || gets("/AccessLogSetting") {
            warnings.push(
                "API Gateway refuses to log until the account's API Gateway settings in this Region name a role for CloudWatch Logs."
                    .to_owned(),
            );
        }
        let enabled = |stage: &Resource| stage.property("/CacheClusterEnabled") == Some(&Value::Bool(true));
        if enabled(after) && !enabled(before) {
            warnings.push("A cache is charged by the hour, and takes some minutes to be made.".to_owned());
        }
        let traces = |stage: &Resource| stage.property("/TracingEnabled") == Some(&Value::Bool(true));
        if traces(after) && !traces(before) {
            warnings.push(TRACES.to_owned());
        }
        for place in method_settings::rewritten(before, after) {
            warnings.push(format!(
                "The method setting {place} is removed and written anew: how it treats unauthorized cache invalidation goes back to AWS's default."
            ));
        }
        warnings
    }
}

fn cache_size(before: &Resource, after: &Resource, patch: &mut Patch) -> Result<(), Impossible> {
    let size = |stage: &Resource| stage.property("/CacheClusterSize").cloned();
    if size(before) == size(after) || after.property("/CacheClusterEnabled") == Some(&Value::Bool(false)) {
        return Ok(());
    }
    let size = size(after).ok_or_else(|| Impossible("a cache cannot be without a size".to_owned()))?;
    patch.replace("/cacheClusterSize", &size);
    Ok(())
}

fn log_setting(before: &Resource, after: &Resource, patch: &mut Patch) {
    let has = |stage: &Resource, member: &str| stage.property(&format!("/AccessLogSetting/{member}")).cloned();
    // One of the two cannot be unset alone: both are removed, and what stays is written anew.
    let lost = LOG_SETTING.iter().any(|(member, _)| has(before, member).is_some() && has(after, member).is_none());
    if lost {
        patch.remove("/accessLogSettings", &Value::Null);
    }
    for (member, path) in LOG_SETTING {
        if let Some(value) = has(after, member)
            && (lost || has(before, member).as_ref() != Some(&value))
        {
            patch.replace(path, &value);
        }
    }
}

#[async_trait]
impl AwsType for Stage {
    async fn list(&self, aws: &Clients, within: Option<&str>, parts: &Parts) -> Listing {
        children(aws, self, patch::api_ids(aws, within).await, |api| async move {
            let (stages, error) = match stages(aws, &api).await {
                Ok(stages) => documents(aws, &api, &stages, parts).await,
                Err(error) => (vec![], Some(error)),
            };
            Listing::of_parent(aws, self, &api, stages, error)
        })
        .await
    }

    async fn read(&self, aws: &Clients, id: &str, parts: &Parts) -> Result<Option<Resource>, CallError> {
        let Some((api, name)) = id.split_once('|') else { return Ok(None) };
        // GetStages gives the same as GetStage, and both in one call.
        let mut stages = found(stages(aws, api).await)?.unwrap_or_default();
        stages.retain(|stage| stage.stage_name() == Some(name));
        Ok(whole(documents(aws, api, &stages, parts).await)?.pop())
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        if call.operation != "UpdateStage" {
            return patch::send_tags(aws, call).await;
        }
        let input = Input(call);
        let request = aws.apigateway.update_stage().set_rest_api_id(input.text("restApiId"));
        let request = request.set_stage_name(input.text("stageName")).set_patch_operations(patch::sdk(&input));
        sent(call, request.send().await)
    }
}

/// The stages of an API.
pub async fn stages(aws: &Clients, api: &str) -> Result<Vec<types::Stage>, CallError> {
    let _slot = aws.slot("apigateway").await;
    let stages = aws.apigateway.get_stages().rest_api_id(api).send().await;
    let output = stages.map_err(|error| call_error("apigateway", "GetStages", error))?;
    Ok(output.item.unwrap_or_default())
}

/// The documents of stages, and why they are not whole.
async fn documents(aws: &Clients, api: &str, stages: &[types::Stage], parts: &Parts) -> Partial<Resource> {
    let undeployed =
        if parts.wants(UNDEPLOYED) { serving::undeployed(aws, api, stages).await } else { Ok(BTreeMap::new()) };
    let (undeployed, error) = match undeployed {
        Ok(undeployed) => (undeployed, None),
        Err(error) => (BTreeMap::new(), Some(error)),
    };
    let document = |stage: &types::Stage| {
        let undeployed = stage.deployment_id().and_then(|id| undeployed.get(id));
        document(aws, api, stage, undeployed)
    };
    (stages.iter().map(document).collect(), error)
}

fn document(aws: &Clients, api: &str, stage: &types::Stage, undeployed: Option<&Vec<String>>) -> Resource {
    let name = stage.stage_name().unwrap_or_default();
    let mut properties = Object::default();
    properties.set("RestApiId", Some(api)).set("StageName", Some(name));
    properties.set("DeploymentId", stage.deployment_id()).set("Description", stage.description());
    properties.set("MethodSettings", stage.method_settings().and_then(method_settings::property));
    properties.set("TracingEnabled", Some(stage.tracing_enabled()));
    if let Some(settings) = stage.access_log_settings() {
        let mut setting = Object::default();
        setting.set("DestinationArn", settings.destination_arn()).set("Format", settings.format());
        properties.set("AccessLogSetting", setting.non_empty());
    }
    properties.set("CacheClusterEnabled", Some(stage.cache_cluster_enabled()));
    if stage.cache_cluster_enabled() {
        properties.set("CacheClusterSize", stage.cache_cluster_size().map(types::CacheClusterSize::as_str));
    }
    properties.set("ClientCertificateId", stage.client_certificate_id());
    let mut facts = Object::default();
    facts.set("WebAclArn", stage.web_acl_arn()).set(serving::UNDEPLOYED, undeployed.cloned());
    facts.set("CacheClusterStatus", stage.cache_cluster_status().map(types::CacheClusterStatus::as_str));
    let (concealed, known) = aws.fingerprint_key.conceal(stage.variables().into_iter().flatten());
    properties.set("Variables", Object(concealed).non_empty());
    facts.set("Variables", Object(known).non_empty());
    properties.set("Tags", tags::property(stage.tags().into_iter().flatten(), tags::Shape::Pairs));
    let arn = patch::arn(&aws.place, &format!("/restapis/{api}/stages/{name}"));
    Resource::new(aws.key(&Stage, &format!("{api}|{name}")), arn, properties.0, facts.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::testing::{carried, place, resource, round_trip, shown, world};

    fn stage(more: Value) -> Resource {
        let mut properties = json!({
            "RestApiId": "a1", "StageName": "prod", "DeploymentId": "d1", "TracingEnabled": false, "CacheClusterEnabled": false,
            "MethodSettings": [
                {"ResourcePath": "/*", "HttpMethod": "*", "ThrottlingRateLimit": 10000, "ThrottlingBurstLimit": 5000, "MetricsEnabled": false},
                {"ResourcePath": "/~1pets", "HttpMethod": "GET", "LoggingLevel": "INFO", "DataTraceEnabled": true},
            ],
        });
        let more = more.as_object().unwrap().clone();
        properties.as_object_mut().unwrap().extend(more);
        resource(&Stage, "a1|prod", properties, json!({}))
    }

    #[test]
    fn one_patch_makes_every_change() {
        let before = stage(json!({}));
        let mut after = before.properties.clone();
        after["TracingEnabled"] = true.into();
        after["Description"] = "live".into();
        after["AccessLogSetting"] = json!({"DestinationArn": "arn:logs", "Format": "$context.requestId"});
        after["Tags"] = json!([{"Key": "team", "Value": "pay"}]);
        after["MethodSettings"] = json!([
            {"ResourcePath": "/*", "HttpMethod": "*", "ThrottlingRateLimit": 0.5, "ThrottlingBurstLimit": 5000, "MetricsEnabled": false, "LoggingLevel": "ERROR"},
        ]);
        let calls = Stage.calls(Some(&before), Some(&before.with_properties(after.clone()))).unwrap();
        let replace = |path: &str, value: &str| json!({"op": "replace", "path": path, "value": value});
        assert_eq!(
            shown(&calls),
            json!([
                ["UpdateStage", {"restApiId": "a1", "stageName": "prod", "patchOperations": [
                    replace("/description", "live"),
                    replace("/tracingEnabled", "true"),
                    replace("/accessLogSettings/destinationArn", "arn:logs"),
                    replace("/accessLogSettings/format", "$context.requestId"),
                    replace("/*/*/logging/loglevel", "ERROR"),
                    replace("/*/*/throttling/rateLimit", "0.5"),
                    {"op": "remove", "path": "/~1pets/GET"},
                ]}],
                ["TagResource", {"resourceArn": "arn:a1|prod", "tags": {"team": "pay"}}],
            ])
        );
        let permissions: Vec<&[String]> = calls.iter().map(|call| call.permissions.as_slice()).collect();
        assert_eq!(json!(permissions), json!([["apigateway:PATCH"], ["apigateway:PUT", "apigateway:PATCH"]]));
        round_trip(&Stage, &before, after);
    }

    #[test]
    fn the_calls_lead_from_one_document_to_the_other_and_back() {
        let before = stage(json!({"CacheClusterEnabled": true, "CacheClusterSize": "0.5", "ClientCertificateId": "c"}));
        let mut after = stage(json!({"CacheClusterEnabled": false, "DeploymentId": "d2"})).properties;
        after.as_object_mut().unwrap().remove("MethodSettings");
        round_trip(&Stage, &before, after);

        let bare = stage(json!({}));
        let mut bare = bare.properties;
        bare.as_object_mut().unwrap().remove("MethodSettings");
        let bare = resource(&Stage, "a1|prod", bare, json!({}));
        round_trip(&Stage, &bare, before.properties.clone());
    }

    #[test]
    fn a_lost_member_rewrites_its_entry() {
        let before = stage(json!({}));
        let mut after = before.properties.clone();
        after["MethodSettings"][1] = json!({"ResourcePath": "/~1pets", "HttpMethod": "GET", "DataTraceEnabled": true});
        let after = before.with_properties(after);
        let operations = json!([
            {"op": "remove", "path": "/~1pets/GET"},
            {"op": "replace", "path": "/~1pets/GET/logging/dataTrace", "value": "true"},
        ]);
        let calls = Stage.calls(Some(&before), Some(&after)).unwrap();
        assert_eq!(calls.first().unwrap().input["patchOperations"], operations);
        assert_eq!(Stage.warnings(Some(&before), Some(&after)).len(), 1);
        assert_eq!(carried(&Stage, &before, &after).properties, after.properties);
    }

    #[test]
    fn a_number_is_the_same_as_an_integer_and_as_a_float() {
        let before = stage(json!({}));
        let mut after = before.properties.clone();
        after["MethodSettings"][0]["ThrottlingRateLimit"] = json!(10000.0);
        assert_eq!(Stage.calls(Some(&before), Some(&before.with_properties(after.clone()))), Ok(vec![]));
        after["MethodSettings"][0]["ThrottlingRateLimit"] = json!(20.0);
        let calls = Stage.calls(Some(&before), Some(&before.with_properties(after))).unwrap();
        assert_eq!(calls.first().unwrap().input["patchOperations"][0]["value"], "20");
    }

    #[test]
    fn what_cannot_be_changed_is_said() {
        let before = stage(json!({"Variables": {"url": "hmac-sha256:1"}}));
        let after = stage(json!({"Variables": {"url": "https://example.org"}}));
        assert!(Stage.calls(Some(&before), Some(&after)).is_err());
        assert!(Stage.calls(Some(&before), None).is_err());
    }

    #[test]
    fn the_errors_are_api_gateways() {
        let mut world = world([stage(json!({}))]);
        let mut send = |name: &str, operation: Value| {
            let mut input = json!({"restApiId": "a1", "stageName": name});
            input["patchOperations"] = json!([operation]);
            Stage.effect(&place(), &Call::new("apigateway", "UpdateStage", input), &mut world)
        };
        let refused = send("prod", json!({"op": "remove", "path": "/~1none/GET"})).unwrap_err();
        assert_eq!(
            refused,
            "BadRequestException: Cannot remove method setting ~1none/GET because there is no method setting for this method"
        );
        let refused = send("prod", json!({"op": "replace", "path": "/nothing", "value": "1"})).unwrap_err();
        assert_eq!(refused, "BadRequestException: Invalid patch path /nothing");
        let refused = send("test", json!({"op": "replace", "path": "/tracingEnabled", "value": "true"})).unwrap_err();
        assert_eq!(refused, "NotFoundException: Invalid stage identifier specified");
    }

    #[test]
    fn a_cache_that_is_being_made_is_not_settled() {
        let status = |status: &str| resource(&Stage, "a|b", json!({}), json!({"CacheClusterStatus": status}));
        assert_eq!(Stage.settled(&status("CREATE_IN_PROGRESS")), Settled::NotYet);
        assert_eq!(Stage.settled(&status("AVAILABLE")), Settled::Yes);
    }
}
