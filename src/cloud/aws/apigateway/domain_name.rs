//! `AWS::ApiGateway::DomainName`, a custom domain name for public APIs. Its id is the name.
//!
//! Names of private APIs are `AWS::ApiGateway::DomainNameV2`, and not here.

use async_trait::async_trait;
use aws_sdk_apigateway::operation::get_domain_name::GetDomainNameOutput;
use aws_sdk_apigateway::types;
use futures::future::join_all;
use serde_json::{Value, json};

use super::patch::{self, Patch};
use super::rights;
use super::trails;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::{found, sent};
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::fields::{Field, Unset, both, field, only};
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::{all, items};
use crate::cloud::aws::object::{Object, list};
use crate::cloud::aws::world::edit;
use crate::cloud::aws::{AwsType, tags};
use crate::cloud::{CallError, Listing};
use crate::model::{Call, Impossible, Part, Parts, Place, Resource, ResourceType, Right, Sent, Snapshot, Trail, Write};

/// `AWS::ApiGateway::DomainName`.
pub struct DomainName;

const DOMAINS: &str = "domains";
const MAPPINGS: &str = "mappings";

/// The paths of UpdateDomainName
/// (<https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateDomainName-Patch>). An access mode is
/// unset by an empty one, as an older security policy needs it
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies-update.html>).
const FIELDS: &[Field] = &[
    field("EndpointAccessMode", "/endpointAccessMode", Unset::EmptyText),
    field("SecurityPolicy", "/securityPolicy", Unset::Impossible),
];

const WRITES: &[Write] = &[
    Write::update(
        &["EndpointAccessMode", "SecurityPolicy"],
        &[Right::new("apigateway:PATCH", "arn:${partition}:apigateway:${region}::/domainnames/*")],
    ),
    Write::update(
        &["Tags"],
        &[
            Right::new("apigateway:PUT", rights::ALL_TAGS),
            Right::new("apigateway:DELETE", rights::ALL_TAGS),
            Right::new("apigateway:PATCH", "arn:${partition}:apigateway:${region}::/domainnames/*"),
        ],
    ),
];

impl ResourceType for DomainName {
    fn name(&self) -> &'static str {
        "AWS::ApiGateway::DomainName"
    }

    fn reads(&self) -> &'static [Right] {
        const {
            &[
                Right::new("apigateway:GET", "arn:${partition}:apigateway:${region}::/domainnames"),
                Right::new("apigateway:GET", "arn:${partition}:apigateway:${region}::/domainnames/*"),
            ]
        }
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    fn parts(&self) -> &'static [Part] {
        const {
            &[
                Part {
                    name: DOMAINS,
                    permissions: &[],
                    properties: &[
                        "DomainName",
                        "CertificateArn",
                        "RegionalCertificateArn",
                        "EndpointConfiguration",
                        "SecurityPolicy",
                        "EndpointAccessMode",
                        "MutualTlsAuthentication",
                        "OwnershipVerificationCertificateArn",
                        "RoutingMode",
                        "Tags",
                    ],
                    facts: &[],
                },
                Part {
                    name: MAPPINGS,
                    permissions: &[Right::new(
                        "apigateway:GET",
                        "arn:${partition}:apigateway:${region}::/domainnames/*/basepathmappings",
                    )],
                    properties: &[],
                    facts: &["BasePathMappings"],
                },
            ]
        }
    }

    /// The APIs that it leads to, as far as its mappings were read.
    fn refers(&self, resource: &Resource) -> Vec<String> {
        let mappings = resource.fact("/BasePathMappings").and_then(Value::as_array).into_iter().flatten();
        mappings.filter_map(|mapping| mapping.get("RestApiId")?.as_str().map(str::to_owned)).collect()
    }

    fn trails(&self) -> &'static [Trail] {
        trails::DOMAIN_NAME
    }

    fn named(&self, arn: &str) -> Option<String> {
        trails::named_domain(arn)
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        let Some((before, after)) = both(before, after)? else { return Ok(vec![]) };
        only(&["EndpointAccessMode", "SecurityPolicy", "Tags"], before, after)?;
        if before.properties != after.properties {
            accepted(after)?;
        }
        let input = json!({"domainName": before.id});
        let update = Patch::of(FIELDS, before, after)?.call("UpdateDomainName", input);
        let mut calls: Vec<Call> = update.into_iter().collect();
        calls.extend(patch::tag_calls(before, after)?);
        Ok(calls)
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        let input = Input(call);
        if call.operation != "UpdateDomainName" {
            return patch::tag_effect(self, tags::Shape::Pairs, call, world);
        }
        let key = self.key(place, &input.text("domainName").unwrap_or_default());
        let missing = "NotFoundException: Invalid domain name identifier specified";
        edit(world, &key, missing, |properties, _| patch::write(FIELDS, &input, properties))
    }

    fn warnings(&self, before: Option<&Resource>, after: Option<&Resource>) -> Vec<String> {
        let (Some(before), Some(after)) = (before, after) else { return vec![] };
        if before.property("/SecurityPolicy") == after.property("/SecurityPolicy") {
            return vec![];
        }
        vec!["Callers that speak none of the new policy's TLS versions and ciphers can no longer connect.".to_owned()]
    }
}

