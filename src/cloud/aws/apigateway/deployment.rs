//! `AWS::ApiGateway::Deployment`: an API as it was at one moment, which stages serve. Its id is `DEPLOYMENTID|RESTAPIID`.

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_apigateway::types;
use futures::future::join_all;
use serde_json::{Value, json};

use super::patch::{self, Patch};
use super::rights;
use super::stage::Stage;
use super::trails;
use super::undeployed::Methods;
use crate::cloud::aws::AwsType;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::{found, sent};
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::fields::{Field, Unset, field, only, write};
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::{Partial, children, items};
use crate::cloud::aws::object::{Object, time};
use crate::cloud::aws::world::{edit, made_hex};
use crate::cloud::{CallError, CallErrorKind, Listing};
use crate::model::{
    Call, Impossible, Part, Parts, Place, Relation, Resource, ResourceType, Right, Sent, Snapshot, Trail, Write,
};

/// `AWS::ApiGateway::Deployment`.
pub struct Deployment;

const SUMMARY: &str = "summary";

/// The paths of UpdateDeployment
/// (<https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateDeployment-Patch>).
const FIELDS: &[Field] = &[field("Description", "/description", Unset::EmptyText)];

const WRITES: &[Write] = &[
    Write::create(&[Right::new("apigateway:POST", "arn:${partition}:apigateway:${region}::/restapis/*/deployments")]),
    Write::update(
        &["Description"],
        &[Right::new("apigateway:PATCH", "arn:${partition}:apigateway:${region}::/restapis/*/deployments/*")],
    ),
    Write::delete(&[Right::new(
        "apigateway:DELETE",
        "arn:${partition}:apigateway:${region}::/restapis/*/deployments/*",
    )]),
];

impl ResourceType for Deployment {
    fn name(&self) -> &'static str {
        "AWS::ApiGateway::Deployment"
    }

    fn reads(&self) -> &'static [Right] {
        const {
            &[
                rights::GET_APIS,
                Right::new("apigateway:GET", "arn:${partition}:apigateway:${region}::/restapis/*/deployments"),
                rights::GET_DEPLOYMENT,
            ]
        }
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    /// An API may have hundreds, and of each the summary is a call of its own.
    fn parts(&self) -> &'static [Part] {
        &[
            Part { name: "deployments", permissions: &[], properties: &["Description"], facts: &["CreatedDate"] },
            Part { name: SUMMARY, permissions: &[], properties: &[], facts: &["ApiSummary"] },
        ]
    }

    fn belongs_to(&self) -> Option<&'static str> {
        Some("api")
    }

    fn relations(&self) -> &'static [Relation] {
        &[patch::API]
    }

    fn parent(&self, id: &str) -> Option<String> {
        id.split_once('|').map(|(_, api)| api.to_owned())
    }

    fn trails(&self) -> &'static [Trail] {
        trails::DEPLOYMENT
    }

    fn named(&self, arn: &str) -> Option<String> {
        trails::named_deployment(arn)
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        let call = |operation, verb: &str, input| Call::with_permission("apigateway", operation, input, verb);
        let one = |deployment: &Resource| {
            let (id, api) = deployment.id.split_once('|').unwrap_or_default();
            json!({"restApiId": api, "deploymentId": id})
        };
        Ok(match (before, after) {
            (None, None) => vec![],
            (None, Some(after)) => {
                let mut input = Object::default();
                input.set("restApiId", after.text("/RestApiId")).set("description", after.text("/Description"));
                vec![call("CreateDeployment", "apigateway:POST", Value::Object(input.0))]
            }
            (Some(before), None) => vec![call("DeleteDeployment", "apigateway:DELETE", one(before))],
            (Some(before), Some(after)) => {
                only(&["Description"], before, after)?;
                Patch::of(FIELDS, before, after)?.call("UpdateDeployment", one(before)).into_iter().collect()
            }
        })
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        let input = Input(call);
        let text = |name| input.text(name).unwrap_or_default();
        let (api, deployment) = (text("restApiId"), text("deploymentId"));
        let key = self.key(place, &format!("{deployment}|{api}"));
        let missing = "NotFoundException: Invalid Deployment identifier specified";
        match call.operation.as_str() {
            "CreateDeployment" => {
                let methods = Methods::of_world(world, place, &api);
                if methods.is_empty() {
                    return Err("BadRequestException: The REST API doesn't contain any methods".to_owned());
                }
                let id = free_id(world, place, &api);
                let made = document(place, &api, &id, input.text("description").as_deref(), None, Some(&methods));
                let sent = Sent { id: Some(made.id.clone()), arn: Some(made.arn.clone()), request_id: None };
                world.insert(made);
                Ok(sent)
            }
            "UpdateDeployment" => edit(world, &key, missing, |properties, _| {
                for operation in patch::operations(&input) {
                    write(FIELDS, &json!({ operation.path: operation.value }), properties);
                }
                Ok(())
            }),
            "DeleteDeployment" => {
                let serves = |stage: &Resource| {
                    (stage.text("/RestApiId"), stage.text("/DeploymentId")) == (Some(&*api), Some(&*deployment))
                };
                let served = world.of_type(Stage.name()).any(|stage| stage.region == place.region && serves(stage));
                if served {
                    return Err(
                        "BadRequestException: Active stages pointing to this deployment must be moved or deleted"
                            .into(),
                    );
                }
                world.remove(&key).map(|_| Sent::default()).ok_or_else(|| missing.to_owned())
            }
            _ => Err(input.unknown().to_string()),
        }
    }

    fn warnings(&self, before: Option<&Resource>, _after: Option<&Resource>) -> Vec<String> {
        // https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-deploy-api.html
        let untold = "A deployment publishes the API as it is. Whether its integrations, models, validators, responses or resource policy have changed since the last one, API Gateway does not tell: whoever approves this has to know.";
        if before.is_none() { vec![untold.to_owned()] } else { vec![] }
    }
}

