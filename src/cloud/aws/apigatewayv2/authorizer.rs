//! `AWS::ApiGatewayV2::Authorizer`: whom the routes of an API ask whether a caller may pass. Its id is `AUTHORIZERID|APIID`.

use async_trait::async_trait;
use aws_sdk_apigatewayv2::operation::get_authorizer::GetAuthorizerOutput;
use aws_sdk_apigatewayv2::types::{self, JwtConfiguration};
use serde_json::{Map, Value, json};

use super::api::Api;
use super::request::{self, call};
use super::rights;
use super::route::Route;
use super::trails;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::{found, sent};
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::fields::{Field, Unset, changed, field, only_fields, write};
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::{Partial, by_token, children};
use crate::cloud::aws::object::{Object, list};
use crate::cloud::aws::world::{edit, is_missing, made_id};
use crate::cloud::aws::{AwsType, apigateway};
use crate::cloud::{CallError, CallErrorKind, Listing};
use crate::model::{
    Call, Impossible, Part, Parts, Place, Relation, Resource, ResourceType, Right, Sent, Snapshot, Trail, Write,
};

/// `AWS::ApiGatewayV2::Authorizer`.
pub struct Authorizer;

/// The members of CreateAuthorizer and UpdateAuthorizer
/// (<https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-authorizers-authorizerid.html#apis-apiid-authorizers-authorizerid-model-updateauthorizerinput>).
/// Not the role that API Gateway calls the function with: who writes that hands the role over.
const FIELDS: &[Field] = &[
    field("AuthorizerPayloadFormatVersion", "AuthorizerPayloadFormatVersion", Unset::Impossible),
    field("AuthorizerResultTtlInSeconds", "AuthorizerResultTtlInSeconds", Unset::Impossible),
    field("AuthorizerType", "AuthorizerType", Unset::Impossible),
    field("AuthorizerUri", "AuthorizerUri", Unset::Impossible),
    field("EnableSimpleResponses", "EnableSimpleResponses", Unset::Impossible),
    field("IdentitySource", "IdentitySource", Unset::Json("[]")),
    field("JwtConfiguration", "JwtConfiguration", Unset::Impossible),
    field("Name", "Name", Unset::Impossible),
];

const ROLE: &str = "/AuthorizerCredentialsArn";

const ONE: &str = "arn:${partition}:apigateway:${region}::/apis/*/authorizers/*";

const WRITES: &[Write] = &[
    Write::create(&[Right::new("apigateway:POST", "arn:${partition}:apigateway:${region}::/apis/*/authorizers")]),
    Write::update(
        &[
            "AuthorizerPayloadFormatVersion",
            "AuthorizerResultTtlInSeconds",
            "AuthorizerType",
            "AuthorizerUri",
            "EnableSimpleResponses",
            "IdentitySource",
            "JwtConfiguration",
            "Name",
        ],
        &[Right::new("apigateway:PATCH", ONE)],
    ),
    Write::delete(&[Right::new("apigateway:DELETE", ONE)]),
];

