# METADATA
# title: An alarm watches the server errors of a REST API stage
# description: >-
#   Callers see 5XX errors and their operators do not: a broken deployment, an exhausted limit or a denied role shows here first.
#   An alarm turns hours of outage into minutes.
# related_resources:
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
#   - ref: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html#ApiGateway
# custom:
#   id: apigw-5xx-alarm
#   severity: medium
#   resource_types: [AWS::ApiGateway::Stage]
#   related: [api, alarms]
#   controls:
#     owasp_serverless: [SAS-5]
#   parameters: {}
package rectify.apigateway.alarm_5xx

import data.rectify.lib.alarm

# The metric knows an API by its name, which may be that of another API as well.
violation contains {"msg": "No alarm watches the stage's server errors.", "path": "", "params": params} if {
	is_array(input.related.alarms)
	is_string(input.related.api.properties.Name)
	is_string(input.properties.StageName)
	not watched
	params := {
		"api": input.related.api.properties.Name,
		"alarm": sprintf("apigateway-%s-%s-5xx", [input.related.api.properties.Name, input.properties.StageName]),
	}
}

watched if {
	some found in input.related.alarms
	alarm.watches(found, "AWS/ApiGateway", "5XXError", of_the_stage)
}

of_the_stage := [
	{"ApiName": input.related.api.properties.Name, "Stage": input.properties.StageName},
	{"ApiName": input.related.api.properties.Name},
	{},
]
