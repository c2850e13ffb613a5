# METADATA
# title: REST API methods ask who is calling
# description: >-
#   A method without an authorizer, IAM or an API key answers everyone who finds its address. What stands behind it then has to
#   defend itself against every caller, and each call costs.
# related_resources:
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-to-api.html
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-apis.html
# custom:
#   id: apigw-method-auth
#   severity: medium
#   resource_types: [AWS::ApiGateway::Method]
#   related: [api]
#   controls:
#     owasp_serverless: [SAS-2]
#   parameters: {}
package rectify.apigateway.method_auth

import data.rectify.lib.iam
import data.rectify.lib.principal

# Browsers send a preflight request without credentials, so OPTIONS cannot ask for any. Whether the API lets everyone reach the
# method is known only when the API was read.
violation contains {"msg": msg, "path": "/AuthorizationType", "params": {"rest_api": input.properties.RestApiId}} if {
	unauthorized
	not input.properties.ApiKeyRequired
	input.properties.HttpMethod != "OPTIONS"
	input.related.api.properties
	not private_api
	not guarded_by_policy
	msg := sprintf("%s answers everyone: no authorizer, IAM or API key.", [name])
}

unauthorized if not input.properties.AuthorizationType

unauthorized if input.properties.AuthorizationType in {"", "NONE"}

# A private API is reached through VPC endpoints only, and not at all without a resource policy that allows it.
private_api if "PRIVATE" in input.related.api.properties.EndpointConfiguration.Types

# Without an authorizer the resource policy alone decides, and what it does not allow is denied: a policy without a public
# statement does for the method what an authorizer would. One that cannot be read is not known to let everyone in.
guarded_by_policy if {
	count(iam.statements(input.related.api.properties.Policy)) > 0
	count(principal.public_statements(input.related.api.properties.Policy)) == 0
}

guarded_by_policy if {
	count(input.related.api.properties.Policy) > 0
	count(iam.statements(input.related.api.properties.Policy)) == 0
}

name := sprintf("%s %s", [input.properties.HttpMethod, input.facts.ResourcePath]) if {
	input.facts.ResourcePath
} else := sprintf("%s of resource %s", [input.properties.HttpMethod, input.properties.ResourceId])
