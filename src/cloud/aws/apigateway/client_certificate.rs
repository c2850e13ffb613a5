//! `AWS::ApiGateway::ClientCertificate`: a certificate that API Gateway shows to the HTTP backends of the stages that name it.
//! Its id is made by API Gateway, and its private key never leaves there.

use async_trait::async_trait;
use aws_sdk_apigateway::operation::get_client_certificate::GetClientCertificateOutput;
use aws_sdk_apigateway::types;
use serde_json::{Map, Value, json};

use super::Stage;
use super::patch::{self, Patch};
use super::rights;
use super::trails;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::{found, sent};
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::fields::{Field, Unset, field, only};
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::items;
use crate::cloud::aws::object::{Object, time};
use crate::cloud::aws::world::{edit, made_hex};
use crate::cloud::aws::{AwsType, tags};
use crate::cloud::{CallError, Listing};
use crate::model::{Call, Impossible, Part, Parts, Place, Resource, ResourceType, Right, Sent, Snapshot, Trail, Write};

/// `AWS::ApiGateway::ClientCertificate`.
pub struct ClientCertificate;

const ALL: &str = "arn:${partition}:apigateway:${region}::/clientcertificates";
const ONE: &str = "arn:${partition}:apigateway:${region}::/clientcertificates/*";

const FIELDS: &[Field] = &[field("Description", "/description", Unset::EmptyText)];

const WRITES: &[Write] = &[
    Write::create(&[Right::new("apigateway:POST", ALL)]),
    Write::create_with(&["Tags"], &[Right::new("apigateway:PUT", rights::ALL_TAGS)]),
    Write::update(&["Description"], &[Right::new("apigateway:PATCH", ONE)]),
    Write::update(
        &["Tags"],
        &[
            Right::new("apigateway:PUT", rights::ALL_TAGS),
            Right::new("apigateway:DELETE", rights::ALL_TAGS),
            Right::new("apigateway:PATCH", ONE),
        ],
    ),
    Write::delete(&[Right::new("apigateway:DELETE", ONE)]),
];

const MISSING: &str = "NotFoundException: Invalid Client Certificate Id specified";

impl ResourceType for ClientCertificate {
    fn name(&self) -> &'static str {
        "AWS::ApiGateway::ClientCertificate"
    }

    fn reads(&self) -> &'static [Right] {
        const { &[Right::new("apigateway:GET", ALL), Right::new("apigateway:GET", ONE)] }
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    fn parts(&self) -> &'static [Part] {
        &[Part {
            name: "certificates",
            permissions: &[],
            properties: &["Description", "Tags"],
            facts: &["CreatedDate", "ExpirationDate"],
        }]
    }

    fn trails(&self) -> &'static [Trail] {
        trails::CLIENT_CERTIFICATE
    }

    fn named(&self, arn: &str) -> Option<String> {
        trails::named_certificate(arn)
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        match (before, after) {
            (None, None) => Ok(vec![]),
            (None, Some(after)) => {
                let tags = tags::of(after);
                let tagged = (!tags.is_empty()).then_some("apigateway:PUT");
                let mut input = Object::default();
                input.set("description", after.text("/Description")).set("tags", tagged.map(|_| json!(tags)));
                let input = Value::Object(input.0);
                let call = Call::with_permission("apigateway", "GenerateClientCertificate", input, "apigateway:POST");
                Ok(vec![call.and_permissions(tagged)])
            }
            (Some(before), None) => {
                let input = json!({"clientCertificateId": before.id});
                let delete = Call::with_permission("apigateway", "DeleteClientCertificate", input, "apigateway:DELETE");
                Ok(vec![delete])
            }
            (Some(before), Some(after)) => {
                only(&["Description", "Tags"], before, after)?;
                let input = json!({"clientCertificateId": before.id});
                let update = Patch::of(FIELDS, before, after)?.call("UpdateClientCertificate", input);
                let mut calls: Vec<Call> = update.into_iter().collect();
                calls.extend(patch::tag_calls(before, after)?);
                Ok(calls)
            }
        }
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        let input = Input(call);
        let key = self.key(place, &input.text("clientCertificateId").unwrap_or_default());
        match call.operation.as_str() {
            "GenerateClientCertificate" => {
                let count = world.of_type(self.name()).count().to_string();
                let id: String = made_hex(&[&place.region, &call.input.to_string(), &count]).chars().take(6).collect();
                let mut properties = Object::default();
                properties.set("Description", input.text("description"));
                tags::write(&mut properties.0, tags::Shape::Pairs, tags::map(input.value("tags")), &[]);
                let arn = arn(place, &id);
                world.insert(Resource::new(self.key(place, &id), arn.clone(), properties.0, Map::new()));
                Ok(Sent { id: Some(id), arn: Some(arn), request_id: None })
            }
            "UpdateClientCertificate" => {
                edit(world, &key, MISSING, |properties, _| patch::write(FIELDS, &input, properties))
            }
            "DeleteClientCertificate" => {
                world.get(&key).ok_or(MISSING)?;
                let uses = |stage: &Resource| {
                    stage.region == place.region && stage.text("/ClientCertificateId") == Some(key.id.as_str())
                };
                if world.of_type(Stage.name()).any(|stage| uses(stage)) {
                    return Err("BadRequestException: a stage uses the client certificate".to_owned());
                }
                world.remove(&key);
                Ok(Sent::default())
            }
            _ => patch::tag_effect(self, tags::Shape::Pairs, call, world),
        }
    }

    fn warnings(&self, before: Option<&Resource>, after: Option<&Resource>) -> Vec<String> {
        match (before, after) {
            // https://docs.aws.amazon.com/apigateway/latest/developerguide/getting-started-client-side-ssl-authentication.html
            (None, Some(_)) => vec![
                "A client certificate of API Gateway's is valid for a year: give the stage another one before.".into(),
            ],
            _ => vec![],
        }
    }
}

