//! `AWS::ApiGateway::UsagePlan`: how much may be asked of which stages with the API keys that are in it. Its id is made by
//! API Gateway.

use async_trait::async_trait;
use aws_sdk_apigateway::operation::get_usage_plan::GetUsagePlanOutput;
use aws_sdk_apigateway::types;
use serde_json::{Map, Value, json};

use super::patch;
use super::rights;
use super::trails;
use super::usage_plan_calls::{self, number_at, whole_at};
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::{found, sent};
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::items;
use crate::cloud::aws::object::{Object, number};
use crate::cloud::aws::{AwsType, tags};
use crate::cloud::{CallError, Listing};
use crate::model::{Call, Impossible, Part, Parts, Place, Resource, ResourceType, Right, Sent, Snapshot, Trail, Write};

/// `AWS::ApiGateway::UsagePlan`.
pub struct UsagePlan;

const ALL: &str = "arn:${partition}:apigateway:${region}::/usageplans";
const ONE: &str = "arn:${partition}:apigateway:${region}::/usageplans/*";

const WRITES: &[Write] = &[
    Write::create(&[Right::new("apigateway:POST", ALL)]),
    Write::create_with(&["Tags"], &[Right::new("apigateway:PUT", rights::ALL_TAGS)]),
    Write::update(
        &["UsagePlanName", "Description", "ApiStages", "Throttle", "Quota"],
        &[Right::new("apigateway:PATCH", ONE)],
    ),
    Write::update(
        &["Tags"],
        &[
            Right::new("apigateway:PUT", rights::ALL_TAGS),
            Right::new("apigateway:DELETE", rights::ALL_TAGS),
            Right::new("apigateway:PATCH", ONE),
        ],
    ),
    Write::delete(&[Right::new("apigateway:DELETE", ONE)]),
    Write::delete_with(&["ApiStages"], &[Right::new("apigateway:PATCH", ONE)]),
];

impl ResourceType for UsagePlan {
    fn name(&self) -> &'static str {
        "AWS::ApiGateway::UsagePlan"
    }

    fn reads(&self) -> &'static [Right] {
        const { &[Right::new("apigateway:GET", ALL), Right::new("apigateway:GET", ONE)] }
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    fn parts(&self) -> &'static [Part] {
        &[Part {
            name: "plans",
            permissions: &[],
            properties: &["UsagePlanName", "Description", "ApiStages", "Throttle", "Quota", "Tags"],
            facts: &[],
        }]
    }

    /// The stages that its keys are for, by their ids.
    fn refers(&self, resource: &Resource) -> Vec<String> {
        let stages = resource.property("/ApiStages").and_then(Value::as_array).into_iter().flatten();
        let id = |stage: &Value| {
            let text = |name| stage.get(name).and_then(Value::as_str);
            Some(format!("{}|{}", text("ApiId")?, text("Stage")?))
        };
        stages.filter_map(id).collect()
    }

    fn refers_by(&self) -> &'static [&'static str] {
        &["ApiStages"]
    }

    fn trails(&self) -> &'static [Trail] {
        trails::USAGE_PLAN
    }

    fn named(&self, arn: &str) -> Option<String> {
        trails::named_plan(arn)
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        usage_plan_calls::calls(before, after)
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        match call.operation.as_str() {
            "TagResource" | "UntagResource" => patch::tag_effect(self, tags::Shape::Pairs, call, world),
            _ => usage_plan_calls::effect(place, call, world),
        }
    }

    fn warnings(&self, before: Option<&Resource>, after: Option<&Resource>) -> Vec<String> {
        let limits = |plan: &Resource| (plan.property("/Throttle").cloned(), plan.property("/Quota").cloned());
        match (before, after) {
            (Some(_), None) => {
                vec!["The API keys of the usage plan are no longer let in where it was the only one.".into()]
            }
            (Some(before), Some(after)) if limits(before) != limits(after) => {
                vec![
                    "The limits hold for every stage of the usage plan, and for each of its API keys by itself.".into(),
                ]
            }
            _ => vec![],
        }
    }
}

#[async_trait]
impl AwsType for UsagePlan {
    async fn list(&self, aws: &Clients, _within: Option<&str>, _parts: &Parts) -> Listing {
        let _slot = aws.slot("apigateway").await;
        let mut listing = Listing::default();
        let pages =
            aws.apigateway.get_usage_plans().limit(500).into_paginator().stop_on_duplicate_token(false).items().send();
        let (plans, error) = items("apigateway", "GetUsagePlans", pages).await;
        listing.incomplete(aws, self, error);
        listing.resources.extend(plans.iter().map(|plan| document(aws, plan)));
        listing
    }

