//! `AWS::ApiGatewayV2::Integration`: what stands behind a route. Its id is `APIID|INTEGRATIONID`.

use async_trait::async_trait;
use aws_sdk_apigatewayv2::operation::get_integration::GetIntegrationOutput;
use aws_sdk_apigatewayv2::types::{self, TlsConfigInput};
use serde_json::Value;

use super::request;
use super::rights;
use super::trails;
use crate::cloud::aws::account::Clients;
use crate::cloud::aws::answer::{found, sent};
use crate::cloud::aws::error::call_error;
use crate::cloud::aws::fields::{Field, Unset, field};
use crate::cloud::aws::input::Input;
use crate::cloud::aws::listing::{Partial, by_token, children};
use crate::cloud::aws::object::Object;
use crate::cloud::aws::{AwsType, apigateway};
use crate::cloud::{CallError, Listing};
use crate::model::{
    Call, Impossible, Part, Parts, Place, Relation, Resource, ResourceType, Right, Sent, Snapshot, Trail, Write,
};

/// `AWS::ApiGatewayV2::Integration`.
pub struct Integration;

/// The members of UpdateIntegration
/// (<https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-integrations-integrationid.html#apis-apiid-integrations-integrationid-model-updateintegrationinput>).
const FIELDS: &[Field] = &[
    field("Description", "Description", Unset::EmptyText),
    field("IntegrationUri", "IntegrationUri", Unset::Impossible),
    field("TimeoutInMillis", "TimeoutInMillis", Unset::Impossible),
    field("TlsConfig", "TlsConfig", Unset::Impossible),
];

const WRITES: &[Write] = &[Write::update(
    &["Description", "IntegrationUri", "TimeoutInMillis", "TlsConfig"],
    &[Right::new("apigateway:PATCH", "arn:${partition}:apigateway:${region}::/apis/*/integrations/*")],
)];

impl ResourceType for Integration {
    fn name(&self) -> &'static str {
        "AWS::ApiGatewayV2::Integration"
    }

    fn reads(&self) -> &'static [Right] {
        const {
            &[
                rights::GET_APIS,
                Right::new("apigateway:GET", "arn:${partition}:apigateway:${region}::/apis/*/integrations"),
                Right::new("apigateway:GET", "arn:${partition}:apigateway:${region}::/apis/*/integrations/*"),
            ]
        }
    }

    fn writes(&self) -> &'static [Write] {
        WRITES
    }

    /// Templates and request parameters are left out: they may hold secrets, and nobody asks for them.
    fn parts(&self) -> &'static [Part] {
        &[Part {
            name: "integrations",
            permissions: &[],
            properties: &[
                "ApiId",
                "ConnectionId",
                "ConnectionType",
                "Description",
                "IntegrationMethod",
                "IntegrationType",
                "IntegrationUri",
                "PayloadFormatVersion",
                "TimeoutInMillis",
                "TlsConfig",
            ],
            facts: &[],
        }]
    }

    fn belongs_to(&self) -> Option<&'static str> {
        Some("api")
    }

    fn relations(&self) -> &'static [Relation] {
        &[request::API]
    }

    fn parent(&self, id: &str) -> Option<String> {
        apigateway::parent(id)
    }

    fn trails(&self) -> &'static [Trail] {
        trails::INTEGRATION
    }

    fn named(&self, arn: &str) -> Option<String> {
        trails::named_integration(arn)
    }

    fn calls(&self, before: Option<&Resource>, after: Option<&Resource>) -> Result<Vec<Call>, Impossible> {
        request::update("Integration", FIELDS, before, after)
    }

    fn effect(&self, place: &Place, call: &Call, world: &mut Snapshot) -> Result<Sent, String> {
        request::updated(self, "Integration", FIELDS, place, call, world)
    }

    fn warnings(&self, before: Option<&Resource>, after: Option<&Resource>) -> Vec<String> {
        match (before, after) {
            (Some(before), Some(after)) if before.properties != after.properties => vec![request::DEPLOYED.to_owned()],
            _ => vec![],
        }
    }
}

#[async_trait]
impl AwsType for Integration {
    async fn list(&self, aws: &Clients, within: Option<&str>, _parts: &Parts) -> Listing {
        children(aws, self, request::api_ids(aws, within).await, |api| async move {
            let (found, error) = integrations(aws, &api).await;
            let found = found.into_iter().map(|integration| document(aws, &api, integration)).collect();
            Listing::of_parent(aws, self, &api, found, error)
        })
        .await
    }

