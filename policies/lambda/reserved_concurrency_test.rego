package rectify.lambda.reserved_concurrency_test

import data.rectify.lambda.reserved_concurrency

absent := {"properties": {"FunctionName": "checkout"}}

unset := {"properties": {"FunctionName": "checkout", "ReservedConcurrentExecutions": null}}

bounded := {"properties": {"FunctionName": "checkout", "ReservedConcurrentExecutions": 50}}

# More than anybody would set; it is a bound all the same.
generous := {"properties": {"FunctionName": "checkout", "ReservedConcurrentExecutions": 900}}

stopped := {"properties": {"FunctionName": "checkout", "ReservedConcurrentExecutions": 0}}

unresolved := {"properties": {"FunctionName": "checkout", "ReservedConcurrentExecutions": {"Ref": "Limit"}}}

unbounded := {{
	"msg": "Nothing but the account's limit bounds how often the function runs at once.",
	"path": "/ReservedConcurrentExecutions",
	"params": {},
}}

test_absent_is_unbounded if {
	reserved_concurrency.violation == unbounded with input as absent
}

test_unset_is_unbounded if {
	reserved_concurrency.violation == unbounded with input as unset
}

test_bounded_is_clean if {
	count(reserved_concurrency.violation) == 0 with input as bounded
}

test_generous_is_clean if {
	count(reserved_concurrency.violation) == 0 with input as generous
}

test_stopped_is_clean if {
	count(reserved_concurrency.violation) == 0 with input as stopped
}

test_unresolved_is_unknown if {
	count(reserved_concurrency.violation) == 0 with input as unresolved
}
