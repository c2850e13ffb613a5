# METADATA
# title: REST API stages are traced with AWS X-Ray
# description: >-
#   A traced stage decides at the edge which requests are sampled, so that one trace follows a request from the API through the
#   functions behind it. Without it the traces of the functions begin in the middle.
# related_resources:
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-xray.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/apigateway-controls.html#apigateway-3
# custom:
#   id: apigw-tracing
#   severity: low
#   resource_types: [AWS::ApiGateway::Stage]
#   related: []
#   controls:
#     fsbp: [APIGateway.3]
#     nist_800_53: [CA-7]
#     owasp_serverless: [SAS-5]
#   parameters: {}
package rectify.apigateway.tracing

# Absent is off, as API Gateway has it.
violation contains {"msg": msg, "path": "/TracingEnabled", "params": {}} if {
	not input.properties.TracingEnabled
	msg := "X-Ray tracing is off."
}
