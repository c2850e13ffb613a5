//! `AWS::ApiGatewayV2::Stage`. Its id is `APIID|STAGENAME`.

use async_trait::async_trait;
use aws_sdk_apigatewayv2::operation::get_stage::GetStageOutput;
use aws_sdk_apigatewayv2::types::{self, AccessLogSettings, LoggingLevel, RouteSettings};
use serde_json::{Map, Value, json};

use super::request::{self, call};
use super::rights;
use super::trails;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::{found, sent};
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::fields::{Field, Unset, both, changed, field, only_fields, write};
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::{Partial, by_token, children};
use crate::cloud::aws::object::{Object, number, same};
use crate::cloud::aws::world::edit;
use crate::cloud::aws::{AwsType, apigateway, tags};
use crate::cloud::{CallError, Listing};
use crate::model::{
    Call, Impossible, Part, Parts, Place, Relation, Resource, ResourceType, Right, Sent, Snapshot, Trail, Write,
};

/// `AWS::ApiGatewayV2::Stage`.
pub struct Stage;

/// The members of UpdateStage
/// (<https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages-stagename.html#apis-apiid-stages-stagename-model-updatestageinput>).
/// Settings are always sent whole, so that it does not matter whether the service replaces or merges them; empty ones
/// unset them (<https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/apigatewayv2/stage.go>).
const FIELDS: &[Field] = &[
    field("AccessLogSettings", "AccessLogSettings", Unset::Json("{}")),
    field("AutoDeploy", "AutoDeploy", Unset::Impossible),
    field("DefaultRouteSettings", "DefaultRouteSettings", Unset::Json("{}")),
    field("DeploymentId", "DeploymentId", Unset::Impossible),
    field("Description", "Description", Unset::EmptyText),
];

const LOGS: &str = "AccessLogSettings";
const ROUTES: &str = "RouteSettings";

const WRITES: &[Write] = &[
    Write::update(
        &[LOGS, "AutoDeploy", "DefaultRouteSettings", "DeploymentId", "Description", ROUTES],
        &[Right::new("apigateway:PATCH", "arn:${partition}:apigateway:${region}::/apis/*/stages/*")],
    ),
    Write::update(&[LOGS], rights::LOG_DELIVERY),
    Write::update(
        &[ROUTES],
        &[Right::new("apigateway:DELETE", "arn:${partition}:apigateway:${region}::/apis/*/stages/*/routesettings/*")],
    ),
    rights::TAGS,
];

impl ResourceType for Stage {
    fn name(&self) -> &'static str {
        "AWS::ApiGatewayV2::Stage"
    }

    fn reads(&self) -> &'static [Right] {
        const {
            &[
                rights::GET_APIS,
                Right::new("apigateway:GET", "arn:${partition}:apigateway:${region}::/apis/*/stages"),
                Right::new("apigateway:GET", "arn:${partition}:apigateway:${region}::/apis/*/stages/*"),
            ]
        }
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    fn parts(&self) -> &'static [Part] {
        &[Part {
            name: "stages",
            permissions: &[],
            properties: &[
                "ApiId",
                "StageName",
                "AutoDeploy",
                "DeploymentId",
                "Description",
                "AccessLogSettings",
                "DefaultRouteSettings",
                "RouteSettings",
                "StageVariables",
                "Tags",
            ],
            facts: &["StageVariables"],
        }]
    }

    fn belongs_to(&self) -> Option<&'static str> {
        Some("api")
    }

    fn relations(&self) -> &'static [Relation] {
        &[request::API]
    }

    fn parent(&self, id: &str) -> Option<String> {
        apigateway::parent(id)
    }

    fn trails(&self) -> &'static [Trail] {
        trails::STAGE
    }

    fn named(&self, arn: &str) -> Option<String> {
        trails::named_stage(arn)
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        let Some((before, after)) = both(before, after)? else { return Ok(vec![]) };
        if before.property("/StageVariables") != after.property("/StageVariables") {
            return Err(Impossible("rectify never holds the values of stage variables".to_owned()));
        }
        only_fields(FIELDS, &[ROUTES, "Tags"], before, after)?;
        let (api, name) = before.id.split_once('|').unwrap_or_default();
        let with = |mut members: Map<String, Value>| {
            members.insert("ApiId".to_owned(), api.into());
            members.insert("StageName".to_owned(), name.into());
            Value::Object(members)
        };
        let mut calls = vec![];
        let mut members = changed(FIELDS, before, after)?;
        // Numbers that say the same are no difference.
        members.retain(|name, value| !same(before.property(&format!("/{name}")), Some(value)));
        let (old, new) = (routes(before), routes(after));
        let written: Map<String, Value> = new
            .iter()
            .filter(|(route, settings)| !same(old.get(*route), Some(settings)))
            .map(|(route, settings)| (route.clone(), settings.clone()))
            .collect();
        if !written.is_empty() {
            members.insert(ROUTES.to_owned(), Value::Object(written));
        }
        if !members.is_empty() {
            let logs = members.contains_key(LOGS);
            let also = rights::LOG_DELIVERY.iter().filter(|_| logs).map(|right| right.action);
            calls.push(call("UpdateStage", "PATCH", with(members)).and_permissions(also));
        }
        // The settings of one route have a call of their own that takes them away.
        for route in old.keys().filter(|route| !new.contains_key(*route)) {
            let members = Map::from_iter([("RouteKey".to_owned(), route.as_str().into())]);
            calls.push(call("DeleteRouteSettings", "DELETE", with(members)));
        }
        calls.extend(request::tag_calls(before, after)?);
        Ok(calls)
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        let input = Input(call);
        if ["TagResource", "UntagResource"].contains(&call.operation.as_str()) {
            return apigateway::tag_effect(self, tags::Shape::Map, call, world);
        }
        let text = |name| input.text(name).unwrap_or_default();
        let key = self.key(place, &format!("{}|{}", text("ApiId"), text("StageName")));
        edit(world, &key, "NotFoundException: Invalid stage identifier specified", |properties, _| {
            match call.operation.as_str() {
                "UpdateStage" => {
                    write(FIELDS, &call.input, properties);
                    if let Some(Value::Object(more)) = input.value(ROUTES) {
                        let routes = properties.entry(ROUTES).or_insert_with(|| json!({}));
                        if let Some(routes) = routes.as_object_mut() {
                            routes.extend(more.clone());
                        }
                    }
                    Ok(())
                }
                "DeleteRouteSettings" => {
                    let route = text("RouteKey");
                    let routes = properties.get_mut(ROUTES).and_then(Value::as_object_mut);
                    let missing = format!("NotFoundException: Unable to find route settings for {route}");
                    let routes = routes.ok_or_else(|| missing.clone())?;
                    routes.remove(&route).ok_or(missing)?;
                    if routes.is_empty() {
                        properties.remove(ROUTES);
                    }
                    Ok(())
                }
                _ => Err(input.unknown().to_string()),
            }
        })
    }
}

