package rectify.apigateway.v2_access_logs_test

import data.rectify.apigateway.v2_access_logs

silent := {"properties": {"ApiId": "h1", "StageName": "$default"}}

empty := {"properties": {"ApiId": "h1", "StageName": "$default", "AccessLogSettings": {"DestinationArn": "", "Format": "$context.requestId"}}}

logged := {"properties": {"ApiId": "h1", "StageName": "$default", "AccessLogSettings": {
	"DestinationArn": "arn:aws:logs:eu-west-1:111122223333:log-group:shop-access",
	"Format": "$context.requestId",
}}}

# The log of what a WebSocket API did is another matter.
route_logs := {"properties": {"ApiId": "h1", "StageName": "live", "DefaultRouteSettings": {"LoggingLevel": "INFO"}}}

unresolved := {"properties": {"ApiId": "h1", "StageName": "live", "AccessLogSettings": "${LogSettings}"}}

test_silent if {
	v2_access_logs.violation == {{"msg": "Access logging is off.", "path": "/AccessLogSettings", "params": {}}} with input as silent
}

test_an_empty_destination_is_none if {
	v2_access_logs.violation == {{"msg": "Access logging is off.", "path": "/AccessLogSettings", "params": {}}} with input as empty
}

test_route_logs_are_no_access_logs if {
	count(v2_access_logs.violation) == 1 with input as route_logs
}

test_logged_is_clean if {
	count(v2_access_logs.violation) == 0 with input as logged
}

test_unresolved_is_unknown if {
	count(v2_access_logs.violation) == 0 with input as unresolved
}