impl ResourceType for Authorizer {
    fn name(&self) -> &'static str {
        "AWS::ApiGatewayV2::Authorizer"
    }

    fn reads(&self) -> &'static [Right] {
        const {
            &[
                rights::GET_APIS,
                Right::new("apigateway:GET", "arn:${partition}:apigateway:${region}::/apis/*/authorizers"),
                Right::new("apigateway:GET", ONE),
            ]
        }
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    fn parts(&self) -> &'static [Part] {
        &[Part {
            name: "authorizers",
            permissions: &[],
            properties: &[
                "ApiId",
                "AuthorizerCredentialsArn",
                "AuthorizerPayloadFormatVersion",
                "AuthorizerResultTtlInSeconds",
                "AuthorizerType",
                "AuthorizerUri",
                "EnableSimpleResponses",
                "IdentitySource",
                "JwtConfiguration",
                "Name",
            ],
            facts: &["AuthorizerId"],
        }]
    }

    fn belongs_to(&self) -> Option<&'static str> {
        Some("api")
    }

    fn relations(&self) -> &'static [Relation] {
        &[request::API]
    }

    fn parent(&self, id: &str) -> Option<String> {
        id.split_once('|').map(|(_, api)| api.to_owned())
    }

    fn trails(&self) -> &'static [Trail] {
        trails::AUTHORIZER
    }

    fn named(&self, arn: &str) -> Option<String> {
        trails::named_authorizer(arn)
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        let with_id = |mut members: Map<String, Value>, authorizer: &Resource| {
            let (id, api) = authorizer.id.split_once('|').unwrap_or_default();
            members.insert("ApiId".to_owned(), api.into());
            members.insert("AuthorizerId".to_owned(), id.into());
            Value::Object(members)
        };
        Ok(match (before, after) {
            (None, None) => vec![],
            (None, Some(after)) => {
                if after.property(ROLE).is_some() {
                    return Err(Impossible("rectify hands no role to a new authorizer".to_owned()));
                }
                let nothing = after.with_properties(json!({}));
                let mut members = changed(FIELDS, &nothing, after)?;
                members.insert("ApiId".to_owned(), after.text("/ApiId").into());
                vec![call("CreateAuthorizer", "POST", Value::Object(members))]
            }
            (Some(before), None) => vec![call("DeleteAuthorizer", "DELETE", with_id(Map::new(), before))],
            (Some(before), Some(after)) => {
                only_fields(FIELDS, &[], before, after)?;
                let members = Some(changed(FIELDS, before, after)?).filter(|members| !members.is_empty());
                let update = |members| call("UpdateAuthorizer", "PATCH", with_id(members, before));
                members.map(update).into_iter().collect()
            }
        })
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        let input = Input(call);
        let text = |name| input.text(name).unwrap_or_default();
        let (api, id) = (text("ApiId"), text("AuthorizerId"));
        let key = self.key(place, &format!("{id}|{api}"));
        let missing = format!("NotFoundException: Unable to find Authorizer by id {id} within {api}");
        let named = |name: &str, world: &Snapshot| {
            let mut own = world.of_type(self.name()).filter(|one| one.region == place.region && one.id != key.id);
            own.any(|one| (one.text("/ApiId"), one.text("/Name")) == (Some(&*api), Some(name)))
        };
        // https://github.com/aws/aws-cdk/issues/13711
        let taken = input.text("Name").filter(|name| named(name, world)).map(|name| {
            format!(
                "ConflictException: Authorizer name must be unique. Authorizer {name} already exists in this RestApi."
            )
        });
        match (call.operation.as_str(), taken) {
            ("CreateAuthorizer", _) if is_missing(world, &Api.key(place, &api)) => {
                Err(format!("NotFoundException: Invalid API identifier specified {api}"))
            }
            ("CreateAuthorizer" | "UpdateAuthorizer", Some(taken)) => Err(taken),
            ("CreateAuthorizer", None) => {
                let mut properties = Map::from_iter([("ApiId".to_owned(), api.as_str().into())]);
                write(FIELDS, &call.input, &mut properties);
                let made = document(place, &api, &made_id(&[self.name(), &api, &text("Name")]), properties);
                let sent = Sent { id: Some(made.id.clone()), arn: Some(made.arn.clone()), request_id: None };
                world.insert(made);
                Ok(sent)
            }
            ("UpdateAuthorizer", None) => edit(world, &key, &missing, |properties, _| {
                write(FIELDS, &call.input, properties);
                Ok(())
            }),
            ("DeleteAuthorizer", _) => {
                let asks = |route: &&std::sync::Arc<Resource>| {
                    let named = (route.text("/ApiId"), route.text("/AuthorizerId"));
                    route.region == place.region && named == (Some(&*api), Some(&*id))
                };
                // https://github.com/anomalyco/sst/issues/5586
                if let Some(route) = world.of_type(Route.name()).find(asks) {
                    let route = route.text("/RouteKey").unwrap_or_default();
                    return Err(format!(
                        "ConflictException: Cannot delete authorizer '{id}', is referenced in route: {route}"
                    ));
                }
                world.remove(&key).map(|_| Sent::default()).ok_or(missing)
            }
            _ => Err(input.unknown().to_string()),
        }
    }

    fn warnings(&self, before: Option<&Resource>, after: Option<&Resource>) -> Vec<String> {
        match (before, after) {
            (Some(before), Some(after)) if before.properties != after.properties => vec![request::DEPLOYED.to_owned()],
            _ => vec![],
        }
    }
}

