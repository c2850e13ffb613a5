//! `AWS::ApiGateway::Method`. Its id is `RESTAPIID|RESOURCEID|HTTPMETHOD`.

use async_trait::async_trait;
use aws_sdk_apigateway::types;
use serde_json::{Value, json};

use super::patch::{self, Patch};
use super::rights;
use super::serving;
use super::trails;
use crate::cloud::aws::AwsType;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::{found, sent};
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::fields::{Field, Unset, both, field, only_fields, write};
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::{Partial, children, items};
use crate::cloud::aws::object::{Object, list};
use crate::cloud::aws::world::edit;
use crate::cloud::{CallError, Listing};
use crate::model::{
    Call, Impossible, Locate, Part, Parts, Place, Relation, Resource, ResourceType, Right, Sent, Snapshot, Trail, Write,
};

/// `AWS::ApiGateway::Method`.
pub struct Method;

/// The paths of UpdateMethod
/// (<https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateMethod-Patch>). What cannot be
/// empty is unset by a replacement without a value.
const FIELDS: &[Field] = &[
    field("ApiKeyRequired", "/apiKeyRequired", Unset::Impossible),
    field("AuthorizationType", "/authorizationType", Unset::Impossible),
    field("AuthorizerId", "/authorizerId", Unset::EmptyText),
    field("OperationName", "/operationName", Unset::Json("null")),
    field("RequestValidatorId", "/requestValidatorId", Unset::Json("null")),
];

const BOOLEANS: &[&str] = &["/apiKeyRequired"];
const SCOPES: &str = "/authorizationScopes";

const WRITES: &[Write] = &[Write::update(
    &[
        "ApiKeyRequired",
        "AuthorizationType",
        "AuthorizerId",
        "OperationName",
        "RequestValidatorId",
        "AuthorizationScopes",
    ],
    &[Right::new("apigateway:PATCH", "arn:${partition}:apigateway:${region}::/restapis/*/resources/*/methods/*")],
)];

