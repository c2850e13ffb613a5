//! What the types share. IAM calls the service `apigateway`, and its permissions are HTTP verbs
//! (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagementv2.html>).

use serde_json::{Value, json};

use crate::cloud::CallError;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::input::Input;
use crate::cloud::aws::{tags, update};
use crate::model::{Call, Impossible, Locate, Place, Relation, Resource, ResourceKey, ResourceType, Sent, Snapshot};

/// The relation of a stage or a route to its API.
pub const API: Relation = Relation {
    name: "api",
    of: "AWS::ApiGatewayV2::Api",
    many: false,
    locate: |resource| Locate::Ids(resource.text("/ApiId").map(str::to_owned).into_iter().collect()),
    needs: &["ApiId"],
};

/// A call whose HTTP verb is `verb`.
pub fn call(operation: &str, verb: &str, input: Value) -> Call {
    Call::with_permission("apigatewayv2", operation, input, &format!("apigateway:{verb}"))
}

/// The ARN of a resource: `path` is the one that its URL has, without the version.
pub fn arn(place: &Place, path: &str) -> String {
    format!("arn:{}:apigateway:{}::{path}", place.partition, place.region)
}

/// Where a resource stands.
pub fn key(kind: &dyn ResourceType, place: &Place, id: &str) -> ResourceKey {
    ResourceKey {
        type_name: kind.name().into(),
        account: place.account.clone(),
        region: place.region.clone(),
        id: id.to_owned(),
    }
}

/// The calls for tags.
pub fn tag_calls(before: &Resource, after: &Resource) -> Result<Vec<Call>, Impossible> {
    let difference = tags::difference(before, after)?;
    let mut calls = vec![];
    if !difference.set.is_empty() {
        let input = json!({"ResourceArn": before.arn, "Tags": difference.set});
        calls.push(call("TagResource", "POST", input));
    }
    if !difference.gone.is_empty() {
        let input = json!({"ResourceArn": before.arn, "TagKeys": difference.gone});
        calls.push(call("UntagResource", "DELETE", input));
    }
    Ok(calls)
}

/// What a tagging call does to the document with that ARN.
pub fn tag_effect(kind: &dyn ResourceType, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
    let input = Input(call);
    let arn = input.text("ResourceArn").unwrap_or_default();
    let key = world.of_type(kind.name()).find(|resource| resource.arn == arn).map(|resource| resource.key());
    let missing = "NotFoundException: Invalid resource identifier specified";
    update::edit(world, &key.ok_or(missing)?, missing, |properties, _| {
        let gone = input.texts("TagKeys").unwrap_or_default();
        tags::write(properties, tags::Shape::Map, tags::map(input.value("Tags")), &gone);
        Ok(())
    })
}

/// Sends a tagging call.
pub async fn send_tags(aws: &Clients, call: &Call) -> Result<Sent, CallError> {
    let (client, input) = (&aws.apigatewayv2, Input(call));
    let arn = input.text("ResourceArn");
    match call.operation.as_str() {
        "TagResource" => {
            let tags = tags::map(input.value("Tags")).into_iter().collect();
            update::sent(call, client.tag_resource().set_resource_arn(arn).set_tags(Some(tags)).send().await)
        }
        "UntagResource" => {
            let request = client.untag_resource().set_resource_arn(arn);
            update::sent(call, request.set_tag_keys(input.texts("TagKeys")).send().await)
        }
        _ => Err(input.unknown()),
    }
}

/// The APIs of the Region.
pub async fn apis(aws: &Clients) -> Result<Vec<aws_sdk_apigatewayv2::types::Api>, CallError> {
    let _slot = aws.slot("apigateway").await;
    let (mut found, mut token) = (vec![], None);
    loop {
        let page = aws.apigatewayv2.get_apis().set_next_token(token).send().await;
        let page = page.map_err(|error| call_error("apigatewayv2", "GetApis", error))?;
        found.extend(page.items.unwrap_or_default());
        token = page.next_token.filter(|token| !token.is_empty());
        if token.is_none() {
            return Ok(found);
        }
    }
}

/// The ids of the APIs, or the one that is asked for.
pub async fn api_ids(aws: &Clients, within: Option<&str>) -> Result<Vec<String>, CallError> {
    match within {
        Some(id) => Ok(vec![id.to_owned()]),
        None => Ok(apis(aws).await?.into_iter().filter_map(|api| api.api_id).collect()),
    }
}

/// The API of an id whose parts are joined by `|`.
pub fn parent(id: &str) -> Option<String> {
    id.split_once('|').map(|(api, _)| api.to_owned())
}

/// Property and member have one name in this service: a number in the property may be a float or an integer.
pub fn settings(value: Option<&Value>) -> Option<aws_sdk_apigatewayv2::types::RouteSettings> {
    let value = value?;
    let flag = |name| value.get(name).and_then(Value::as_bool);
    let settings = aws_sdk_apigatewayv2::types::RouteSettings::builder()
        .set_data_trace_enabled(flag("DataTraceEnabled"))
        .set_detailed_metrics_enabled(flag("DetailedMetricsEnabled"))
        .set_logging_level(value.get("LoggingLevel").and_then(Value::as_str).map(Into::into))
        .set_throttling_burst_limit(
            value.get("ThrottlingBurstLimit").and_then(Value::as_i64).and_then(|limit| i32::try_from(limit).ok()),
        )
        .set_throttling_rate_limit(value.get("ThrottlingRateLimit").and_then(Value::as_f64));
    Some(settings.build())
}