fn routes(stage: &Resource) -> Map<String, Value> {
    stage.property("/RouteSettings").and_then(Value::as_object).cloned().unwrap_or_default()
}

#[async_trait]
impl AwsType for Stage {
    async fn list(&self, aws: &Clients, within: Option<&str>, _parts: &Parts) -> Listing {
        children(aws, self, request::api_ids(aws, within).await, |api| async move {
            let (stages, error) = stages(aws, &api).await;
            let stages = stages.into_iter().map(|stage| document(aws, &api, stage)).collect();
            Listing::of_parent(aws, self, &api, stages, error)
        })
        .await
    }

    async fn read(&self, aws: &Clients, id: &str, _parts: &Parts) -> Result<Option<Resource>, CallError> {
        let Some((api, name)) = id.split_once('|') else { return Ok(None) };
        let _slot = aws.slot("apigateway").await;
        let stage = aws.apigatewayv2.get_stage().api_id(api).stage_name(name).send().await;
        let stage = found(stage.map_err(|error| call_error("apigatewayv2", "GetStage", error)))?;
        Ok(stage.map(|stage| document(aws, api, listed(stage))))
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let (client, input) = (&aws.apigatewayv2, Input(call));
        let (api, name) = (input.text("ApiId"), input.text("StageName"));
        match call.operation.as_str() {
            "UpdateStage" => {
                let logs = input.value(LOGS).map(|logs| {
                    let text = |name| logs.get(name).and_then(Value::as_str).map(str::to_owned);
                    let settings = AccessLogSettings::builder().set_destination_arn(text("DestinationArn"));
                    settings.set_format(text("Format")).build()
                });
                let routes = input.value(ROUTES).and_then(Value::as_object).map(|routes| {
                    let settings =
                        |(route, value): (&String, &Value)| Some((route.clone(), request::settings(Some(value))?));
                    routes.iter().filter_map(settings).collect()
                });
                let request = client
                    .update_stage()
                    .set_api_id(api)
                    .set_stage_name(name)
                    .set_access_log_settings(logs)
                    .set_auto_deploy(input.flag("AutoDeploy"))
                    .set_default_route_settings(request::settings(input.value("DefaultRouteSettings")))
                    .set_deployment_id(input.text("DeploymentId"))
                    .set_description(input.text("Description"))
                    .set_route_settings(routes);
                sent(call, request.send().await)
            }
            "DeleteRouteSettings" => {
                let request = client.delete_route_settings().set_api_id(api).set_stage_name(name);
                sent(call, request.set_route_key(input.text("RouteKey")).send().await)
            }
            _ => request::send_tags(aws, call).await,
        }
    }
}

/// The stages of an API.
async fn stages(aws: &Clients, api: &str) -> Partial<types::Stage> {
    let _slot = aws.slot("apigateway").await;
    by_token("apigatewayv2", "GetStages", |token| async {
        let page = aws.apigatewayv2.get_stages().api_id(api).set_next_token(token).send().await;
        page.map(|page| (page.items, page.next_token))
    })
    .await
}

