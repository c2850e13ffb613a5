//! What the types share. IAM calls the service `apigateway`, and its permissions are HTTP verbs
//! (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagementv2.html>).

use serde_json::{Value, json};

use crate::cloud::CallError;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::sent;
use crate::cloud::aws::fields::{Field, both, changed, only_fields, write};
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::{Partial, by_token};
use crate::cloud::aws::tags;
use crate::cloud::aws::world::edit;
use crate::model::{Call, Impossible, Locate, Place, Relation, Resource, ResourceType, Sent, Snapshot};

/// The relation to its API of what belongs to one.
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

/// What is told of a change of a route, an integration or an authorizer
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-stages.html>).
pub const DEPLOYED: &str = "The change takes effect at once in stages that deploy automatically, and in others with the API's next deployment.";

/// The call between two documents of what belongs to an API: `what` is a Route or an Integration.
pub fn update(
    what: &str,
    fields: &[Field],
    before: Option<&Resource>,
    after: Option<&Resource>,
) -> Result<Vec<Call>, Impossible> {
    let Some((before, after)) = both(before, after)? else { return Ok(vec![]) };
    only_fields(fields, &[], before, after)?;
    let mut members = changed(fields, before, after)?;
    if members.is_empty() {
        return Ok(vec![]);
    }
    let (api, id) = before.id.split_once('|').unwrap_or_default();
    members.insert("ApiId".to_owned(), api.into());
    members.insert(format!("{what}Id"), id.into());
    Ok(vec![call(&format!("Update{what}"), "PATCH", Value::Object(members))])
}

/// What that call does to the document.
pub fn updated(
    kind: &dyn ResourceType,
    what: &str,
    fields: &[Field],
    place: &Place,
    call: &Call,
    world: &mut Snapshot,
) -> Result<Sent, String> {
    let text = |name: &str| Input(call).text(name).unwrap_or_default();
    let (api, id) = (text("ApiId"), text(&format!("{what}Id")));
    let missing = format!("NotFoundException: Unable to find {what} by id {id} within {api}");
    edit(world, &kind.key(place, &format!("{api}|{id}")), &missing, |properties, _| {
        write(fields, &call.input, properties);
        Ok(())
    })
}

/// The calls for tags.
pub fn tag_calls(before: &Resource, after: &Resource) -> Result<Vec<Call>, Impossible> {
    Ok(tags::difference(before, after)?.calls(
        |tags| {
            let input = json!({"ResourceArn": before.arn, "Tags": tags});
            call("TagResource", "POST", input).and_permissions(["apigateway:PATCH"])
        },
        |keys| call("UntagResource", "DELETE", json!({"ResourceArn": before.arn, "TagKeys": keys})),
    ))
}

/// Sends a tagging call.
pub async fn send_tags(aws: &Clients, call: &Call) -> Result<Sent, CallError> {
    let (client, input) = (&aws.apigatewayv2, Input(call));
    let arn = input.text("ResourceArn");
    match call.operation.as_str() {
        "TagResource" => {
            let tags = tags::map(input.value("Tags")).into_iter().collect();
            sent(call, client.tag_resource().set_resource_arn(arn).set_tags(Some(tags)).send().await)
        }
        "UntagResource" => {
            let request = client.untag_resource().set_resource_arn(arn);
            sent(call, request.set_tag_keys(input.texts("TagKeys")).send().await)
        }
        _ => Err(input.unknown()),
    }
}

/// The APIs of the Region.
pub async fn apis(aws: &Clients) -> Partial<aws_sdk_apigatewayv2::types::Api> {
    let _slot = aws.slot("apigateway").await;
    by_token("apigatewayv2", "GetApis", |token| async {
        let page = aws.apigatewayv2.get_apis().set_next_token(token).send().await;
        page.map(|page| (page.items, page.next_token))
    })
    .await
}

/// The ids of the APIs, or the one that is asked for.
pub async fn api_ids(aws: &Clients, within: Option<&str>) -> Partial<String> {
    match within {
        Some(id) => (vec![id.to_owned()], None),
        None => {
            let (apis, error) = apis(aws).await;
            (apis.into_iter().filter_map(|api| api.api_id).collect(), error)
        }
    }
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
