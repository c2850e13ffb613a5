# METADATA
# title: REST API stages write execution logs
# description: >-
#   The execution logs tell why API Gateway answered as it did: which authorizer turned a caller away, which backend failed. Without
#   them an attack or an outage at the edge leaves nothing to look into. API Gateway writes them with a role that is set for the account.
# related_resources:
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/apigateway-controls.html#apigateway-1
# custom:
#   id: apigw-execution-logs
#   severity: medium
#   resource_types: [AWS::ApiGateway::Stage]
#   related: [account]
#   controls:
#     fsbp: [APIGateway.1]
#     nist_800_53: [AC-4(26), AU-2, AU-3, AU-6(3), AU-6(4), AU-10, AU-12, CA-7, SC-7(9), SI-7(8)]
#     owasp_serverless: [SAS-5]
#   parameters: {}
package rectify.apigateway.execution_logs

import data.rectify.lib.stage

violation contains {"msg": msg, "path": "/MethodSettings", "params": params} if {
	not logged
	params := {"resource_path": "/*", "http_method": "*", "set_level": true, "needs_role": needs_role}
	msg := "Execution logging is off."
}

# API Gateway fills in OFF where any other setting of a method was written.
violation contains {"msg": msg, "path": path, "params": params} if {
	some index, setting in input.properties.MethodSettings
	not stage.is_default(setting)
	setting.LoggingLevel == "OFF"
	params := {
		"resource_path": setting.ResourcePath,
		"http_method": setting.HttpMethod,
		"set_level": true,
		"needs_role": needs_role,
	}
	msg := sprintf("Execution logging is off for %s.", [stage.label(setting)])
	path := sprintf("/MethodSettings/%d/LoggingLevel", [index])
}

# The role can be taken away when a stage logs already: then nothing is written, and nobody is told.
violation contains {"msg": msg, "path": "/MethodSettings", "params": params} if {
	logged
	needs_role
	params := {"resource_path": "", "http_method": "", "set_level": false, "needs_role": true}
	msg := "Execution logging is on, and the account has no role to write the logs with."
}

logged if {
	some setting in input.properties.MethodSettings
	stage.is_default(setting)
	setting.LoggingLevel in {"ERROR", "INFO"}
}

# What is there and is no text is not known.
logged if {
	some setting in input.properties.MethodSettings
	stage.is_default(setting)
	setting.LoggingLevel
	not is_string(setting.LoggingLevel)
}

logged if is_object(input.properties.MethodSettings)

# Known only when the account's settings were read.
needs_role if {
	input.related.account.properties
	not has_role
} else := false

has_role if input.related.account.properties.CloudWatchRoleArn != ""
