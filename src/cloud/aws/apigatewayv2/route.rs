//! `AWS::ApiGatewayV2::Route`. Its id is `APIID|ROUTEID`.

use async_trait::async_trait;
use aws_sdk_apigatewayv2::operation::get_route::GetRouteOutput;
use aws_sdk_apigatewayv2::types;

use super::authorizer::Authorizer;
use super::request;
use super::rights;
use super::trails;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::{found, sent};
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::fields::{Field, Unset, field};
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::{Partial, by_token, children};
use crate::cloud::aws::object::{Object, list};
use crate::cloud::aws::world::is_missing;
use crate::cloud::aws::{AwsType, apigateway};
use crate::cloud::{CallError, Listing};
use crate::model::{
    Call, Impossible, Locate, Part, Parts, Place, Relation, Resource, ResourceType, Right, Sent, Snapshot, Trail, Write,
};

/// `AWS::ApiGatewayV2::Route`.
pub struct Route;

/// The members of UpdateRoute
/// (<https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-routes-routeid.html#apis-apiid-routes-routeid-model-updaterouteinput>).
const FIELDS: &[Field] = &[
    field("ApiKeyRequired", "ApiKeyRequired", Unset::Impossible),
    field("AuthorizationScopes", "AuthorizationScopes", Unset::Json("[]")),
    field("AuthorizationType", "AuthorizationType", Unset::Impossible),
    field("AuthorizerId", "AuthorizerId", Unset::EmptyText),
    field("OperationName", "OperationName", Unset::EmptyText),
    field("Target", "Target", Unset::Impossible),
];

const WRITES: &[Write] = &[Write::update(
    &["ApiKeyRequired", "AuthorizationScopes", "AuthorizationType", "AuthorizerId", "OperationName", "Target"],
    &[Right::new("apigateway:PATCH", "arn:${partition}:apigateway:${region}::/apis/*/routes/*")],
)];

/// The relation of a route to the authorizers that it could ask: those of its API.
const AUTHORIZERS: Relation = Relation {
    name: "authorizers",
    of: "AWS::ApiGatewayV2::Authorizer",
    many: true,
    locate: |route| Locate::children_of(route.text("/ApiId")),
    needs: &["ApiId"],
};

impl ResourceType for Route {
    fn name(&self) -> &'static str {
        "AWS::ApiGatewayV2::Route"
    }

    fn reads(&self) -> &'static [Right] {
        const {
            &[
                rights::GET_APIS,
                Right::new("apigateway:GET", "arn:${partition}:apigateway:${region}::/apis/*/routes"),
                Right::new("apigateway:GET", "arn:${partition}:apigateway:${region}::/apis/*/routes/*"),
            ]
        }
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    fn parts(&self) -> &'static [Part] {
        &[Part {
            name: "routes",
            permissions: &[],
            properties: &[
                "ApiId",
                "RouteId",
                "RouteKey",
                "AuthorizationType",
                "AuthorizerId",
                "AuthorizationScopes",
                "ApiKeyRequired",
                "OperationName",
                "Target",
            ],
            facts: &[],
        }]
    }

    fn belongs_to(&self) -> Option<&'static str> {
        Some("api")
    }

    fn relations(&self) -> &'static [Relation] {
        &[request::API, AUTHORIZERS]
    }

    fn parent(&self, id: &str) -> Option<String> {
        apigateway::parent(id)
    }

    fn trails(&self) -> &'static [Trail] {
        trails::ROUTE
    }

    fn named(&self, arn: &str) -> Option<String> {
        trails::named_route(arn)
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        let mut calls = request::update("Route", FIELDS, before, after)?;
        // Another authorizer is refused without its type: https://github.com/hashicorp/terraform-provider-aws/pull/35821.
        for members in calls.iter_mut().filter_map(|call| call.input.as_object_mut()) {
            let kind = after.and_then(|after| after.property("/AuthorizationType"));
            if let Some(kind) = kind.filter(|_| members.contains_key("AuthorizerId")) {
                members.insert("AuthorizationType".to_owned(), kind.clone());
            }
        }
        Ok(calls)
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        refused(place, call, world).map_or(Ok(()), Err)?;
        request::updated(self, "Route", FIELDS, place, call, world)
    }

    fn warnings(&self, before: Option<&Resource>, after: Option<&Resource>) -> Vec<String> {
        match (before, after) {
            (Some(before), Some(after)) if before.properties != after.properties => {
                apigateway::asks(before, after).chain([request::DEPLOYED]).map(str::to_owned).collect()
            }
            _ => vec![],
        }
    }
}