impl ResourceType for Method {
    fn name(&self) -> &'static str {
        "AWS::ApiGateway::Method"
    }

    fn reads(&self) -> &'static [Right] {
        const {
            &[
                rights::GET_APIS,
                rights::GET_RESOURCES,
                Right::new("apigateway:GET", "arn:${partition}:apigateway:${region}::/restapis/*/resources/*"),
            ]
        }
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    fn parts(&self) -> &'static [Part] {
        &[Part {
            name: "methods",
            permissions: &[],
            properties: &[
                "RestApiId",
                "ResourceId",
                "HttpMethod",
                "AuthorizationType",
                "AuthorizerId",
                "ApiKeyRequired",
                "AuthorizationScopes",
                "OperationName",
                "RequestValidatorId",
                "RequestParameters",
                "RequestModels",
            ],
            facts: &["ResourcePath"],
        }]
    }

    fn belongs_to(&self) -> Option<&'static str> {
        Some("api")
    }

    fn relations(&self) -> &'static [Relation] {
        const {
            &[
                patch::API,
                Relation {
                    name: "stages",
                    of: "AWS::ApiGateway::Stage",
                    many: true,
                    locate: |method| Locate::children_of(method.text("/RestApiId")),
                    needs: &["RestApiId"],
                },
            ]
        }
    }

    fn parent(&self, id: &str) -> Option<String> {
        patch::parent(id)
    }

    fn trails(&self) -> &'static [Trail] {
        trails::METHOD
    }

    fn named(&self, arn: &str) -> Option<String> {
        trails::named_method(arn)
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        let Some((before, after)) = both(before, after)? else { return Ok(vec![]) };
        only_fields(FIELDS, &["AuthorizationScopes"], before, after)?;
        let mut patch = Patch::of(FIELDS, before, after)?;
        let (old, new) = (scopes(before), scopes(after));
        for scope in new.iter().filter(|scope| !old.contains(*scope)) {
            patch.add(SCOPES, scope);
        }
        for scope in old.iter().filter(|scope| !new.contains(*scope)) {
            patch.remove(SCOPES, scope);
        }
        let [api, resource, verb] =
            names_of(&before.id).ok_or_else(|| Impossible(format!("{} is no method's id", before.id)))?;
        let input = json!({"restApiId": api, "resourceId": resource, "httpMethod": verb});
        Ok(patch.call("UpdateMethod", input).into_iter().collect())
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        let input = Input(call);
        let text = |name| input.text(name).unwrap_or_default();
        let id = format!("{}|{}|{}", text("restApiId"), text("resourceId"), text("httpMethod"));
        let missing = "NotFoundException: Invalid Method identifier specified";
        let sent = edit(world, &self.key(place, &id), missing, |properties, _| {
            for operation in patch::operations(&input) {
                let value = patch::typed(&operation, BOOLEANS);
                if FIELDS.iter().any(|field| field.member == operation.path) {
                    write(FIELDS, &json!({ operation.path: value }), properties);
                    continue;
                }
                if operation.path != SCOPES {
                    return Err(patch::invalid(&operation));
                }
                let scopes = properties.entry("AuthorizationScopes").or_insert_with(|| json!([]));
                if let Some(scopes) = scopes.as_array_mut() {
                    scopes.retain(|scope| *scope != value);
                    if operation.op == "add" {
                        scopes.push(value);
                    }
                    if scopes.is_empty() {
                        properties.remove("AuthorizationScopes");
                    }
                }
            }
            Ok(())
        })?;
        serving::refresh(world, place, &text("restApiId"));
        Ok(sent)
    }

    fn warnings(&self, before: Option<&Resource>, after: Option<&Resource>) -> Vec<String> {
        match (before, after) {
            // https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-deploy-api.html
            (Some(before), Some(after)) if before.properties != after.properties => {
                let deployed = "The change takes effect in a stage with a deployment to it; until then the method answers there as before.";
                patch::asks(before, after).chain([deployed]).map(str::to_owned).collect()
            }
            _ => vec![],
        }
    }
}

