package rectify.apigateway.data_trace_test

import data.rectify.apigateway.data_trace

traced := {"properties": {"MethodSettings": [
	{"ResourcePath": "/*", "HttpMethod": "*", "LoggingLevel": "ERROR", "DataTraceEnabled": true},
	{"ResourcePath": "/~1orders", "HttpMethod": "POST", "DataTraceEnabled": false},
	{"ResourcePath": "/~1orders~1{id}", "HttpMethod": "GET", "DataTraceEnabled": true},
]}}

# Execution logs without the data are wanted.
logged := {"properties": {"MethodSettings": [{
	"ResourcePath": "/*",
	"HttpMethod": "*",
	"LoggingLevel": "INFO",
	"MetricsEnabled": true,
	"DataTraceEnabled": false,
}]}}

silent := {"properties": {"MethodSettings": [{"ResourcePath": "/*", "HttpMethod": "*", "LoggingLevel": "INFO"}]}}

no_settings := {"properties": {"RestApiId": "a1b2c3", "StageName": "prod"}}

test_traced if {
	data_trace.violation == {
		{
			"msg": "Full requests and responses are logged for every method.",
			"path": "/MethodSettings/0/DataTraceEnabled",
			"params": {},
		},
		{
			"msg": "Full requests and responses are logged for GET /orders/{id}.",
			"path": "/MethodSettings/2/DataTraceEnabled",
			"params": {},
		},
	} with input as traced
}

test_execution_logs_are_clean if {
	count(data_trace.violation) == 0 with input as logged
}

test_absent_switch_is_clean if {
	count(data_trace.violation) == 0 with input as silent
}

test_no_settings_is_clean if {
	count(data_trace.violation) == 0 with input as no_settings
}
