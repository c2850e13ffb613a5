package rectify.lambda.dead_letter_test

import data.rectify.lambda.dead_letter

queue := "arn:aws:sqs:eu-west-1:111122223333:failed"

role := {"properties": {"RoleName": "checkout"}}

function(config, related) := {"properties": {"FunctionName": "checkout", "DeadLetterConfig": config}, "related": related}

on_failure := {"properties": {"DestinationConfig": {"OnFailure": {"Destination": queue}}}}

on_success := {"properties": {"DestinationConfig": {"OnSuccess": {"Destination": queue}}, "MaximumRetryAttempts": 0}}

lost := {{
	"msg": "An asynchronous event that fails is lost.",
	"path": "/DeadLetterConfig/TargetArn",
	"params": {},
}}

bare := {"properties": {"FunctionName": "checkout"}, "related": {"role": role, "event_invoke_configs": []}}

test_nowhere if {
	dead_letter.violation == lost with input as bare
	dead_letter.violation == lost with input as function({"TargetArn": ""}, {"role": role, "event_invoke_configs": []})
}

test_a_destination_for_successes_is_none if {
	dead_letter.violation == lost with input as function({}, {"role": role, "event_invoke_configs": [on_success]})
}

test_a_queue_is_clean if {
	dead_letter.violation == set() with input as function({"TargetArn": queue}, {"role": role, "event_invoke_configs": []})
}

test_a_destination_for_failures_is_clean if {
	dead_letter.violation == set() with input as function({}, {"role": role, "event_invoke_configs": [on_success, on_failure]})
}

test_what_was_not_read_is_unknown if {
	dead_letter.violation == set() with input as function({}, {"role": role})
	dead_letter.violation == set() with input as function({}, {"event_invoke_configs": []})
}

test_unresolved_is_unknown if {
	dead_letter.violation == set() with input as function({"TargetArn": {"Ref": "Queue"}}, {
		"role": role,
		"event_invoke_configs": [],
	})
}
