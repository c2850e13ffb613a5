# METADATA
# title: HTTP APIs do not let every site use their visitors' credentials
# description: >-
#   CORS that allows every origin together with credentials lets any site that somebody visits call the API in their name and read the
#   answers. Origins that are named keep other sites out.
# related_resources:
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
#   - ref: https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS
# custom:
#   id: apigwv2-cors
#   severity: medium
#   resource_types: [AWS::ApiGatewayV2::Api]
#   related: []
#   controls:
#     owasp_serverless: [SAS-3]
#   parameters: {}
package rectify.apigateway.v2_cors

violation contains {"msg": msg, "path": "/CorsConfiguration/AllowOrigins", "params": {"origins": origins}} if {
	input.properties.CorsConfiguration.AllowCredentials == true
	origins := [origin | some origin in input.properties.CorsConfiguration.AllowOrigins; origin in everywhere]
	count(origins) > 0
	msg := sprintf("CORS allows credentials from every origin: %s.", [concat(", ", origins)])
}

# Every origin of a scheme is every site.
everywhere := {"*", "https://*", "http://*"}