/// What API Gateway does not accept of a domain name
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-custom-domain-tls-version.html>).
fn accepted(domain: &Resource) -> Result<(), Impossible> {
    let enhanced = domain.text("/SecurityPolicy").is_some_and(|policy| policy.starts_with("SecurityPolicy_"));
    if enhanced && domain.property("/EndpointAccessMode").is_none() {
        return Err(Impossible("a security policy of this kind needs an EndpointAccessMode".to_owned()));
    }
    if enhanced && domain.property("/MutualTlsAuthentication").is_some() {
        return Err(Impossible("a domain name with mutual TLS cannot have a security policy of this kind".to_owned()));
    }
    Ok(())
}

#[async_trait]
impl AwsType for DomainName {
    async fn list(&self, aws: &Clients, _within: Option<&str>, parts: &Parts) -> Listing {
        let mut listing = Listing::default();
        let (domains, error) = {
            let _slot = aws.slot("apigateway").await;
            items(
                "apigateway",
                "GetDomainNames",
                aws.apigateway.get_domain_names().into_paginator().stop_on_duplicate_token(false).items().send(),
            )
            .await
        };
        listing.incomplete(aws, self, error);
        let domains: Vec<types::DomainName> = domains.into_iter().filter(is_public).collect();
        let read = join_all(domains.iter().map(|domain| document(aws, domain, parts))).await;
        for (domain, read) in domains.iter().zip(read) {
            listing.add(aws, self, domain.domain_name().unwrap_or_default(), found(read));
        }
        listing
    }

    async fn read(&self, aws: &Clients, id: &str, parts: &Parts) -> Result<Option<Resource>, CallError> {
        let domain = {
            let _slot = aws.slot("apigateway").await;
            let domain = aws.apigateway.get_domain_name().domain_name(id).send().await;
            found(domain.map_err(|error| call_error("apigateway", "GetDomainName", error)))?
        };
        match domain.map(listed).filter(is_public) {
            Some(domain) => found(document(aws, &domain, parts).await),
            None => Ok(None),
        }
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        if call.operation != "UpdateDomainName" {
            return patch::send_tags(aws, call).await;
        }
        let input = Input(call);
        let request = aws.apigateway.update_domain_name().set_domain_name(input.text("domainName"));
        sent(call, request.set_patch_operations(patch::sdk(&input)).send().await)
    }
}

fn is_public(domain: &types::DomainName) -> bool {
    let types = domain.endpoint_configuration().map(|configuration| configuration.types()).unwrap_or_default();
    !types.contains(&types::EndpointType::Private)
}

/// As a listing has it.
fn listed(domain: GetDomainNameOutput) -> types::DomainName {
    types::DomainName::builder()
        .set_domain_name(domain.domain_name)
        .set_certificate_arn(domain.certificate_arn)
        .set_regional_certificate_arn(domain.regional_certificate_arn)
        .set_endpoint_configuration(domain.endpoint_configuration)
        .set_security_policy(domain.security_policy)
        .set_endpoint_access_mode(domain.endpoint_access_mode)
        .set_mutual_tls_authentication(domain.mutual_tls_authentication)
        .set_ownership_verification_certificate_arn(domain.ownership_verification_certificate_arn)
        .set_routing_mode(domain.routing_mode)
        .set_tags(domain.tags)
        .build()
}

async fn document(aws: &Clients, domain: &types::DomainName, parts: &Parts) -> Result<Resource, CallError> {
    let name = domain.domain_name().unwrap_or_default();
    let mut properties = Object::default();
    properties.set("DomainName", Some(name)).set("CertificateArn", domain.certificate_arn());
    properties.set("RegionalCertificateArn", domain.regional_certificate_arn());
    if let Some(configuration) = domain.endpoint_configuration() {
        let mut endpoint = Object::default();
        endpoint.set("Types", list(configuration.types().iter().map(types::EndpointType::as_str)));
        endpoint.set("IpAddressType", configuration.ip_address_type().map(types::IpAddressType::as_str));
        properties.set("EndpointConfiguration", endpoint.non_empty());
    }
    properties.set("SecurityPolicy", domain.security_policy().map(types::SecurityPolicy::as_str));
    properties.set("EndpointAccessMode", domain.endpoint_access_mode().map(types::EndpointAccessMode::as_str));
    if let Some(mutual) = domain.mutual_tls_authentication() {
        let mut mutual_tls = Object::default();
        mutual_tls.set("TruststoreUri", mutual.truststore_uri());
        mutual_tls.set("TruststoreVersion", mutual.truststore_version());
        properties.set("MutualTlsAuthentication", mutual_tls.non_empty());
    }
    properties.set("OwnershipVerificationCertificateArn", domain.ownership_verification_certificate_arn());
    properties.set("RoutingMode", domain.routing_mode().map(types::RoutingMode::as_str));
    properties.set("Tags", tags::property(domain.tags().into_iter().flatten(), tags::Shape::Pairs));
    let mut facts = Object::default();
    if parts.wants(MAPPINGS) {
        facts.set("BasePathMappings", Some(mappings(aws, name).await?));
    }
    let arn = patch::arn(&aws.place, &format!("/domainnames/{name}"));
    Ok(Resource::new(aws.key(&DomainName, name), arn, properties.0, facts.0))
}