#[async_trait]
impl AwsType for Authorizer {
    async fn list(&self, aws: &Clients, within: Option<&str>, _parts: &Parts) -> Listing {
        children(aws, self, request::api_ids(aws, within).await, |api| async move {
            let (found, error) = authorizers(aws, &api).await;
            let resources = found.into_iter().map(|authorizer| read(aws, &api, authorizer)).collect();
            let mut listing = Listing { resources, ..Listing::default() };
            let error = error.filter(|error| error.kind != CallErrorKind::NotFound);
            listing.miss(aws, self, &format!("|{api}"), error);
            listing
        })
        .await
    }

    async fn read(&self, aws: &Clients, id: &str, _parts: &Parts) -> Result<Option<Resource>, CallError> {
        let Some((authorizer, api)) = id.split_once('|') else { return Ok(None) };
        let _slot = aws.slot("apigateway").await;
        let answer = aws.apigatewayv2.get_authorizer().api_id(api).authorizer_id(authorizer).send().await;
        let answer = found(answer.map_err(|error| call_error("apigatewayv2", "GetAuthorizer", error)))?;
        Ok(answer.map(|answer| read(aws, api, listed(answer))))
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let (client, input) = (&aws.apigatewayv2, Input(call));
        let (api, id) = (input.text("ApiId"), input.text("AuthorizerId"));
        let kind = input.text("AuthorizerType").as_deref().map(Into::into);
        let jwt = input.value("JwtConfiguration").map(|_| {
            let jwt = JwtConfiguration::builder().set_issuer(input.text("/JwtConfiguration/Issuer"));
            jwt.set_audience(input.texts("/JwtConfiguration/Audience")).build()
        });
        match call.operation.as_str() {
            "CreateAuthorizer" => {
                let request = client
                    .create_authorizer()
                    .set_api_id(api.clone())
                    .set_authorizer_payload_format_version(input.text("AuthorizerPayloadFormatVersion"))
                    .set_authorizer_result_ttl_in_seconds(input.integer("AuthorizerResultTtlInSeconds"))
                    .set_authorizer_type(kind)
                    .set_authorizer_uri(input.text("AuthorizerUri"))
                    .set_enable_simple_responses(input.flag("EnableSimpleResponses"))
                    .set_identity_source(input.texts("IdentitySource"))
                    .set_jwt_configuration(jwt)
                    .set_name(input.text("Name"));
                let answer = request.send().await;
                let made = answer.as_ref().ok().and_then(|made| Some((made.authorizer_id()?.to_owned(), api?)));
                let sent = sent(call, answer)?;
                let arn = made.as_ref().map(|(id, api)| arn(&aws.place, api, id));
                Ok(Sent { id: made.map(|(id, api)| format!("{id}|{api}")), arn, ..sent })
            }
            "UpdateAuthorizer" => {
                let request = client
                    .update_authorizer()
                    .set_api_id(api)
                    .set_authorizer_id(id)
                    .set_authorizer_payload_format_version(input.text("AuthorizerPayloadFormatVersion"))
                    .set_authorizer_result_ttl_in_seconds(input.integer("AuthorizerResultTtlInSeconds"))
                    .set_authorizer_type(kind)
                    .set_authorizer_uri(input.text("AuthorizerUri"))
                    .set_enable_simple_responses(input.flag("EnableSimpleResponses"))
                    .set_identity_source(input.texts("IdentitySource"))
                    .set_jwt_configuration(jwt)
                    .set_name(input.text("Name"));
                sent(call, request.send().await)
            }
            "DeleteAuthorizer" => {
                sent(call, client.delete_authorizer().set_api_id(api).set_authorizer_id(id).send().await)
            }
            _ => Err(input.unknown()),
        }
    }
}