/// As a listing has it.
fn listed(stage: GetStageOutput) -> types::Stage {
    types::Stage::builder()
        .set_stage_name(stage.stage_name)
        .set_auto_deploy(stage.auto_deploy)
        .set_deployment_id(stage.deployment_id)
        .set_description(stage.description)
        .set_access_log_settings(stage.access_log_settings)
        .set_default_route_settings(stage.default_route_settings)
        .set_route_settings(stage.route_settings)
        .set_stage_variables(stage.stage_variables)
        .set_tags(stage.tags)
        .build()
}

fn settings_property(settings: &RouteSettings) -> Option<Value> {
    let mut property = Object::default();
    property.set("DataTraceEnabled", settings.data_trace_enabled());
    property.set("DetailedMetricsEnabled", settings.detailed_metrics_enabled());
    property.set("LoggingLevel", settings.logging_level().map(LoggingLevel::as_str));
    property.set("ThrottlingBurstLimit", settings.throttling_burst_limit());
    property.set("ThrottlingRateLimit", settings.throttling_rate_limit().map(number));
    property.non_empty()
}

fn document(aws: &Clients, api: &str, stage: types::Stage) -> Resource {
    let name = stage.stage_name.unwrap_or_default();
    let mut properties = Object::default();
    properties.set("ApiId", Some(api)).set("StageName", Some(name.as_str()));
    properties.set("AutoDeploy", stage.auto_deploy);
    properties.set("DeploymentId", stage.deployment_id).set("Description", stage.description);
    if let Some(settings) = stage.access_log_settings {
        let mut logs = Object::default();
        logs.set("DestinationArn", settings.destination_arn).set("Format", settings.format);
        properties.set(LOGS, logs.non_empty());
    }
    properties.set("DefaultRouteSettings", stage.default_route_settings.as_ref().and_then(settings_property));
    let mut routes = Object::default();
    for (route, settings) in stage.route_settings.unwrap_or_default() {
        routes.set(&route, settings_property(&settings));
    }
    properties.set(ROUTES, routes.non_empty());
    let (concealed, known) = aws.fingerprint_key.conceal(stage.stage_variables.iter().flatten());
    properties.set("StageVariables", Object(concealed).non_empty());
    properties.set("Tags", tags::property(stage.tags.unwrap_or_default(), tags::Shape::Map));
    let mut facts = Object::default();
    facts.set("StageVariables", Object(known).non_empty());
    let arn = apigateway::arn(&aws.place, &format!("/apis/{api}/stages/{name}"));
    Resource::new(aws.key(&Stage, &format!("{api}|{name}")), arn, properties.0, facts.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::testing::{resource, round_trip, shown};

    fn stage(more: Value) -> Resource {
        let mut properties = json!({"ApiId": "a1", "StageName": "$default", "AutoDeploy": true});
        let more = more.as_object().unwrap().clone();
        properties.as_object_mut().unwrap().extend(more);
        resource(&Stage, "a1|$default", properties, json!({}))
    }

    #[test]
    fn the_calls_lead_from_one_document_to_the_other_and_back() {
        let before = stage(json!({
            "AccessLogSettings": {"DestinationArn": "arn:logs", "Format": "$context.requestId"},
            "RouteSettings": {"GET /pets": {"ThrottlingRateLimit": 1}, "GET /": {"ThrottlingRateLimit": 2}},
            "Tags": {"a": "b"},
        }));
        let after = stage(json!({
            "Description": "live",
            "DefaultRouteSettings": {"ThrottlingRateLimit": 100, "ThrottlingBurstLimit": 50},
            "RouteSettings": {"GET /pets": {"ThrottlingRateLimit": 5}},
        }));
        round_trip(&Stage, &before, after.properties.clone());
        let back = Stage.calls(Some(&after), Some(&before)).unwrap();
        assert!(back[0].permissions.contains(&"logs:CreateLogDelivery".to_owned()), "{:?}", back[0]);
        let calls = Stage.calls(Some(&before), Some(&after)).unwrap();
        assert_eq!(
            shown(&calls),
            json!([
                ["UpdateStage", {
                    "ApiId": "a1", "StageName": "$default", "Description": "live", "AccessLogSettings": {},
                    "DefaultRouteSettings": {"ThrottlingRateLimit": 100, "ThrottlingBurstLimit": 50},
                    "RouteSettings": {"GET /pets": {"ThrottlingRateLimit": 5}},
                }],
                ["DeleteRouteSettings", {"ApiId": "a1", "StageName": "$default", "RouteKey": "GET /"}],
                ["UntagResource", {"ResourceArn": "arn:a1|$default", "TagKeys": ["a"]}],
            ])
        );
    }

    #[test]
    fn a_number_is_the_same_as_an_integer_and_as_a_float() {
        let before = stage(json!({"DefaultRouteSettings": {"ThrottlingRateLimit": 100}}));
        let after = stage(json!({"DefaultRouteSettings": {"ThrottlingRateLimit": 100.0}}));
        assert_eq!(Stage.calls(Some(&before), Some(&after)), Ok(vec![]));
    }

    #[test]
    fn variables_are_never_written() {
        let before = stage(json!({"StageVariables": {"url": "hmac-sha256:1"}}));
        assert!(Stage.calls(Some(&before), Some(&stage(json!({})))).is_err());
    }
}