/// The paths below a domain name and the APIs that they lead to.
async fn mappings(aws: &Clients, name: &str) -> Result<Value, CallError> {
    let _slot = aws.slot("apigateway").await;
    let pages = aws
        .apigateway
        .get_base_path_mappings()
        .domain_name(name)
        .into_paginator()
        .stop_on_duplicate_token(false)
        .items()
        .send();
    let mappings = all("apigateway", "GetBasePathMappings", pages).await?;
    let fact = |mapping: &types::BasePathMapping| {
        let mut fact = Object::default();
        fact.set("BasePath", mapping.base_path()).set("RestApiId", mapping.rest_api_id());
        fact.set("Stage", mapping.stage());
        Value::Object(fact.0)
    };
    Ok(mappings.iter().map(fact).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::testing::{place, resource, round_trip, shown, world};

    fn domain(more: Value) -> Resource {
        let mut properties = json!({
            "DomainName": "api.example.com", "RegionalCertificateArn": "arn:aws:acm:eu-west-1:111122223333:certificate/c1",
            "EndpointConfiguration": {"Types": ["REGIONAL"]}, "SecurityPolicy": "TLS_1_0",
        });
        let more = more.as_object().unwrap().clone();
        properties.as_object_mut().unwrap().extend(more);
        let facts = json!({"BasePathMappings": [{"BasePath": "(none)", "RestApiId": "a1", "Stage": "prod"}, {"BasePath": "v2"}]});
        resource(&DomainName, "api.example.com", properties, facts)
    }

    #[test]
    fn the_calls_lead_from_one_document_to_the_other_and_back() {
        let before = domain(json!({"Tags": [{"Key": "team", "Value": "pay"}]}));
        let after =
            domain(json!({"SecurityPolicy": "SecurityPolicy_TLS13_1_3_2025_09", "EndpointAccessMode": "STRICT"}));
        round_trip(&DomainName, &before, after.properties.clone());
        let replace = |path: &str, value: &str| json!({"op": "replace", "path": path, "value": value});
        assert_eq!(
            shown(&DomainName.calls(Some(&before), Some(&after)).unwrap()),
            json!([
                ["UpdateDomainName", {"domainName": "api.example.com", "patchOperations": [
                    replace("/endpointAccessMode", "STRICT"),
                    replace("/securityPolicy", "SecurityPolicy_TLS13_1_3_2025_09"),
                ]}],
                ["UntagResource", {"resourceArn": "arn:api.example.com", "tagKeys": ["team"]}],
            ])
        );
        assert_eq!(DomainName.warnings(Some(&before), Some(&after)).len(), 1);
        let moved = domain(json!({"RegionalCertificateArn": "arn:aws:acm:eu-west-1:111122223333:certificate/c2"}));
        assert!(DomainName.calls(Some(&before), Some(&moved)).is_err());
        assert!(DomainName.calls(Some(&before), None).is_err());
    }

    #[test]
    fn what_api_gateway_does_not_accept_is_impossible() {
        let enhanced = json!({"SecurityPolicy": "SecurityPolicy_TLS13_1_3_2025_09"});
        let refused = |before: &Resource, after: &Resource| DomainName.calls(Some(before), Some(after)).unwrap_err().0;
        assert!(refused(&domain(json!({})), &domain(enhanced)).contains("EndpointAccessMode"));
        let mutual = json!({"MutualTlsAuthentication": {"TruststoreUri": "s3://trust/store.pem"}});
        let mut both = mutual.clone();
        both["SecurityPolicy"] = "SecurityPolicy_TLS13_1_3_2025_09".into();
        both["EndpointAccessMode"] = "BASIC".into();
        assert!(refused(&domain(mutual), &domain(both)).contains("mutual TLS"));
        let call = Call::new("apigateway", "UpdateDomainName", json!({"domainName": "none", "patchOperations": []}));
        assert!(DomainName.effect(&place(), &call, &mut world([])).unwrap_err().starts_with("NotFoundException"));
    }

    #[test]
    fn it_refers_to_the_apis_that_it_leads_to() {
        assert_eq!(DomainName.refers(&domain(json!({}))), ["a1"]);
        let arn = "arn:aws:apigateway:eu-west-1::/domainnames/api.example.com";
        assert_eq!(DomainName.named(arn).as_deref(), Some("api.example.com"));
        assert_eq!(DomainName.named(&format!("{arn}/basepathmappings/v1")), None);
    }
}
