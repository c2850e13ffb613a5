# METADATA
# title: HTTP and WebSocket API stages are throttled
# description: >-
#   Routes without limits of their own may use up what the account has in the Region, so that one caller can starve every other
#   API, run into the limits behind it, and run up the bill. A rate and a burst limit on the default route keep a flood at the edge.
# related_resources:
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-protect.html
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
# custom:
#   id: apigwv2-throttling
#   severity: medium
#   resource_types: [AWS::ApiGatewayV2::Stage]
#   related: []
#   controls:
#     owasp_serverless: [SAS-8]
#   parameters:
#     rate:
#       type: number
#       default: 2000
#       description: The most requests per second that the default route may be allowed.
#     burst:
#       type: integer
#       default: 1000
#       description: The most requests that may arrive at once.
package rectify.apigateway.v2_throttling

# The default limits lie below the smallest quota that AWS gives an account in a Region (2,500 requests per second with a burst of
# 1,250; 10,000 and 5,000 in most): a limit at or above the quota limits nothing.
violation contains {"msg": msg, "path": "/DefaultRouteSettings", "params": params} if {
	not throttled
	msg := "The stage has no rate and burst limit on its default route."
	params := {
		"rate": input.parameters.rate,
		"burst": input.parameters.burst,
		"drop_rate": negative("ThrottlingRateLimit"),
		"drop_burst": negative("ThrottlingBurstLimit"),
	}
}

throttled if {
	bounded("ThrottlingRateLimit", input.parameters.rate)
	bounded("ThrottlingBurstLimit", input.parameters.burst)
}

# Zero is a limit: it turns every request away.
bounded(limit, most) if {
	is_number(input.properties.DefaultRouteSettings[limit])
	input.properties.DefaultRouteSettings[limit] >= 0
	input.properties.DefaultRouteSettings[limit] <= most
}

# What is there but is no number is not known, and so does not violate.
bounded(limit, _) if {
	input.properties.DefaultRouteSettings[limit]
	not is_number(input.properties.DefaultRouteSettings[limit])
}

# -1 says "no limit" to some of the tools that write stages.
negative(limit) if {
	is_number(input.properties.DefaultRouteSettings[limit])
	input.properties.DefaultRouteSettings[limit] < 0
} else := false
