package rectify.apigateway.tracing_test

import data.rectify.apigateway.tracing

on := {"properties": {"StageName": "prod", "TracingEnabled": true}}

off := {"properties": {"StageName": "prod", "TracingEnabled": false}}

absent := {"properties": {"StageName": "prod"}}

# Metrics and logs are on, traces are not.
observed_without_traces := {"properties": {
	"StageName": "prod",
	"TracingEnabled": false,
	"MethodSettings": [{"ResourcePath": "/*", "HttpMethod": "*", "MetricsEnabled": true, "LoggingLevel": "INFO"}],
}}

unresolved := {"properties": {"StageName": "prod", "TracingEnabled": {"Ref": "Tracing"}}}

off_finding := {{"msg": "X-Ray tracing is off.", "path": "/TracingEnabled", "params": {}}}

test_on_is_clean if {
	count(tracing.violation) == 0 with input as on
}

test_off if {
	tracing.violation == off_finding with input as off
}

test_absent if {
	tracing.violation == off_finding with input as absent
}

test_metrics_are_no_traces if {
	tracing.violation == off_finding with input as observed_without_traces
}

test_unresolved_is_unknown if {
	count(tracing.violation) == 0 with input as unresolved
}
