package rectify.lambda.error_alarm_test

import data.rectify.lambda.error_alarm

alarm(metric, dimensions) := {"properties": {
	"AlarmName": metric,
	"Namespace": "AWS/Lambda",
	"MetricName": metric,
	"Dimensions": [{"Name": name, "Value": value} | some name, value in dimensions],
}}

function(alarms) := {"id": "pay", "properties": {"FunctionName": "pay"}, "related": {"alarms": alarms}}

metrics_of(violations) := {violation.params.metric | some violation in violations}

of_pay := {"FunctionName": "pay"}

test_no_alarm if {
	error_alarm.violation == {
		{
			"msg": "No alarm watches the function's errors.",
			"path": "",
			"params": {"metric": "Errors", "alarm": "lambda-pay-errors"},
		},
		{
			"msg": "No alarm watches the function's throttles.",
			"path": "",
			"params": {"metric": "Throttles", "alarm": "lambda-pay-throttles"},
		},
	} with input as function([])
}

test_one_is_missing if {
	found := error_alarm.violation with input as function([alarm("Errors", of_pay)])
	metrics_of(found) == {"Throttles"}
}

test_both_are_clean if {
	error_alarm.violation == set() with input as function([alarm("Errors", of_pay), alarm("Throttles", of_pay)])
}

test_alarms_on_all_functions_are_clean if {
	error_alarm.violation == set() with input as function([alarm("Errors", {}), alarm("Throttles", {})])
}

other := [
	alarm("Errors", {"FunctionName": "payments"}),
	alarm("Throttles", {"FunctionName": "pay", "Resource": "pay:live"}),
	alarm("Duration", of_pay),
]

test_what_looks_like_it_is_not if {
	found := error_alarm.violation with input as function(other)
	metrics_of(found) == {"Errors", "Throttles"}
}

test_unread_is_unknown if error_alarm.violation == set() with input as {"id": "pay", "properties": {}, "related": {}}