#[async_trait]
impl AwsType for Deployment {
    async fn list(&self, aws: &Clients, within: Option<&str>, parts: &Parts) -> Listing {
        children(aws, self, patch::api_ids(aws, within).await, |api| async move {
            let (found, error) = deployments(aws, &api).await;
            let mut listing = Listing::default();
            let error = error.filter(|error| error.kind != CallErrorKind::NotFound);
            listing.miss(aws, self, &format!("|{api}"), error);
            let reads = found.iter().map(|deployment| async {
                let id = deployment.id().unwrap_or_default();
                let methods = if parts.wants(SUMMARY) { summary(aws, &api, id).await? } else { None };
                Ok(document_of(aws, &api, deployment, methods.as_ref()))
            });
            for (deployment, read) in found.iter().zip(join_all(reads).await) {
                let id = format!("{}|{api}", deployment.id().unwrap_or_default());
                listing.add(aws, self, &id, read.map(Some));
            }
            listing
        })
        .await
    }

    async fn read(&self, aws: &Clients, id: &str, parts: &Parts) -> Result<Option<Resource>, CallError> {
        let Some((deployment, api)) = id.split_once('|') else { return Ok(None) };
        let Some(read) = embedded(aws, api, deployment).await? else { return Ok(None) };
        let methods = methods_of(&read).filter(|_| parts.wants(SUMMARY));
        Ok(Some(document_of(aws, api, &read, methods.as_ref())))
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let (client, input) = (&aws.apigateway, Input(call));
        let (api, id) = (input.text("restApiId"), input.text("deploymentId"));
        match call.operation.as_str() {
            "CreateDeployment" => {
                let request = client.create_deployment().set_rest_api_id(api.clone());
                let answer = request.set_description(input.text("description")).send().await;
                let made = answer.as_ref().ok().and_then(|made| Some((made.id()?.to_owned(), api?)));
                let sent = sent(call, answer)?;
                let arn = made.as_ref().map(|(id, api)| arn(&aws.place, api, id));
                Ok(Sent { id: made.map(|(id, api)| format!("{id}|{api}")), arn, ..sent })
            }
            "UpdateDeployment" => {
                let request = client.update_deployment().set_rest_api_id(api).set_deployment_id(id);
                sent(call, request.set_patch_operations(patch::sdk(&input)).send().await)
            }
            "DeleteDeployment" => {
                sent(call, client.delete_deployment().set_rest_api_id(api).set_deployment_id(id).send().await)
            }
            _ => Err(input.unknown()),
        }
    }
}

/// The deployments of an API.
async fn deployments(aws: &Clients, api: &str) -> Partial<types::Deployment> {
    let _slot = aws.slot("apigateway").await;
    // 500 is the most that a page can hold.
    let request = aws.apigateway.get_deployments().rest_api_id(api).limit(500);
    items("apigateway", "GetDeployments", request.into_paginator().stop_on_duplicate_token(false).items().send()).await
}

/// The methods that a deployment has; none where the service does not tell.
pub async fn summary(aws: &Clients, api: &str, deployment: &str) -> Result<Option<Methods>, CallError> {
    Ok(embedded(aws, api, deployment).await?.and_then(|deployment| methods_of(&deployment)))
}

async fn embedded(aws: &Clients, api: &str, deployment: &str) -> Result<Option<types::Deployment>, CallError> {
    let _slot = aws.slot("apigateway").await;
    let request = aws.apigateway.get_deployment().rest_api_id(api).deployment_id(deployment).embed("apisummary");
    let read = found(request.send().await.map_err(|error| call_error("apigateway", "GetDeployment", error)))?;
    Ok(read.map(|read| {
        types::Deployment::builder()
            .set_id(read.id)
            .set_description(read.description)
            .set_created_date(read.created_date)
            .set_api_summary(read.api_summary)
            .build()
    }))
}

