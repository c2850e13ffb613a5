//! `AWS::ApiGateway::RestApi`. Its id is the API's.

use async_trait::async_trait;
use aws_sdk_apigateway::operation::get_rest_api::GetRestApiOutput;
use aws_sdk_apigateway::types;
use serde_json::json;

use super::patch::{self, Patch};
use super::rights;
use super::trails;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::{found, sent, unreadable};
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::fields::{Field, Unset, both, field, only_fields, write};
use crate::cloud::aws::input::Input;
use crate::cloud::aws::object::{Object, list, time};
use crate::cloud::aws::world::edit;
use crate::cloud::aws::{AwsType, document, tags};
use crate::cloud::{CallError, Listing};
use crate::model::{
    Call, Impossible, Locate, Part, Parts, Place, Relation, Resource, ResourceType, Right, Sent, Snapshot, Trail, Write,
};

/// `AWS::ApiGateway::RestApi`.
pub struct RestApi;

/// The paths of UpdateRestApi
/// (<https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateRestApi-Patch>).
const FIELDS: &[Field] = &[
    field("Description", "/description", Unset::EmptyText),
    field("DisableExecuteApiEndpoint", "/disableExecuteApiEndpoint", Unset::Impossible),
    field("Name", "/name", Unset::Impossible),
    field("Policy", "/policy", Unset::EmptyText),
];

/// The policy of an API takes a permission of its own
/// (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html>).
const UPDATE_POLICY: &[Right] =
    &[Right::new("apigateway:UpdateRestApiPolicy", "arn:${partition}:apigateway:${region}::/restapis/*")];

const BOOLEANS: &[&str] = &["/disableExecuteApiEndpoint"];

const WRITES: &[Write] = &[
    Write::update(&["Description", "DisableExecuteApiEndpoint", "Name", "Policy"], &[rights::PATCH_API]),
    Write::update(&["Policy"], UPDATE_POLICY),
    rights::TAGS,
];

impl ResourceType for RestApi {
    fn name(&self) -> &'static str {
        "AWS::ApiGateway::RestApi"
    }

    fn reads(&self) -> &'static [Right] {
        const { &[rights::GET_APIS, Right::new("apigateway:GET", "arn:${partition}:apigateway:${region}::/restapis/*")] }
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
                "Description",
                "Policy",
                "EndpointConfiguration",
                "DisableExecuteApiEndpoint",
                "Tags",
            ],
            facts: &["RestApiId", "CreatedDate", "RootResourceId"],
        }]
    }

    fn relations(&self) -> &'static [Relation] {
        &[
            Relation {
                name: "stages",
                of: "AWS::ApiGateway::Stage",
                many: true,
                locate: |api| Locate::ChildrenOf(api.id.clone()),
                needs: &[],
            },
            Relation {
                name: "domains",
                of: "AWS::ApiGateway::DomainName",
                many: true,
                locate: |api| Locate::Referring(vec![api.id.clone()]),
                needs: &[],
            },
        ]
    }

    fn trails(&self) -> &'static [Trail] {
        trails::REST_API
    }

    fn named(&self, arn: &str) -> Option<String> {
        trails::named_api(arn)
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        let Some((before, after)) = both(before, after)? else { return Ok(vec![]) };
        only_fields(FIELDS, &["Tags"], before, after)?;
        let patch = Patch::of(FIELDS, before, after)?;
        let policy = before.property("/Policy") != after.property("/Policy");
        let also = UPDATE_POLICY.iter().filter(|_| policy).map(|right| right.action);
        let call = patch.call("UpdateRestApi", json!({"restApiId": before.id}));
        let mut calls: Vec<Call> = call.map(|call| call.and_permissions(also)).into_iter().collect();
        calls.extend(patch::tag_calls(before, after)?);
        Ok(calls)
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        let input = Input(call);
        if call.operation != "UpdateRestApi" {
            return patch::tag_effect(self, tags::Shape::Pairs, call, world);
        }
        let key = self.key(place, &input.text("restApiId").unwrap_or_default());
        edit(world, &key, "NotFoundException: Invalid API identifier specified", |properties, _| {
            for operation in patch::operations(&input) {
                let mut value = patch::typed(&operation, BOOLEANS);
                if !FIELDS.iter().any(|field| field.member == operation.path) {
                    return Err(patch::invalid(&operation));
                }
                if operation.path == "/policy"
                    && let Some(text) = operation.value.filter(|text| !text.is_empty())
                {
                    value = document::parse(text).map_err(|_| "BadRequestException: Invalid policy document")?;
                }
                write(FIELDS, &json!({ operation.path: value }), properties);
            }
            Ok(())
        })
    }

    fn warnings(&self, before: Option<&Resource>, after: Option<&Resource>) -> Vec<String> {
        let (Some(before), Some(after)) = (before, after) else { return vec![] };
        let differs = |pointer: &str| before.property(pointer) != after.property(pointer);
        let mut warnings = vec![];
        // All but the settings of stages: https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-deploy-api.html
        if differs("/Policy") {
            warnings.push("The resource policy takes effect in a stage with a deployment to it.".to_owned());
        }
        if differs("/DisableExecuteApiEndpoint") {
            warnings
                .push("The default endpoint is turned on or off with the API's next deployment to a stage.".to_owned());
        }
        warnings
    }
}

