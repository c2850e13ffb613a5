//! `AWS::ApiGatewayV2::Api`. Its id is the API's.

use async_trait::async_trait;
use aws_sdk_apigatewayv2::operation::get_api::GetApiOutput;
use aws_sdk_apigatewayv2::types::{self, Cors};
use serde_json::{Value, json};

use super::request::{self, call};
use super::rights;
use super::trails;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::{found, sent};
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::fields::{Field, Unset, both, changed, field, only_fields, write};
use crate::cloud::aws::input::Input;
use crate::cloud::aws::object::{Object, list};
use crate::cloud::aws::world::edit;
use crate::cloud::aws::{AwsType, apigateway, tags};
use crate::cloud::{CallError, Listing};
use crate::model::{Call, Impossible, Part, Parts, Place, Resource, ResourceType, Right, Sent, Snapshot, Trail, Write};

/// `AWS::ApiGatewayV2::Api`.
pub struct Api;

/// The members of UpdateApi
/// (<https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid.html#apis-apiid-model-updateapiinput>).
const FIELDS: &[Field] = &[
    field("CorsConfiguration", "CorsConfiguration", Unset::Impossible),
    field("Description", "Description", Unset::EmptyText),
    field("DisableExecuteApiEndpoint", "DisableExecuteApiEndpoint", Unset::Impossible),
    field("Name", "Name", Unset::Impossible),
    field("RouteSelectionExpression", "RouteSelectionExpression", Unset::Impossible),
    field("Version", "Version", Unset::EmptyText),
];

const CORS: &str = "CorsConfiguration";

const WRITES: &[Write] = &[
    Write::update(
        &[
            "CorsConfiguration",
            "Description",
            "DisableExecuteApiEndpoint",
            "Name",
            "RouteSelectionExpression",
            "Version",
        ],
        &[rights::PATCH_API],
    ),
    Write::update(&[CORS], &[Right::new("apigateway:DELETE", "arn:${partition}:apigateway:${region}::/apis/*/cors")]),
    rights::TAGS,
];

impl ResourceType for Api {
    fn name(&self) -> &'static str {
        "AWS::ApiGatewayV2::Api"
    }

    fn reads(&self) -> &'static [Right] {
        const { &[rights::GET_APIS, Right::new("apigateway:GET", "arn:${partition}:apigateway:${region}::/apis/*")] }
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    fn parts(&self) -> &'static [Part] {
        &[Part {
            name: "apis",
            permissions: &[],
            properties: &[
                "Name",
                "ProtocolType",
                "Description",
                "DisableExecuteApiEndpoint",
                "CorsConfiguration",
                "RouteSelectionExpression",
                "Version",
                "Tags",
            ],
            facts: &["ApiId", "ApiEndpoint"],
        }]
    }

    fn trails(&self) -> &'static [Trail] {
        trails::API
    }

    fn named(&self, arn: &str) -> Option<String> {
        trails::named_api(arn)
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        let Some((before, after)) = both(before, after)? else { return Ok(vec![]) };
        only_fields(FIELDS, &["Tags"], before, after)?;
        let has_cors = |api: &Resource| api.property("/CorsConfiguration").is_some();
        let mut calls = vec![];
        // It has a call of its own that takes it away.
        let deletes = has_cors(before) && !has_cors(after);
        let fields: Vec<Field> = FIELDS.iter().filter(|field| !(deletes && field.property == CORS)).copied().collect();
        let mut members = changed(&fields, before, after)?;
        if !members.is_empty() {
            members.insert("ApiId".to_owned(), before.id.as_str().into());
            calls.push(call("UpdateApi", "PATCH", Value::Object(members)));
        }
        if deletes {
            calls.push(call("DeleteCorsConfiguration", "DELETE", json!({"ApiId": before.id})));
        }
        calls.extend(request::tag_calls(before, after)?);
        Ok(calls)
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        let input = Input(call);
        let key = self.key(place, &input.text("ApiId").unwrap_or_default());
        let missing = format!("NotFoundException: Invalid API identifier specified {}", key.id);
        match call.operation.as_str() {
            "UpdateApi" => edit(world, &key, &missing, |properties, _| {
                write(FIELDS, &call.input, properties);
                Ok(())
            }),
            "DeleteCorsConfiguration" => edit(world, &key, &missing, |properties, _| {
                properties.remove(CORS);
                Ok(())
            }),
            _ => apigateway::tag_effect(self, tags::Shape::Map, call, world),
        }
    }
}

#[async_trait]
impl AwsType for Api {
    async fn list(&self, aws: &Clients, _within: Option<&str>, _parts: &Parts) -> Listing {
        let mut listing = Listing::default();
        let (apis, error) = request::apis(aws).await;
        listing.incomplete(aws, self, error);
        listing.resources.extend(apis.into_iter().map(|api| document(aws, api)));
        listing
    }

