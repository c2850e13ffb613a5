# METADATA
# title: HTTP and WebSocket API routes ask who is calling
# description: >-
#   A route without an authorization type answers everyone who finds its address. What stands behind it then has to defend itself
#   against every caller, and each call costs.
# related_resources:
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control.html
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-control-access.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/apigateway-controls.html#apigateway-8
# custom:
#   id: apigwv2-route-auth
#   severity: medium
#   resource_types: [AWS::ApiGatewayV2::Route]
#   related: [api]
#   controls:
#     fsbp: [APIGateway.8]
#     nist_800_53: [AC-3, CM-2, CM-2(2)]
#     owasp_serverless: [SAS-2]
#   parameters: {}
package rectify.apigateway.v2_route_auth

violation contains {"msg": msg, "path": "/AuthorizationType", "params": {"protocol": protocol}} if {
	unauthorized
	protocol := input.related.api.properties.ProtocolType
	can_ask(protocol)
	msg := sprintf("The route %s answers everyone: it has no authorization type.", [input.properties.RouteKey])
}

unauthorized if not input.properties.AuthorizationType

unauthorized if input.properties.AuthorizationType in {"", "NONE"}

# Browsers send a preflight request without credentials, so an OPTIONS route of its own beside a catch-all one is to stay open.
# The catch-all `$default` route itself is not: API Gateway answers preflights alone where the API has a CORS configuration.
can_ask("HTTP") if not startswith(input.properties.RouteKey, "OPTIONS ")

# A WebSocket connection is authorized once, when it is made: $connect is the route to do it on.
can_ask("WEBSOCKET") if input.properties.RouteKey == "$connect"