#[async_trait]
impl AwsType for Route {
    async fn list(&self, aws: &Clients, within: Option<&str>, _parts: &Parts) -> Listing {
        children(aws, self, request::api_ids(aws, within).await, |api| async move {
            let (routes, error) = routes(aws, &api).await;
            let routes = routes.into_iter().map(|route| document(aws, &api, route)).collect();
            Listing::of_parent(aws, self, &api, routes, error)
        })
        .await
    }

    async fn read(&self, aws: &Clients, id: &str, _parts: &Parts) -> Result<Option<Resource>, CallError> {
        let Some((api, route)) = id.split_once('|') else { return Ok(None) };
        let _slot = aws.slot("apigateway").await;
        let route = aws.apigatewayv2.get_route().api_id(api).route_id(route).send().await;
        let route = found(route.map_err(|error| call_error("apigatewayv2", "GetRoute", error)))?;
        Ok(route.map(|route| document(aws, api, listed(route))))
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let input = Input(call);
        if call.operation != "UpdateRoute" {
            return Err(input.unknown());
        }
        let request = aws
            .apigatewayv2
            .update_route()
            .set_api_id(input.text("ApiId"))
            .set_route_id(input.text("RouteId"))
            .set_api_key_required(input.flag("ApiKeyRequired"))
            .set_authorization_scopes(input.texts("AuthorizationScopes"))
            .set_authorization_type(input.text("AuthorizationType").as_deref().map(Into::into))
            .set_authorizer_id(input.text("AuthorizerId"))
            .set_operation_name(input.text("OperationName"))
            .set_target(input.text("Target"));
        sent(call, request.send().await)
    }
}

/// Why API Gateway does not take what a call says of a route's authorizer
/// (<https://github.com/anomalyco/sst/issues/4591>, <https://github.com/hashicorp/terraform-provider-aws/issues/17497>).
fn refused(place: &Place, call: &Call, world: &Snapshot) -> Option<String> {
    let text = |name| Input(call).text(name).unwrap_or_default();
    let (asked, id) = (text("AuthorizationType"), text("AuthorizerId"));
    let authorizer = Authorizer.key(place, &format!("{id}|{}", text("ApiId")));
    let unknown = world.get(&authorizer).is_none() && !is_missing(world, &authorizer);
    let kind = world.get(&authorizer).and_then(|authorizer| authorizer.text("/AuthorizerType"));
    let wanted = match (asked.as_str(), kind) {
        ("JWT", Some("JWT")) | ("CUSTOM", Some("REQUEST")) => return None,
        ("JWT" | "CUSTOM", _) if unknown => return None,
        ("JWT", _) => "JWT requires a valid JWT authorizer",
        ("CUSTOM", _) => "CUSTOM or COGNITO_USER_POOLS requires a valid authorizer",
        ("", _) if !id.is_empty() => {
            return Some("BadRequestException: Unable to update route. Authorizer type is invalid or null.".to_owned());
        }
        _ => return None,
    };
    Some(format!("BadRequestException: Invalid authorizer ID specified. Setting the authorization type to {wanted}."))
}

/// The routes of an API.
async fn routes(aws: &Clients, api: &str) -> Partial<types::Route> {
    let _slot = aws.slot("apigateway").await;
    by_token("apigatewayv2", "GetRoutes", |token| async {
        let page = aws.apigatewayv2.get_routes().api_id(api).set_next_token(token).send().await;
        page.map(|page| (page.items, page.next_token))
    })
    .await
}

/// As a listing has it.
fn listed(route: GetRouteOutput) -> types::Route {
    types::Route::builder()
        .set_route_id(route.route_id)
        .set_route_key(route.route_key)
        .set_authorization_type(route.authorization_type)
        .set_authorizer_id(route.authorizer_id)
        .set_authorization_scopes(route.authorization_scopes)
        .set_api_key_required(route.api_key_required)
        .set_operation_name(route.operation_name)
        .set_target(route.target)
        .build()
}