fn methods_of(deployment: &types::Deployment) -> Option<Methods> {
    let summary: &HashMap<String, HashMap<String, types::MethodSnapshot>> = deployment.api_summary()?;
    let mut methods = Methods::default();
    for (path, verbs) in summary {
        for (verb, method) in verbs {
            let mut known = Object::default();
            known.set("ApiKeyRequired", Some(method.api_key_required()));
            known.set("AuthorizationType", method.authorization_type());
            methods.add(path, verb, known.0);
        }
    }
    Some(methods)
}

/// An id that no deployment of the API has, the same whenever the world is.
fn free_id(world: &Snapshot, place: &Place, api: &str) -> String {
    let id = |n: usize| made_hex(&["deployment", api, &n.to_string()]).chars().take(6).collect::<String>();
    let free = |id: &String| world.get(&Deployment.key(place, &format!("{id}|{api}"))).is_none();
    (0..).map(id).find(free).unwrap_or_default()
}

fn arn(place: &Place, api: &str, id: &str) -> String {
    patch::arn(place, &format!("/restapis/{api}/deployments/{id}"))
}

fn document_of(aws: &Clients, api: &str, deployment: &types::Deployment, methods: Option<&Methods>) -> Resource {
    let (id, created) = (deployment.id().unwrap_or_default(), time(deployment.created_date()));
    document(&aws.place, api, id, deployment.description(), created, methods)
}

fn document(
    place: &Place,
    api: &str,
    id: &str,
    description: Option<&str>,
    created: Option<String>,
    methods: Option<&Methods>,
) -> Resource {
    let mut properties = Object::default();
    properties.set("RestApiId", Some(api)).set("Description", description);
    let mut facts = Object::default();
    facts.set("CreatedDate", created).set("ApiSummary", methods.map(Methods::summary));
    Resource::new(Deployment.key(place, &format!("{id}|{api}")), arn(place, api, id), properties.0, facts.0)
}

#[cfg(test)]
mod tests {
    use super::super::Method;
    use super::*;
    use crate::cloud::aws::testing::{place, resource, run, shown, world};

    #[test]
    fn a_deployment_is_made_described_and_deleted() {
        let new = document(&place(), "a1", "?", Some("Made today."), None, None);
        let method = json!({"RestApiId": "a1", "ResourceId": "r", "HttpMethod": "GET", "AuthorizationType": "NONE"});
        let method = resource(&Method, "a1|r|GET", method, json!({"ResourcePath": "/"}));
        let mut world = world([method]);
        let create = Deployment.calls(None, Some(&new)).unwrap();
        assert_eq!(shown(&create), json!([["CreateDeployment", {"restApiId": "a1", "description": "Made today."}]]));
        let made = run(&Deployment, &create, None, &mut world).unwrap().unwrap();
        assert_eq!(made.properties, new.properties);
        assert_eq!(made.facts, json!({"ApiSummary": {"/": {"GET": {"AuthorizationType": "NONE"}}}}));
        assert_eq!(Deployment.parent(&made.id).as_deref(), Some("a1"));
        assert_eq!(Deployment.named(&made.arn), Some(made.id.clone()));

        let plain = made.with_properties(json!({"RestApiId": "a1"}));
        let calls = Deployment.calls(Some(&made), Some(&plain)).unwrap();
        assert_eq!(run(&Deployment, &calls, Some(&made.key()), &mut world), Ok(Some(plain.clone())));
        let delete = Deployment.calls(Some(&plain), None).unwrap();
        let (id, _) = made.id.split_once('|').unwrap();
        let stage = json!({"RestApiId": "a1", "StageName": "prod", "DeploymentId": id});
        world.insert(resource(&Stage, "a1|prod", stage, json!({})));
        assert!(run(&Deployment, &delete, Some(&made.key()), &mut world).unwrap_err().contains("Active stages"));
        world.remove(&Stage.key(&place(), "a1|prod"));
        assert_eq!(run(&Deployment, &delete, Some(&made.key()), &mut world), Ok(None));
        assert!(run(&Deployment, &delete, Some(&made.key()), &mut world).unwrap_err().starts_with("NotFound"));
    }

    #[test]
    fn an_api_without_methods_is_not_deployed() {
        let new = document(&place(), "a1", "?", None, None, None);
        let create = Deployment.calls(None, Some(&new)).unwrap();
        assert!(run(&Deployment, &create, None, &mut world([])).unwrap_err().contains("any methods"));
    }
}