#[async_trait]
impl AwsType for RestApi {
    async fn list(&self, aws: &Clients, _within: Option<&str>, _parts: &Parts) -> Listing {
        let mut listing = Listing::default();
        let (apis, error) = patch::apis(aws).await;
        listing.incomplete(aws, self, error);
        for api in apis {
            let id = api.id().unwrap_or_default().to_owned();
            listing.add(aws, self, &id, document_of(aws, api).map(Some));
        }
        listing
    }

    async fn read(&self, aws: &Clients, id: &str, _parts: &Parts) -> Result<Option<Resource>, CallError> {
        let _slot = aws.slot("apigateway").await;
        let api = aws.apigateway.get_rest_api().rest_api_id(id).send().await;
        let api = found(api.map_err(|error| call_error("apigateway", "GetRestApi", error)))?;
        api.map(|api| document_of(aws, listed(api))).transpose()
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        if call.operation != "UpdateRestApi" {
            return patch::send_tags(aws, call).await;
        }
        let input = Input(call);
        let request = aws.apigateway.update_rest_api().set_rest_api_id(input.text("restApiId"));
        sent(call, request.set_patch_operations(patch::sdk(&input)).send().await)
    }
}

/// As a listing has it.
fn listed(api: GetRestApiOutput) -> types::RestApi {
    types::RestApi::builder()
        .set_id(api.id)
        .set_name(api.name)
        .set_description(api.description)
        .set_created_date(api.created_date)
        .set_endpoint_configuration(api.endpoint_configuration)
        .set_policy(api.policy)
        .set_tags(api.tags)
        .disable_execute_api_endpoint(api.disable_execute_api_endpoint)
        .set_root_resource_id(api.root_resource_id)
        .build()
}

fn document_of(aws: &Clients, api: types::RestApi) -> Result<Resource, CallError> {
    let id = api.id.unwrap_or_default();
    let policy = api.policy.filter(|text| !text.is_empty()).map(|text| document::parse(&text)).transpose();
    let wrong =
        |error| unreadable("apigateway", "GetRestApi", format!("the resource policy is no policy document: {error}"));
    let policy = policy.map_err(wrong)?;
    let mut properties = Object::default();
    properties.set("Name", api.name).set("Description", api.description).set("Policy", policy);
    if let Some(configuration) = api.endpoint_configuration {
        let types = list(configuration.types().iter().map(types::EndpointType::as_str));
        let mut endpoint = Object::default();
        endpoint.set("Types", types).set("VpcEndpointIds", list(configuration.vpc_endpoint_ids()));
        properties.set("EndpointConfiguration", endpoint.non_empty());
    }
    properties.set("DisableExecuteApiEndpoint", Some(api.disable_execute_api_endpoint));
    properties.set("Tags", tags::property(api.tags.unwrap_or_default(), tags::Shape::Pairs));
    let mut facts = Object::default();
    facts.set("RestApiId", Some(id.as_str())).set("CreatedDate", time(api.created_date.as_ref()));
    facts.set("RootResourceId", api.root_resource_id);
    let arn = patch::arn(&aws.place, &format!("/restapis/{id}"));
    Ok(Resource::new(aws.key(&RestApi, &id), arn, properties.0, facts.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::testing::{resource, round_trip, shown};

    #[test]
    fn the_calls_lead_from_one_document_to_the_other_and_back() {
        let policy = json!({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}]});
        let before = resource(
            &RestApi,
            "a1",
            json!({"Name": "pets", "DisableExecuteApiEndpoint": false, "Policy": policy, "Tags": [{"Key": "a", "Value": "b"}]}),
            json!({}),
        );
        let after = json!({"Name": "animals", "DisableExecuteApiEndpoint": true, "Description": "all"});
        round_trip(&RestApi, &before, after.clone());
        let after = before.with_properties(after);
        let replace = |path: &str, value: &str| json!({"op": "replace", "path": path, "value": value});
        assert_eq!(
            shown(&RestApi.calls(Some(&before), Some(&after)).unwrap()),
            json!([
                ["UpdateRestApi", {"restApiId": "a1", "patchOperations": [
                    replace("/description", "all"),
                    replace("/disableExecuteApiEndpoint", "true"),
                    replace("/name", "animals"),
                    replace("/policy", ""),
                ]}],
                ["UntagResource", {"resourceArn": "arn:a1", "tagKeys": ["a"]}],
            ])
        );
        assert_eq!(RestApi.warnings(Some(&before), Some(&after)).len(), 2);
        let permissions = |after| RestApi.calls(Some(&before), Some(after)).unwrap()[0].permissions.join(" ");
        assert_eq!(permissions(&after), "apigateway:PATCH apigateway:UpdateRestApiPolicy");
        let kept = {
            let mut properties = before.properties.clone();
            properties["Name"] = "animals".into();
            before.with_properties(properties)
        };
        assert_eq!(permissions(&kept), "apigateway:PATCH");
        let moved = before.with_properties(json!({"Name": "pets", "EndpointConfiguration": {"Types": ["PRIVATE"]}}));
        assert!(RestApi.calls(Some(&before), Some(&moved)).is_err());
    }
}
