package rectify.lambda.recursion_test

import data.rectify.lambda.recursion

allowed := {"properties": {"FunctionName": "thumbnails", "RecursiveLoop": "Allow"}}

ended := {"properties": {"FunctionName": "thumbnails", "RecursiveLoop": "Terminate"}}

absent := {"properties": {"FunctionName": "thumbnails"}}

unresolved := {"properties": {"FunctionName": "thumbnails", "RecursiveLoop": {"Ref": "Loop"}}}

test_a_loop_that_may_go_on if {
	recursion.violation == {{
		"msg": "Lambda lets the function call itself without end.",
		"path": "/RecursiveLoop",
		"params": {},
	}} with input as allowed
}

test_a_loop_that_is_ended_is_clean if {
	count(recursion.violation) == 0 with input as ended
}

# Terminate is what Lambda takes when nothing is said.
test_absent_is_ended if {
	count(recursion.violation) == 0 with input as absent
}

test_unresolved_is_unknown if {
	count(recursion.violation) == 0 with input as unresolved
}
