# METADATA
# title: REST API stages do not log full request and response data
# description: >-
#   Data tracing writes whole requests and responses, with their tokens and personal data, into the execution logs. AWS advises
#   against it in production; errors and access logs are enough to operate an API.
# related_resources:
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
#   - ref: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-apigateway-stage-methodsetting.html
# custom:
#   id: apigw-data-trace
#   severity: medium
#   resource_types: [AWS::ApiGateway::Stage]
#   related: []
#   controls:
#     owasp_serverless: [SAS-3]
#   parameters: {}
package rectify.apigateway.data_trace

import data.rectify.lib.stage

violation contains {"msg": msg, "path": path, "params": {}} if {
	some index, setting in input.properties.MethodSettings
	setting.DataTraceEnabled == true
	msg := sprintf("Full requests and responses are logged for %s.", [stage.label(setting)])
	path := sprintf("/MethodSettings/%d/DataTraceEnabled", [index])
}
