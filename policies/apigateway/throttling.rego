# METADATA
# title: REST API stages are throttled
# description: >-
#   A stage without limits of its own may use up what the account has in the Region, so that one caller can starve every other API,
#   run into the limits behind it, and run up the bill. A rate and a burst limit for every method keep a flood at the edge.
# related_resources:
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
#   - ref: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-apigateway-stage-methodsetting.html
# custom:
#   id: apigw-throttling
#   severity: medium
#   resource_types: [AWS::ApiGateway::Stage]
#   related: []
#   controls:
#     owasp_serverless: [SAS-8]
#   parameters:
#     rate:
#       type: number
#       default: 2000
#       description: The most requests per second that a stage or method may be allowed.
#     burst:
#       type: integer
#       default: 1000
#       description: The most requests that may arrive at once.
package rectify.apigateway.throttling

import data.rectify.lib.stage

# The default limits lie below the smallest quota that AWS gives an account in a Region (2,500 requests per second with a burst of
# 1,250; 10,000 and 5,000 in most): a limit at or above the quota, such as the one API Gateway fills in itself, limits nothing.
violation contains {"msg": msg, "path": "/MethodSettings", "params": params} if {
	not throttled
	msg := "The stage has no rate and burst limit for every method."
	params := {
		"resource_path": "/*",
		"http_method": "*",
		"rate": input.parameters.rate,
		"burst": input.parameters.burst,
		"limit_rate": true,
		"limit_burst": true,
		"drop_rate": default_is_negative("ThrottlingRateLimit"),
		"drop_burst": default_is_negative("ThrottlingBurstLimit"),
	}
}

# A method with settings of its own can be let off the stage's limit. One whose settings are silent has the stage's.
violation contains {"msg": msg, "path": path, "params": params} if {
	some index, setting in input.properties.MethodSettings
	not stage.is_default(setting)
	lifted(setting)
	msg := sprintf("%s is let off the stage's limits.", [stage.label(setting)])
	path := sprintf("/MethodSettings/%d", [index])
	params := {
		"resource_path": setting.ResourcePath,
		"http_method": setting.HttpMethod,
		"rate": input.parameters.rate,
		"burst": input.parameters.burst,
		"limit_rate": too_high(setting, "ThrottlingRateLimit", input.parameters.rate),
		"limit_burst": too_high(setting, "ThrottlingBurstLimit", input.parameters.burst),
		"drop_rate": negative(setting, "ThrottlingRateLimit"),
		"drop_burst": negative(setting, "ThrottlingBurstLimit"),
	}
}

throttled if {
	some setting in input.properties.MethodSettings
	stage.is_default(setting)
	bounded(setting, "ThrottlingRateLimit", input.parameters.rate)
	bounded(setting, "ThrottlingBurstLimit", input.parameters.burst)
}

lifted(setting) if too_high(setting, "ThrottlingRateLimit", input.parameters.rate)

lifted(setting) if too_high(setting, "ThrottlingBurstLimit", input.parameters.burst)

# What is there but is no number is not known, and so does not violate. Zero is a limit: it turns every request away.
bounded(setting, limit, _) if {
	setting[limit]
	not is_number(setting[limit])
}

bounded(setting, limit, most) if {
	is_number(setting[limit])
	not too_high(setting, limit, most)
}

too_high(setting, limit, most) if {
	is_number(setting[limit])
	setting[limit] > most
} else := negative(setting, limit)

# -1 says "no limit" to some of the tools that write stages.
negative(setting, limit) if {
	is_number(setting[limit])
	setting[limit] < 0
} else := false

default_is_negative(limit) := count(negative_defaults(limit)) > 0

negative_defaults(limit) := [setting |
	some setting in input.properties.MethodSettings
	stage.is_default(setting)
	negative(setting, limit)
]
