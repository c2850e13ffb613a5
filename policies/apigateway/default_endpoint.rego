# METADATA
# title: REST APIs with a custom domain name have no default endpoint
# description: >-
#   The name that API Gateway gives every API goes on answering beside the API's own one, and past what stands before that: its TLS
#   policy, its mutual TLS, a CDN or a firewall. With a custom domain name callers need it no longer.
# related_resources:
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-disable-default-endpoint.html
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mutual-tls.html
# custom:
#   id: apigw-default-endpoint
#   severity: low
#   resource_types: [AWS::ApiGateway::RestApi]
#   related: [domains]
#   controls:
#     owasp_serverless: [SAS-3]
#   parameters: {}
package rectify.apigateway.default_endpoint

# A private API is reached through VPC endpoints only: no mapping of a public name leads to it.
violation contains {"msg": msg, "path": "/DisableExecuteApiEndpoint", "params": {"rest_api": input.id}} if {
	not input.properties.DisableExecuteApiEndpoint
	not "PRIVATE" in input.properties.EndpointConfiguration.Types
	names := sort({domain.properties.DomainName | some domain in input.related.domains; leads_here(domain)})
	count(names) > 0
	msg := sprintf("The API has a name of its own, %s, and its default endpoint answers too.", [concat(", ", names)])
}

leads_here(domain) if {
	some mapping in domain.facts.BasePathMappings
	mapping.RestApiId == input.id
}
