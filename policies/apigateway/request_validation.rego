# METADATA
# title: REST API methods validate what they are sent
# description: >-
#   A request validator turns away requests without the parameters that a method needs, or with a body that does not fit its model,
#   before they reach the backend. Without one every function behind the API has to tell a broken request from an attack by itself.
# related_resources:
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html
#   - ref: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-requestvalidator.html
# custom:
#   id: apigw-request-validation
#   severity: low
#   resource_types: [AWS::ApiGateway::Method]
#   related: []
#   controls:
#     owasp_serverless: [SAS-1]
#   parameters: {}
package rectify.apigateway.request_validation

violation contains {"msg": msg, "path": "/RequestValidatorId", "params": {}} if {
	unvalidated
	msg := sprintf("%s takes %s, and no request validator looks at it.", [name, takes])
}

unvalidated if not input.properties.RequestValidatorId

unvalidated if input.properties.RequestValidatorId == ""

takes := "parameters and a body" if {
	count(input.properties.RequestParameters) > 0
	has_body
} else := "parameters" if {
	count(input.properties.RequestParameters) > 0
} else := "a body" if has_body

# A method that declares no model has a body only when its verb says so. ANY is what a proxy resource has, whose function takes
# everything there is: what it is sent is not known here.
has_body if count(input.properties.RequestModels) > 0

has_body if input.properties.HttpMethod in {"PATCH", "POST", "PUT"}

name := sprintf("%s %s", [input.properties.HttpMethod, input.facts.ResourcePath]) if {
	input.facts.ResourcePath
} else := sprintf("%s of resource %s", [input.properties.HttpMethod, input.properties.ResourceId])