fn scopes(method: &Resource) -> &[Value] {
    method.property("/AuthorizationScopes").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// API, resource and verb of an id.
fn names_of(id: &str) -> Option<[&str; 3]> {
    let mut names = id.split('|');
    Some([names.next()?, names.next()?, names.next()?])
}

#[async_trait]
impl AwsType for Method {
    async fn list(&self, aws: &Clients, within: Option<&str>, _parts: &Parts) -> Listing {
        children(aws, self, patch::api_ids(aws, within).await, |api| async move {
            let (methods, error) = methods(aws, &api).await;
            Listing::of_parent(aws, self, &api, methods, error)
        })
        .await
    }

    async fn read(&self, aws: &Clients, id: &str, _parts: &Parts) -> Result<Option<Resource>, CallError> {
        let Some([api, resource, verb]) = names_of(id) else { return Ok(None) };
        let _slot = aws.slot("apigateway").await;
        // GetMethod does not say the resource's path; the resource brings its methods along.
        let request = aws.apigateway.get_resource().rest_api_id(api).resource_id(resource).embed("methods");
        let output = request.send().await.map_err(|error| call_error("apigateway", "GetResource", error));
        let Some(output) = found(output)? else { return Ok(None) };
        let method = output.resource_methods().and_then(|methods| methods.get(verb));
        Ok(method.map(|method| document(aws, [api, resource, verb], output.path(), method)))
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let input = Input(call);
        if call.operation != "UpdateMethod" {
            return Err(input.unknown());
        }
        let request = aws.apigateway.update_method().set_rest_api_id(input.text("restApiId"));
        let request = request.set_resource_id(input.text("resourceId")).set_http_method(input.text("httpMethod"));
        sent(call, request.set_patch_operations(patch::sdk(&input)).send().await)
    }
}

/// The methods of an API.
pub async fn methods(aws: &Clients, api: &str) -> Partial<Resource> {
    let _slot = aws.slot("apigateway").await;
    // 500 is the most that a page can hold.
    let request = aws.apigateway.get_resources().rest_api_id(api).embed("methods").limit(500);
    let (resources, error) =
        items("apigateway", "GetResources", request.into_paginator().stop_on_duplicate_token(false).items().send())
            .await;
    let mut found = vec![];
    for resource in resources {
        let id = resource.id().unwrap_or_default();
        for (verb, method) in resource.resource_methods().into_iter().flatten() {
            found.push(document(aws, [api, id, verb], resource.path(), method));
        }
    }
    (found, error)
}

fn document(aws: &Clients, [api, resource, verb]: [&str; 3], path: Option<&str>, method: &types::Method) -> Resource {
    let mut properties = Object::default();
    properties.set("RestApiId", Some(api)).set("ResourceId", Some(resource)).set("HttpMethod", Some(verb));
    properties.set("AuthorizationType", method.authorization_type()).set("AuthorizerId", method.authorizer_id());
    properties.set("ApiKeyRequired", method.api_key_required());
    properties.set("AuthorizationScopes", list(method.authorization_scopes()));
    properties.set("OperationName", method.operation_name());
    properties.set("RequestValidatorId", method.request_validator_id());
    let parameters = method.request_parameters().filter(|parameters| !parameters.is_empty());
    properties.set("RequestParameters", parameters.map(|parameters| json!(parameters)));
    let models = method.request_models().filter(|models| !models.is_empty());
    properties.set("RequestModels", models.map(|models| json!(models)));
    let mut facts = Object::default();
    facts.set("ResourcePath", path);
    let arn = patch::arn(&aws.place, &format!("/restapis/{api}/resources/{resource}/methods/{verb}"));
    Resource::new(aws.key(&Method, &format!("{api}|{resource}|{verb}")), arn, properties.0, facts.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::testing::{resource, round_trip, shown};

    #[test]
    fn the_calls_lead_from_one_document_to_the_other_and_back() {
        let method = |more: Value| {
            let mut properties = json!({"RestApiId": "a", "ResourceId": "r", "HttpMethod": "GET"});
            let more = more.as_object().unwrap().clone();
            properties.as_object_mut().unwrap().extend(more);
            properties
        };
        let before = method(json!({"AuthorizationType": "NONE", "ApiKeyRequired": false, "OperationName": "get"}));
        let before = resource(&Method, "a|r|GET", before, json!({"ResourcePath": "/pets"}));
        let after = method(json!({
            "AuthorizationType": "COGNITO_USER_POOLS", "AuthorizerId": "z", "ApiKeyRequired": true,
            "AuthorizationScopes": ["pets/read"], "RequestValidatorId": "v",
        }));
        round_trip(&Method, &before, after.clone());
        let after = before.with_properties(after);
        let replace = |path: &str, value: &str| json!({"op": "replace", "path": path, "value": value});
        assert_eq!(
            shown(&Method.calls(Some(&before), Some(&after)).unwrap()),
            json!([["UpdateMethod", {"restApiId": "a", "resourceId": "r", "httpMethod": "GET", "patchOperations": [
                replace("/apiKeyRequired", "true"),
                replace("/authorizationType", "COGNITO_USER_POOLS"),
                replace("/authorizerId", "z"),
                {"op": "replace", "path": "/operationName"},
                replace("/requestValidatorId", "v"),
                {"op": "add", "path": "/authorizationScopes", "value": "pets/read"},
            ]}]])
        );
        assert_eq!(
            Method.warnings(Some(&before), Some(&after)),
            [
                "Callers have to carry what the authorizer asks for; others get 401 or 403.",
                "The change takes effect in a stage with a deployment to it; until then the method answers there as before.",
            ]
        );
        assert_eq!(Method.parent("a|r|GET").as_deref(), Some("a"));
    }
}