#[async_trait]
impl AwsType for ClientCertificate {
    async fn list(&self, aws: &Clients, _within: Option<&str>, _parts: &Parts) -> Listing {
        let _slot = aws.slot("apigateway").await;
        let mut listing = Listing::default();
        let pages =
            aws.apigateway.get_client_certificates().into_paginator().stop_on_duplicate_token(false).items().send();
        let (certificates, error) = items("apigateway", "GetClientCertificates", pages).await;
        listing.incomplete(aws, self, error);
        listing.resources.extend(certificates.iter().map(|certificate| document(aws, certificate)));
        listing
    }

    async fn read(&self, aws: &Clients, id: &str, _parts: &Parts) -> Result<Option<Resource>, CallError> {
        let _slot = aws.slot("apigateway").await;
        let answer = aws.apigateway.get_client_certificate().client_certificate_id(id).send().await;
        let answer = found(answer.map_err(|error| call_error("apigateway", "GetClientCertificate", error)))?;
        Ok(answer.map(|certificate| document(aws, &listed(certificate))))
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let (client, input) = (&aws.apigateway, Input(call));
        let id = input.text("clientCertificateId");
        match call.operation.as_str() {
            "GenerateClientCertificate" => {
                let tags = input.value("tags").map(|tags| tags::map(Some(tags)).into_iter().collect());
                let request = client.generate_client_certificate().set_description(input.text("description"));
                let answer = request.set_tags(tags).send().await;
                let id = answer.as_ref().ok().and_then(|output| output.client_certificate_id().map(str::to_owned));
                let arn = id.as_ref().map(|id| arn(&aws.place, id));
                Ok(Sent { id, arn, ..sent(call, answer)? })
            }
            "UpdateClientCertificate" => {
                let request = client.update_client_certificate().set_client_certificate_id(id);
                sent(call, request.set_patch_operations(patch::sdk(&input)).send().await)
            }
            "DeleteClientCertificate" => {
                sent(call, client.delete_client_certificate().set_client_certificate_id(id).send().await)
            }
            _ => patch::send_tags(aws, call).await,
        }
    }
}

fn arn(place: &Place, id: &str) -> String {
    patch::arn(place, &format!("/clientcertificates/{id}"))
}

/// As a listing has it.
fn listed(certificate: GetClientCertificateOutput) -> types::ClientCertificate {
    types::ClientCertificate::builder()
        .set_client_certificate_id(certificate.client_certificate_id)
        .set_description(certificate.description)
        .set_created_date(certificate.created_date)
        .set_expiration_date(certificate.expiration_date)
        .set_tags(certificate.tags)
        .build()
}

fn document(aws: &Clients, certificate: &types::ClientCertificate) -> Resource {
    let id = certificate.client_certificate_id().unwrap_or_default();
    let mut properties = Object::default();
    properties.set("Description", certificate.description());
    properties.set("Tags", tags::property(certificate.tags().into_iter().flatten(), tags::Shape::Pairs));
    let mut facts = Object::default();
    facts.set("CreatedDate", time(certificate.created_date()));
    facts.set("ExpirationDate", time(certificate.expiration_date()));
    Resource::new(aws.key(&ClientCertificate, id), arn(&aws.place, id), properties.0, facts.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::testing::{resource, round_trip, run, shown, world};

    #[test]
    fn a_certificate_is_made_changed_and_deleted() {
        let new = resource(&ClientCertificate, "new", json!({"Description": "shop"}), json!({}));
        let mut world = world([]);
        let create = ClientCertificate.calls(None, Some(&new)).unwrap();
        assert_eq!(shown(&create), json!([["GenerateClientCertificate", {"description": "shop"}]]));
        assert_eq!(create[0].permissions, ["apigateway:POST"]);
        let made = run(&ClientCertificate, &create, None, &mut world).unwrap().unwrap();
        assert_eq!(made.properties, new.properties);
        round_trip(&ClientCertificate, &made, json!({"Tags": [{"Key": "team", "Value": "pay"}]}));

        let delete = ClientCertificate.calls(Some(&made), None).unwrap();
        let stage = resource(&Stage, "a1|prod", json!({"ClientCertificateId": made.id}), json!({}));
        world.insert(stage.clone());
        assert!(run(&ClientCertificate, &delete, Some(&made.key()), &mut world).unwrap_err().contains("a stage uses"));
        world.remove(&stage.key());
        assert_eq!(run(&ClientCertificate, &delete, Some(&made.key()), &mut world), Ok(None));
        assert_eq!(run(&ClientCertificate, &delete, Some(&made.key()), &mut world), Err(MISSING.to_owned()));
        assert_eq!(ClientCertificate.warnings(None, Some(&new)).len(), 1);
    }
}