    async fn read(&self, aws: &Clients, id: &str, _parts: &Parts) -> Result<Option<Resource>, CallError> {
        let _slot = aws.slot("apigateway").await;
        let plan = aws.apigateway.get_usage_plan().usage_plan_id(id).send().await;
        let plan = found(plan.map_err(|error| call_error("apigateway", "GetUsagePlan", error)))?;
        Ok(plan.map(|plan| document(aws, &listed(plan))))
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let (client, input) = (&aws.apigateway, Input(call));
        let id = input.text("usagePlanId");
        match call.operation.as_str() {
            "CreateUsagePlan" => {
                let tags = input.value("tags").map(|tags| tags::map(Some(tags)).into_iter().collect());
                let request = client.create_usage_plan().set_name(input.text("name")).set_tags(tags);
                let request = request.set_description(input.text("description")).set_api_stages(stages(&input));
                let answer = request.set_throttle(throttle(&input)).set_quota(quota(&input)).send().await;
                let id = answer.as_ref().ok().and_then(|output| output.id().map(str::to_owned));
                let arn = id.as_ref().map(|id| arn(&aws.place, id));
                Ok(Sent { id, arn, ..sent(call, answer)? })
            }
            "UpdateUsagePlan" => {
                let request = client.update_usage_plan().set_usage_plan_id(id);
                sent(call, request.set_patch_operations(patch::sdk(&input)).send().await)
            }
            "DeleteUsagePlan" => sent(call, client.delete_usage_plan().set_usage_plan_id(id).send().await),
            _ => patch::send_tags(aws, call).await,
        }
    }
}

/// The ARN of a plan.
pub fn arn(place: &Place, id: &str) -> String {
    patch::arn(place, &format!("/usageplans/{id}"))
}

fn stages(input: &Input<'_>) -> Option<Vec<types::ApiStage>> {
    let stage = |stage: &Value| {
        let text = |name| stage.get(name).and_then(Value::as_str).map(str::to_owned);
        types::ApiStage::builder().set_api_id(text("apiId")).set_stage(text("stage")).build()
    };
    Some(input.value("apiStages")?.as_array()?.iter().map(stage).collect())
}

fn throttle(input: &Input<'_>) -> Option<types::ThrottleSettings> {
    let throttle = input.value("throttle")?;
    let settings = types::ThrottleSettings::builder().set_rate_limit(number_at(throttle, "rateLimit"));
    Some(settings.set_burst_limit(whole_at(throttle, "burstLimit")).build())
}

fn quota(input: &Input<'_>) -> Option<types::QuotaSettings> {
    let quota = input.value("quota")?;
    let period = quota.get("period").and_then(Value::as_str).map(types::QuotaPeriodType::from);
    let settings = types::QuotaSettings::builder().set_limit(whole_at(quota, "limit")).set_period(period);
    Some(settings.set_offset(whole_at(quota, "offset")).build())
}

/// As a listing has it.
fn listed(plan: GetUsagePlanOutput) -> types::UsagePlan {
    types::UsagePlan::builder()
        .set_id(plan.id)
        .set_name(plan.name)
        .set_description(plan.description)
        .set_api_stages(plan.api_stages)
        .set_throttle(plan.throttle)
        .set_quota(plan.quota)
        .set_tags(plan.tags)
        .build()
}

fn document(aws: &Clients, plan: &types::UsagePlan) -> Resource {
    let id = plan.id().unwrap_or_default();
    let mut properties = Object::default();
    properties.set("UsagePlanName", plan.name()).set("Description", plan.description());
    let stages: Vec<Value> = plan.api_stages().iter().map(stage).collect();
    properties.set("ApiStages", Some(stages).filter(|stages| !stages.is_empty()));
    properties.set("Throttle", plan.throttle().map(limits));
    // A quota has a period always; without a day to begin at it begins at once.
    if let Some((quota, period)) = plan.quota().and_then(|quota| Some((quota, quota.period()?))) {
        let mut limit = Object::default();
        limit.set("Limit", Some(quota.limit())).set("Period", Some(period.as_str()));
        limit.set("Offset", Some(quota.offset()).filter(|offset| *offset != 0));
        properties.set("Quota", limit.non_empty());
    }
    properties.set("Tags", tags::property(plan.tags().into_iter().flatten(), tags::Shape::Pairs));
    Resource::new(aws.key(&UsagePlan, id), arn(&aws.place, id), properties.0, Map::new())
}

fn stage(stage: &types::ApiStage) -> Value {
    let mut entry = Object::default();
    entry.set("ApiId", stage.api_id()).set("Stage", stage.stage());
    let methods = stage.throttle().into_iter().flatten().map(|(method, settings)| (method.clone(), limits(settings)));
    entry.set("Throttle", Object(methods.collect()).non_empty());
    Value::Object(entry.0)
}

fn limits(settings: &types::ThrottleSettings) -> Value {
    json!({"BurstLimit": settings.burst_limit(), "RateLimit": number(settings.rate_limit())})
}
