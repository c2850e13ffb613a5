//! What CloudTrail tells of HTTP and WebSocket APIs. The service calls itself as the older one does, and the members tell
//! which is meant: `apiId` here.
//!
//! Not here: models and responses, which no document has, and the deployments that a stage with
//! `AutoDeploy` makes by itself.

use serde_json::Value;

use crate::cloud::aws::apigateway::{API_GATEWAY, path, tagged_one};
use crate::cloud::aws::trail::{TAGGING, all_of, answer, one, request, tagged, trail};
use crate::model::{Told, Trail};

/// Of APIs.
pub const API: &[Trail] = &[
    trail(API_GATEWAY, "CreateApi", new_api),
    trail(API_GATEWAY, "DeleteApi", api),
    trail(API_GATEWAY, "DeleteCorsConfiguration", api),
    trail(API_GATEWAY, "ImportApi", new_api),
    trail(API_GATEWAY, "ReimportApi", api),
    trail(API_GATEWAY, "TagResource", |record| tagged_one(record, named_api)),
    trail(API_GATEWAY, "UntagResource", |record| tagged_one(record, named_api)),
    trail(API_GATEWAY, "UpdateApi", api),
    trail(TAGGING, "TagResources", |record| tagged(record, named_api)),
    trail(TAGGING, "UntagResources", |record| tagged(record, named_api)),
];

/// Of authorizers. An import has those of its definition's security schemes
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html>).
pub const AUTHORIZER: &[Trail] = &[
    trail(API_GATEWAY, "CreateAuthorizer", |record| authorizer(record, answer(record, &["authorizerId"]))),
    trail(API_GATEWAY, "DeleteApi", of_api),
    trail(API_GATEWAY, "DeleteAuthorizer", |record| authorizer(record, request(record, "authorizerId"))),
    trail(API_GATEWAY, "ImportApi", of_new_api),
    trail(API_GATEWAY, "ReimportApi", of_api),
    trail(API_GATEWAY, "UpdateAuthorizer", |record| authorizer(record, request(record, "authorizerId"))),
];

/// Of routes. An API that is created or updated with a target has or gets a route of its own ("quick create",
/// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html>).
pub const ROUTE: &[Trail] = &[
    trail(API_GATEWAY, "CreateApi", of_new_api),
    trail(API_GATEWAY, "CreateRoute", |record| within(record, answer(record, &["routeId"]))),
    trail(API_GATEWAY, "DeleteApi", of_api),
    trail(API_GATEWAY, "DeleteRoute", route),
    trail(API_GATEWAY, "ImportApi", of_new_api),
    trail(API_GATEWAY, "ReimportApi", of_api),
    trail(API_GATEWAY, "UpdateApi", |record| if quick(record) { of_api(record) } else { Vec::new() }),
    trail(API_GATEWAY, "UpdateRoute", route),
];

/// Of integrations. "Quick create" makes one as well.
pub const INTEGRATION: &[Trail] = &[
    trail(API_GATEWAY, "CreateApi", of_new_api),
    trail(API_GATEWAY, "CreateIntegration", |record| within(record, answer(record, &["integrationId"]))),
    trail(API_GATEWAY, "DeleteApi", of_api),
    trail(API_GATEWAY, "DeleteIntegration", integration),
    trail(API_GATEWAY, "ImportApi", of_new_api),
    trail(API_GATEWAY, "ReimportApi", of_api),
    trail(API_GATEWAY, "UpdateApi", |record| if quick(record) { of_api(record) } else { Vec::new() }),
    trail(API_GATEWAY, "UpdateIntegration", integration),
];

/// Of stages. A deployment moves the stage that it names.
pub const STAGE: &[Trail] = &[
    trail(API_GATEWAY, "CreateApi", of_new_api),
    trail(API_GATEWAY, "CreateDeployment", stage),
    trail(API_GATEWAY, "CreateStage", stage),
    trail(API_GATEWAY, "DeleteAccessLogSettings", stage),
    trail(API_GATEWAY, "DeleteApi", of_api),
    trail(API_GATEWAY, "DeleteRouteSettings", stage),
    trail(API_GATEWAY, "DeleteStage", stage),
    trail(API_GATEWAY, "TagResource", |record| tagged_one(record, named_stage)),
    trail(API_GATEWAY, "UntagResource", |record| tagged_one(record, named_stage)),
    trail(API_GATEWAY, "UpdateStage", stage),
    trail(TAGGING, "TagResources", |record| tagged(record, named_stage)),
    trail(TAGGING, "UntagResources", |record| tagged(record, named_stage)),
];

/// The id of the API that an ARN names.
pub fn named_api(arn: &str) -> Option<String> {
    match path(arn).as_slice() {
        ["apis", api] => Some((*api).to_owned()),
        _ => None,
    }
}

/// The id of the authorizer that an ARN names.
pub fn named_authorizer(arn: &str) -> Option<String> {
    match path(arn).as_slice() {
        ["apis", api, "authorizers", authorizer] => Some(format!("{authorizer}|{api}")),
        _ => None,
    }
}

/// The id of the integration that an ARN names.
pub fn named_integration(arn: &str) -> Option<String> {
    match path(arn).as_slice() {
        ["apis", api, "integrations", integration] => Some(format!("{api}|{integration}")),
        _ => None,
    }
}

/// The id of the route that an ARN names.
pub fn named_route(arn: &str) -> Option<String> {
    match path(arn).as_slice() {
        ["apis", api, "routes", route] => Some(format!("{api}|{route}")),
        _ => None,
    }
}

/// The id of the stage that an ARN names.
pub fn named_stage(arn: &str) -> Option<String> {
    match path(arn).as_slice() {
        ["apis", api, "stages", stage] => Some(format!("{api}|{stage}")),
        _ => None,
    }
}

/// The API that a call is about. A request that is too large is left out of its record: then the answer says it.
fn api_id(record: &Value) -> Option<&str> {
    request(record, "apiId").or_else(|| answer(record, &["apiId"]))
}

fn api(record: &Value) -> Vec<Told> {
    one(api_id(record))
}

fn new_api(record: &Value) -> Vec<Told> {
    one(answer(record, &["apiId"]))
}

fn of_api(record: &Value) -> Vec<Told> {
    all_of(api_id(record))
}

fn of_new_api(record: &Value) -> Vec<Told> {
    all_of(answer(record, &["apiId"]))
}

fn quick(record: &Value) -> bool {
    ["target", "routeKey", "credentialsArn"].into_iter().any(|name| request(record, name).is_some())
}

/// What has that id within the API of a call.
fn within(record: &Value, id: Option<&str>) -> Vec<Told> {
    one(request(record, "apiId").zip(id).map(|(api, id)| format!("{api}|{id}")))
}

/// CloudFormation names the authorizer first, and its API last.
fn authorizer(record: &Value, id: Option<&str>) -> Vec<Told> {
    one(id.zip(request(record, "apiId")).map(|(id, api)| format!("{id}|{api}")))
}

fn integration(record: &Value) -> Vec<Told> {
    within(record, request(record, "integrationId"))
}

fn route(record: &Value) -> Vec<Told> {
    within(record, request(record, "routeId"))
}

fn stage(record: &Value) -> Vec<Told> {
    within(record, request(record, "stageName"))
}
