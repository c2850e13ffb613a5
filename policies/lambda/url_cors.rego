# METADATA
# title: The CORS of Lambda function URLs names its origins
# description: >-
#   With `*` every page in the world may read the function's answers in the browsers of its visitors, who may stand inside the
#   network or be signed in. Named origins leave that to the pages that need it.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors
#   - ref: https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS
# custom:
#   id: lambda-url-cors
#   severity: medium
#   resource_types: [AWS::Lambda::Url]
#   related: []
#   controls:
#     owasp_serverless: [SAS-3]
#   parameters: {}
package rectify.lambda.url_cors

violation contains {"msg": msg, "path": "/Cors/AllowOrigins", "params": {}} if {
	"*" in input.properties.Cors.AllowOrigins
	msg := sprintf("Pages of every origin may read the answers of the function URL%s.", [signed_in])
}

default signed_in := ""

signed_in := ", with the cookies of their visitors" if input.properties.Cors.AllowCredentials == true
