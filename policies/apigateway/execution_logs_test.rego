package rectify.apigateway.execution_logs_test

import data.rectify.apigateway.execution_logs

with_role := {"account": {"properties": {"CloudWatchRoleArn": "arn:aws:iam::111122223333:role/api-logs"}}}

without_role := {"account": {"properties": {}}}

every_method(level) := {"ResourcePath": "/*", "HttpMethod": "*", "LoggingLevel": level}

one_method(level) := {"ResourcePath": "/~1orders", "HttpMethod": "POST", "LoggingLevel": level, "ThrottlingRateLimit": 5}

no_settings := {"properties": {"RestApiId": "a1b2c3", "StageName": "prod"}, "related": with_role}

off := {"properties": {"MethodSettings": [every_method("OFF")]}, "related": with_role}

# The limits of all methods are set, and nothing of logs.
silent := {"properties": {"MethodSettings": [{"ResourcePath": "/*", "HttpMethod": "*", "ThrottlingRateLimit": 5}]}, "related": with_role}

# Access logs are another thing.
access_logs := {
	"properties": {"AccessLogSetting": {"DestinationArn": "arn:aws:logs:eu-west-1:111122223333:log-group:api", "Format": "$context.requestId"}},
	"related": with_role,
}

off_without_role := {"properties": {"MethodSettings": [every_method("OFF")]}, "related": without_role}

off_and_unread_account := {"properties": {"MethodSettings": [every_method("OFF")]}, "related": {}}

let_off := {
	"properties": {"MethodSettings": [every_method("INFO"), one_method("OFF"), {"ResourcePath": "/~1items", "HttpMethod": "GET"}]},
	"related": with_role,
}

no_role := {"properties": {"MethodSettings": [every_method("ERROR")]}, "related": without_role}

empty_role := {"properties": {"MethodSettings": [every_method("ERROR")]}, "related": {"account": {"properties": {"CloudWatchRoleArn": ""}}}}

logged := {"properties": {"MethodSettings": [every_method("ERROR"), one_method("INFO")]}, "related": with_role}

logged_and_unread_account := {"properties": {"MethodSettings": [every_method("ERROR")]}, "related": {}}

unresolved := {"properties": {"MethodSettings": [every_method({"Ref": "Level"})]}, "related": with_role}

unresolved_settings := {"properties": {"MethodSettings": {"Fn::If": ["Prod", [], []]}}, "related": with_role}

off_finding(needs_role) := {
	"msg": "Execution logging is off.",
	"path": "/MethodSettings",
	"params": {"resource_path": "/*", "http_method": "*", "set_level": true, "needs_role": needs_role},
}

role_finding := {
	"msg": "Execution logging is on, and the account has no role to write the logs with.",
	"path": "/MethodSettings",
	"params": {"resource_path": "", "http_method": "", "set_level": false, "needs_role": true},
}

test_no_settings if {
	execution_logs.violation == {off_finding(false)} with input as no_settings
}

test_off if {
	execution_logs.violation == {off_finding(false)} with input as off
}

test_absent_level_is_off if {
	execution_logs.violation == {off_finding(false)} with input as silent
}

test_access_logs_are_no_execution_logs if {
	execution_logs.violation == {off_finding(false)} with input as access_logs
}

test_off_without_a_role if {
	execution_logs.violation == {off_finding(true)} with input as off_without_role
}

test_off_whatever_the_account_has if {
	execution_logs.violation == {off_finding(false)} with input as off_and_unread_account
}

test_a_method_that_is_let_off if {
	execution_logs.violation == {{
		"msg": "Execution logging is off for POST /orders.",
		"path": "/MethodSettings/1/LoggingLevel",
		"params": {"resource_path": "/~1orders", "http_method": "POST", "set_level": true, "needs_role": false},
	}} with input as let_off
}

test_on_without_a_role if {
	execution_logs.violation == {role_finding} with input as no_role
	execution_logs.violation == {role_finding} with input as empty_role
}

test_logged_is_clean if {
	count(execution_logs.violation) == 0 with input as logged
}

test_unread_account_is_unknown if {
	count(execution_logs.violation) == 0 with input as logged_and_unread_account
}

test_unresolved_is_unknown if {
	count(execution_logs.violation) == 0 with input as unresolved
	count(execution_logs.violation) == 0 with input as unresolved_settings
}