    async fn read(&self, aws: &Clients, id: &str, _parts: &Parts) -> Result<Option<Resource>, CallError> {
        let _slot = aws.slot("apigateway").await;
        let api = aws.apigatewayv2.get_api().api_id(id).send().await;
        let api = found(api.map_err(|error| call_error("apigatewayv2", "GetApi", error)))?;
        Ok(api.map(|api| document(aws, listed(api))))
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let (client, input) = (&aws.apigatewayv2, Input(call));
        match call.operation.as_str() {
            "UpdateApi" => {
                let request = client
                    .update_api()
                    .set_api_id(input.text("ApiId"))
                    .set_cors_configuration(cors(input.value(CORS)))
                    .set_description(input.text("Description"))
                    .set_disable_execute_api_endpoint(input.flag("DisableExecuteApiEndpoint"))
                    .set_name(input.text("Name"))
                    .set_route_selection_expression(input.text("RouteSelectionExpression"))
                    .set_version(input.text("Version"));
                sent(call, request.send().await)
            }
            "DeleteCorsConfiguration" => {
                let request = client.delete_cors_configuration().set_api_id(input.text("ApiId"));
                sent(call, request.send().await)
            }
            _ => request::send_tags(aws, call).await,
        }
    }
}

fn cors(value: Option<&Value>) -> Option<Cors> {
    let value = value?;
    let texts = |name| {
        let texts = value.get(name)?.as_array()?.iter().filter_map(Value::as_str);
        Some(texts.map(str::to_owned).collect())
    };
    let cors = Cors::builder()
        .set_allow_credentials(value.get("AllowCredentials").and_then(Value::as_bool))
        .set_allow_headers(texts("AllowHeaders"))
        .set_allow_methods(texts("AllowMethods"))
        .set_allow_origins(texts("AllowOrigins"))
        .set_expose_headers(texts("ExposeHeaders"))
        .set_max_age(value.get("MaxAge").and_then(Value::as_i64).and_then(|age| i32::try_from(age).ok()));
    Some(cors.build())
}

fn cors_property(cors: &Cors) -> Option<Value> {
    let mut property = Object::default();
    property.set("AllowCredentials", cors.allow_credentials());
    property.set("AllowHeaders", list(cors.allow_headers()));
    property.set("AllowMethods", list(cors.allow_methods()));
    property.set("AllowOrigins", list(cors.allow_origins()));
    property.set("ExposeHeaders", list(cors.expose_headers()));
    property.set("MaxAge", cors.max_age());
    property.non_empty()
}

/// As a listing has it.
fn listed(api: GetApiOutput) -> types::Api {
    types::Api::builder()
        .set_api_id(api.api_id)
        .set_api_endpoint(api.api_endpoint)
        .set_name(api.name)
        .set_protocol_type(api.protocol_type)
        .set_description(api.description)
        .set_disable_execute_api_endpoint(api.disable_execute_api_endpoint)
        .set_cors_configuration(api.cors_configuration)
        .set_route_selection_expression(api.route_selection_expression)
        .set_version(api.version)
        .set_tags(api.tags)
        .build()
}

fn document(aws: &Clients, api: types::Api) -> Resource {
    let id = api.api_id.unwrap_or_default();
    let mut properties = Object::default();
    properties.set("Name", api.name);
    properties.set("ProtocolType", api.protocol_type.as_ref().map(types::ProtocolType::as_str));
    properties.set("Description", api.description);
    properties.set("DisableExecuteApiEndpoint", api.disable_execute_api_endpoint);
    properties.set(CORS, api.cors_configuration.as_ref().and_then(cors_property));
    properties.set("RouteSelectionExpression", api.route_selection_expression);
    properties.set("Version", api.version);
    properties.set("Tags", tags::property(api.tags.unwrap_or_default(), tags::Shape::Map));
    let mut facts = Object::default();
    facts.set("ApiId", Some(id.as_str())).set("ApiEndpoint", api.api_endpoint);
    let arn = apigateway::arn(&aws.place, &format!("/apis/{id}"));
    Resource::new(aws.key(&Api, &id), arn, properties.0, facts.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::testing::{resource, round_trip, shown};

    #[test]
    fn the_calls_lead_from_one_document_to_the_other_and_back() {
        let before = resource(
            &Api,
            "a1",
            json!({
                "Name": "pets", "ProtocolType": "HTTP", "DisableExecuteApiEndpoint": false, "Description": "old",
                "CorsConfiguration": {"AllowOrigins": ["*"], "AllowCredentials": true}, "Tags": {"a": "b"},
            }),
            json!({}),
        );
        let after =
            json!({"Name": "pets", "ProtocolType": "HTTP", "DisableExecuteApiEndpoint": true, "Tags": {"a": "c"}});
        round_trip(&Api, &before, after.clone());
        let calls = Api.calls(Some(&before), Some(&before.with_properties(after))).unwrap();
        assert_eq!(
            shown(&calls),
            json!([
                ["UpdateApi", {"ApiId": "a1", "Description": "", "DisableExecuteApiEndpoint": true}],
                ["DeleteCorsConfiguration", {"ApiId": "a1"}],
                ["TagResource", {"ResourceArn": "arn:a1", "Tags": {"a": "c"}}],
            ])
        );
        let call = calls.first().unwrap();
        assert_eq!((call.service.as_str(), call.permissions.join(" ").as_str()), ("apigatewayv2", "apigateway:PATCH"));
    }
}
