# METADATA
# title: REST API stages write access logs
# description: >-
#   The access log has a line for each request: who came from where, asked for what, and what the answer was. Without it nobody can
#   tell afterwards who used a stolen token, or what a flood was after.
# related_resources:
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html
# custom:
#   id: apigw-access-logs
#   severity: medium
#   resource_types: [AWS::ApiGateway::Stage]
#   related: [account]
#   controls:
#     owasp_serverless: [SAS-5]
#   parameters: {}
package rectify.apigateway.access_logs

violation contains {"msg": msg, "path": "/AccessLogSetting", "params": {"needs_role": needs_role}} if {
	not logged
	msg := "Access logging is off."
}

logged if {
	input.properties.AccessLogSetting.DestinationArn
	input.properties.AccessLogSetting.DestinationArn != ""
}

# What is there and is no object is not known.
logged if {
	input.properties.AccessLogSetting
	not is_object(input.properties.AccessLogSetting)
}

# Known only when the account's settings were read.
needs_role if {
	input.related.account.properties
	not has_role
} else := false

has_role if input.related.account.properties.CloudWatchRoleArn != ""
