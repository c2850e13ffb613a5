package rectify.apigateway.access_logs_test

import data.rectify.apigateway.access_logs

with_role := {"properties": {"CloudWatchRoleArn": "arn:aws:iam::111122223333:role/api-logs"}}

silent := {"properties": {"RestApiId": "a1b2c3", "StageName": "prod"}, "related": {"account": with_role}}

empty := {"properties": {"RestApiId": "a1b2c3", "StageName": "prod", "AccessLogSetting": {"Format": "$context.requestId"}}, "related": {"account": with_role}}

without_a_role := {"properties": {"RestApiId": "a1b2c3", "StageName": "prod"}, "related": {"account": {"properties": {}}}}

unread_account := {"properties": {"RestApiId": "a1b2c3", "StageName": "prod"}, "related": {}}

logged := {"properties": {"RestApiId": "a1b2c3", "StageName": "prod", "AccessLogSetting": {
	"DestinationArn": "arn:aws:logs:eu-west-1:111122223333:log-group:shop-access",
	"Format": "$context.requestId",
}}}

# Execution logs are another matter: they tell what API Gateway did, and not who came.
execution_logs := {"properties": {"RestApiId": "a1b2c3", "StageName": "prod", "MethodSettings": [{"ResourcePath": "/*", "HttpMethod": "*", "LoggingLevel": "INFO"}]}}

unresolved := {"properties": {"RestApiId": "a1b2c3", "StageName": "prod", "AccessLogSetting": "${LogSetting}"}}

test_silent if {
	access_logs.violation == {{"msg": "Access logging is off.", "path": "/AccessLogSetting", "params": {"needs_role": false}}} with input as silent
}

test_a_format_alone_logs_nothing if {
	access_logs.violation == {{"msg": "Access logging is off.", "path": "/AccessLogSetting", "params": {"needs_role": false}}} with input as empty
}

test_the_account_needs_a_role if {
	access_logs.violation == {{"msg": "Access logging is off.", "path": "/AccessLogSetting", "params": {"needs_role": true}}} with input as without_a_role
}

test_unread_account if {
	access_logs.violation == {{"msg": "Access logging is off.", "path": "/AccessLogSetting", "params": {"needs_role": false}}} with input as unread_account
}

test_execution_logs_are_no_access_logs if {
	count(access_logs.violation) == 1 with input as execution_logs
}

test_logged_is_clean if {
	count(access_logs.violation) == 0 with input as logged
}

test_unresolved_is_unknown if {
	count(access_logs.violation) == 0 with input as unresolved
}