fn document(aws: &Clients, api: &str, route: types::Route) -> Resource {
    let id = route.route_id.unwrap_or_default();
    let mut properties = Object::default();
    properties.set("ApiId", Some(api)).set("RouteId", Some(id.as_str())).set("RouteKey", route.route_key);
    properties.set("AuthorizationType", route.authorization_type.as_ref().map(types::AuthorizationType::as_str));
    properties.set("AuthorizerId", route.authorizer_id);
    properties.set("AuthorizationScopes", list(route.authorization_scopes.unwrap_or_default()));
    properties.set("ApiKeyRequired", route.api_key_required);
    properties.set("OperationName", route.operation_name).set("Target", route.target);
    let arn = apigateway::arn(&aws.place, &format!("/apis/{api}/routes/{id}"));
    Resource::new(aws.key(&Route, &format!("{api}|{id}")), arn, properties.0, serde_json::Map::new())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::cloud::aws::testing::{place, resource, run, shown, world};

    #[test]
    fn the_calls_lead_from_one_document_to_the_other_and_back() {
        let route = |more: Value| {
            let mut properties =
                json!({"ApiId": "a1", "RouteId": "r1", "RouteKey": "GET /pets", "Target": "integrations/i"});
            let more = more.as_object().unwrap().clone();
            properties.as_object_mut().unwrap().extend(more);
            properties
        };
        let before = route(json!({"AuthorizationType": "NONE", "ApiKeyRequired": false}));
        let before = resource(&Route, "a1|r1", before, json!({}));
        let after = route(json!({
            "AuthorizationType": "JWT", "AuthorizerId": "z", "AuthorizationScopes": ["pets"], "ApiKeyRequired": false,
        }));
        let after = before.with_properties(after);
        let tokens = json!({"ApiId": "a1", "Name": "staff", "AuthorizerType": "JWT"});
        let mut world = world([before.clone(), resource(&Authorizer, "z|a1", tokens, json!({}))]);
        for (from, to) in [(&before, &after), (&after, &before)] {
            let calls = Route.calls(Some(from), Some(to)).unwrap();
            assert_eq!(run(&Route, &calls, Some(&before.key()), &mut world), Ok(Some(to.clone())));
        }
        assert_eq!(
            shown(&Route.calls(Some(&before), Some(&after)).unwrap()),
            json!([["UpdateRoute", {
                "ApiId": "a1", "RouteId": "r1", "AuthorizationType": "JWT", "AuthorizerId": "z", "AuthorizationScopes": ["pets"],
            }]])
        );
        assert_eq!(
            Route.warnings(Some(&before), Some(&after)),
            [
                "Callers have to carry what the authorizer asks for; others get 401 or 403.",
                "The change takes effect at once in stages that deploy automatically, and in others with the API's next deployment.",
            ]
        );
        assert!(Route.calls(Some(&before), Some(&after.with_properties(json!({"RouteKey": "$default"})))).is_err());
        world.remove(&Authorizer.key(&place(), "z|a1"));
        world.insert(resource(&Authorizer, "y|a1", json!({"ApiId": "a1", "AuthorizerType": "JWT"}), json!({})));
        let calls = Route.calls(Some(&before), Some(&after)).unwrap();
        let gone = run(&Route, &calls, Some(&before.key()), &mut world).unwrap_err();
        assert!(gone.ends_with("requires a valid JWT authorizer."), "{gone}");
    }

    #[test]
    fn another_authorizer_is_named_with_its_type() {
        let route = |authorizer: &str| json!({"ApiId": "a1", "RouteKey": "GET /pets", "AuthorizationType": "JWT", "AuthorizerId": authorizer});
        let before = resource(&Route, "a1|r1", route("old"), json!({}));
        let after = before.with_properties(route("new"));
        assert_eq!(
            shown(&Route.calls(Some(&before), Some(&after)).unwrap()),
            json!([["UpdateRoute", {"ApiId": "a1", "RouteId": "r1", "AuthorizationType": "JWT", "AuthorizerId": "new"}]])
        );
    }
}