    async fn read(&self, aws: &Clients, id: &str, _parts: &Parts) -> Result<Option<Resource>, CallError> {
        let Some((api, integration)) = id.split_once('|') else { return Ok(None) };
        let _slot = aws.slot("apigateway").await;
        let read = aws.apigatewayv2.get_integration().api_id(api).integration_id(integration).send().await;
        let read = found(read.map_err(|error| call_error("apigatewayv2", "GetIntegration", error)))?;
        Ok(read.map(|read| document(aws, api, listed(read))))
    }

    async fn send(&self, aws: &Clients, call: &Call) -> Result<Sent, CallError> {
        let input = Input(call);
        if call.operation != "UpdateIntegration" {
            return Err(input.unknown());
        }
        let verified = input.text("/TlsConfig/ServerNameToVerify");
        let tls =
            input.value("TlsConfig").map(|_| TlsConfigInput::builder().set_server_name_to_verify(verified).build());
        let request = aws
            .apigatewayv2
            .update_integration()
            .set_api_id(input.text("ApiId"))
            .set_integration_id(input.text("IntegrationId"))
            .set_description(input.text("Description"))
            .set_integration_uri(input.text("IntegrationUri"))
            .set_timeout_in_millis(input.integer("TimeoutInMillis"))
            .set_tls_config(tls);
        sent(call, request.send().await)
    }
}

/// The integrations of an API.
async fn integrations(aws: &Clients, api: &str) -> Partial<types::Integration> {
    let _slot = aws.slot("apigateway").await;
    by_token("apigatewayv2", "GetIntegrations", |token| async {
        let page = aws.apigatewayv2.get_integrations().api_id(api).set_next_token(token).send().await;
        page.map(|page| (page.items, page.next_token))
    })
    .await
}

/// As a listing has it.
fn listed(integration: GetIntegrationOutput) -> types::Integration {
    types::Integration::builder()
        .set_integration_id(integration.integration_id)
        .set_connection_id(integration.connection_id)
        .set_connection_type(integration.connection_type)
        .set_description(integration.description)
        .set_integration_method(integration.integration_method)
        .set_integration_type(integration.integration_type)
        .set_integration_uri(integration.integration_uri)
        .set_payload_format_version(integration.payload_format_version)
        .set_timeout_in_millis(integration.timeout_in_millis)
        .set_tls_config(integration.tls_config)
        .build()
}

fn document(aws: &Clients, api: &str, integration: types::Integration) -> Resource {
    let id = integration.integration_id.unwrap_or_default();
    let mut properties = Object::default();
    properties.set("ApiId", Some(api)).set("ConnectionId", integration.connection_id);
    properties.set("ConnectionType", integration.connection_type.as_ref().map(types::ConnectionType::as_str));
    properties.set("Description", integration.description);
    properties.set("IntegrationMethod", integration.integration_method);
    properties.set("IntegrationType", integration.integration_type.as_ref().map(types::IntegrationType::as_str));
    properties.set("IntegrationUri", integration.integration_uri);
    properties.set("PayloadFormatVersion", integration.payload_format_version);
    properties.set("TimeoutInMillis", integration.timeout_in_millis);
    // With an empty one TLS is used as well: the name to verify is another matter.
    properties.set(
        "TlsConfig",
        integration.tls_config.map(|tls| {
            let mut config = Object::default();
            config.set("ServerNameToVerify", tls.server_name_to_verify);
            Value::Object(config.0)
        }),
    );
    let arn = apigateway::arn(&aws.place, &format!("/apis/{api}/integrations/{id}"));
    Resource::new(aws.key(&Integration, &format!("{api}|{id}")), arn, properties.0, serde_json::Map::new())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::cloud::aws::testing::{leads, resource, shown};

    #[test]
    fn the_calls_lead_from_one_document_to_the_other() {
        let integration = |more: Value| {
            let mut properties =
                json!({"ApiId": "a1", "ConnectionType": "VPC_LINK", "ConnectionId": "v1", "TimeoutInMillis": 30000});
            let more = more.as_object().unwrap().clone();
            properties.as_object_mut().unwrap().extend(more);
            properties
        };
        let before = resource(&Integration, "a1|i1", integration(json!({})), json!({}));
        let after = integration(json!({"TlsConfig": {"ServerNameToVerify": "shop.internal"}, "TimeoutInMillis": 5000}));
        let after = before.with_properties(after);
        assert_eq!(
            shown(&leads(&Integration, &before, &after).unwrap()),
            json!([["UpdateIntegration", {
                "ApiId": "a1", "IntegrationId": "i1", "TimeoutInMillis": 5000, "TlsConfig": {"ServerNameToVerify": "shop.internal"},
            }]])
        );
        assert_eq!(Integration.warnings(Some(&before), Some(&after)).len(), 1);
        assert!(Integration.calls(Some(&after), Some(&before)).is_err(), "no call takes TLS away");
        assert!(Integration.calls(Some(&before), None).is_err());
    }
}