/// The authorizers of an API.
async fn authorizers(aws: &Clients, api: &str) -> Partial<types::Authorizer> {
    let _slot = aws.slot("apigateway").await;
    by_token("apigatewayv2", "GetAuthorizers", |token| async {
        let page = aws.apigatewayv2.get_authorizers().api_id(api).set_next_token(token).send().await;
        page.map(|page| (page.items, page.next_token))
    })
    .await
}

/// As a listing has it.
fn listed(authorizer: GetAuthorizerOutput) -> types::Authorizer {
    types::Authorizer::builder()
        .set_authorizer_id(authorizer.authorizer_id)
        .set_authorizer_credentials_arn(authorizer.authorizer_credentials_arn)
        .set_authorizer_payload_format_version(authorizer.authorizer_payload_format_version)
        .set_authorizer_result_ttl_in_seconds(authorizer.authorizer_result_ttl_in_seconds)
        .set_authorizer_type(authorizer.authorizer_type)
        .set_authorizer_uri(authorizer.authorizer_uri)
        .set_enable_simple_responses(authorizer.enable_simple_responses)
        .set_identity_source(authorizer.identity_source)
        .set_jwt_configuration(authorizer.jwt_configuration)
        .set_name(authorizer.name)
        .build()
}

fn arn(place: &Place, api: &str, id: &str) -> String {
    apigateway::arn(place, &format!("/apis/{api}/authorizers/{id}"))
}

fn read(aws: &Clients, api: &str, authorizer: types::Authorizer) -> Resource {
    let id = authorizer.authorizer_id.unwrap_or_default();
    let kind = authorizer.authorizer_type;
    let mut properties = Object::default();
    properties.set("ApiId", Some(api)).set("Name", authorizer.name);
    properties.set("AuthorizerType", kind.as_ref().map(types::AuthorizerType::as_str));
    properties.set("IdentitySource", list(authorizer.identity_source.unwrap_or_default()));
    // What is told of a function that is asked means nothing where a token is looked at, and the other way round
    // (<https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-authorizers-authorizerid.html>).
    if kind == Some(types::AuthorizerType::Jwt) {
        properties.set("JwtConfiguration", authorizer.jwt_configuration.and_then(jwt));
    } else {
        properties.set("AuthorizerCredentialsArn", authorizer.authorizer_credentials_arn);
        properties.set("AuthorizerPayloadFormatVersion", authorizer.authorizer_payload_format_version);
        properties.set("AuthorizerResultTtlInSeconds", authorizer.authorizer_result_ttl_in_seconds);
        properties.set("AuthorizerUri", authorizer.authorizer_uri);
        properties.set("EnableSimpleResponses", authorizer.enable_simple_responses);
    }
    document(&aws.place, api, &id, properties.0)
}

fn jwt(jwt: JwtConfiguration) -> Option<Value> {
    let mut config = Object::default();
    config.set("Audience", list(jwt.audience.unwrap_or_default())).set("Issuer", jwt.issuer);
    config.non_empty()
}

