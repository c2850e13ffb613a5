# METADATA
# title: Private integrations use HTTPS
# description: >-
#   A private integration without a TLS configuration is called over plain HTTP: whoever can listen in the VPC reads the requests with
#   their tokens and answers, and can change them.
# related_resources:
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-private.html
#   - ref: https://docs.aws.amazon.com/config/latest/developerguide/apigatewayv2-integration-private-https-enabled.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/apigateway-controls.html#apigateway-10
# custom:
#   id: apigwv2-integration-tls
#   severity: medium
#   resource_types: [AWS::ApiGatewayV2::Integration]
#   related: []
#   controls:
#     fsbp: [APIGateway.10]
#     owasp_serverless: [SAS-3]
#   parameters: {}
package rectify.apigateway.v2_integration_tls

violation contains {"msg": msg, "path": "/TlsConfig", "params": {}} if {
	input.properties.ConnectionType == "VPC_LINK"
	not has_tls
	msg := sprintf("The private integration with %s does not use HTTPS.", [target])
}

# An empty configuration is one: without a name to verify the connection is encrypted all the same.
has_tls if is_object(input.properties.TlsConfig)

target := input.properties.IntegrationUri if {
	is_string(input.properties.IntegrationUri)
} else := "its target"