fn document(place: &Place, api: &str, id: &str, properties: Map<String, Value>) -> Resource {
    let facts = Map::from_iter([("AuthorizerId".to_owned(), id.into())]);
    Resource::new(Authorizer.key(place, &format!("{id}|{api}")), arn(place, api, id), properties, facts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::testing::{leads, place, resource, round_trip, run, shown, world};

    fn tokens(name: &str) -> Value {
        json!({
            "ApiId": "a1", "AuthorizerType": "JWT", "Name": name, "IdentitySource": ["$request.header.Authorization"],
            "JwtConfiguration": {"Audience": ["shop"], "Issuer": "https://login.example.com"},
        })
    }

    #[test]
    fn an_authorizer_is_made_asked_and_deleted() {
        let new = resource(&Authorizer, "?|a1", tokens("staff"), json!({}));
        let create = Authorizer.calls(None, Some(&new)).unwrap();
        let mut input = tokens("staff");
        assert_eq!(shown(&create), json!([["CreateAuthorizer", input.take()]]));

        let api = |id| resource(&Api, id, json!({"Name": "shop", "ProtocolType": "HTTP"}), json!({}));
        assert!(run(&Authorizer, &create, None, &mut world([api("b2")])).unwrap_err().starts_with("NotFoundException"));
        let mut world = world([api("a1")]);
        let made = run(&Authorizer, &create, None, &mut world).unwrap().unwrap();
        assert_eq!(made.properties, new.properties);
        let (id, api) = made.id.split_once('|').unwrap();
        assert_eq!((made.facts["AuthorizerId"].as_str(), api), (Some(id), "a1"));
        assert_eq!(Authorizer.parent(&made.id).as_deref(), Some("a1"));
        assert_eq!(Authorizer.named(&made.arn), Some(made.id.clone()));
        let again = run(&Authorizer, &create, None, &mut world).unwrap_err();
        assert!(again.contains("Authorizer name must be unique. Authorizer staff already exists"), "{again}");

        let delete = Authorizer.calls(Some(&made), None).unwrap();
        let route = json!({"ApiId": "a1", "RouteKey": "GET /pets", "AuthorizationType": "JWT", "AuthorizerId": id});
        world.insert(resource(&Route, "a1|r1", route, json!({})));
        let asked = run(&Authorizer, &delete, Some(&made.key()), &mut world).unwrap_err();
        assert!(asked.ends_with("is referenced in route: GET /pets"), "{asked}");
        world.remove(&Route.key(&place(), "a1|r1"));
        assert_eq!(run(&Authorizer, &delete, Some(&made.key()), &mut world), Ok(None));
    }

    #[test]
    fn the_calls_lead_from_one_document_to_the_other() {
        let before = resource(&Authorizer, "z|a1", tokens("staff"), json!({}));
        let mut longer = tokens("everyone");
        longer["JwtConfiguration"]["Audience"] = json!(["shop", "partners"]);
        round_trip(&Authorizer, &before, longer.clone());
        let after = before.with_properties(longer);
        assert_eq!(
            shown(&leads(&Authorizer, &before, &after).unwrap()),
            json!([["UpdateAuthorizer", {
                "ApiId": "a1", "AuthorizerId": "z", "Name": "everyone",
                "JwtConfiguration": {"Audience": ["shop", "partners"], "Issuer": "https://login.example.com"},
            }]])
        );
        assert_eq!(Authorizer.warnings(Some(&before), Some(&after)), [request::DEPLOYED]);
        let mut elsewhere = tokens("staff");
        elsewhere["ApiId"] = json!("b2");
        assert!(Authorizer.calls(Some(&before), Some(&before.with_properties(elsewhere))).is_err());
    }

    #[test]
    fn no_role_is_handed_over() {
        let mut properties = tokens("staff");
        properties["AuthorizerCredentialsArn"] = json!("arn:aws:iam::111122223333:role/gateway");
        let with_role = resource(&Authorizer, "?|a1", properties, json!({}));
        assert!(Authorizer.calls(None, Some(&with_role)).is_err());
        let without = with_role.with_properties(tokens("staff"));
        assert!(Authorizer.calls(Some(&without), Some(&with_role)).is_err());
    }
}
