package rectify.lambda.runtime_updates_test

import data.rectify.lambda.runtime_updates

pinned := {"properties": {"FunctionName": "checkout", "RuntimeManagementConfig": {
	"UpdateRuntimeOn": "Manual",
	"RuntimeVersionArn": "arn:aws:lambda:eu-west-1::runtime:7b620fc2e66107a1046b140b9d320295811af3ad5d4c6a011fad1fa65127e9e6",
}}}

waiting := {"properties": {"FunctionName": "checkout", "RuntimeManagementConfig": {"UpdateRuntimeOn": "FunctionUpdate"}}}

automatic := {"properties": {"FunctionName": "checkout", "RuntimeManagementConfig": {"UpdateRuntimeOn": "Auto"}}}

# The version that an automatic function runs now.
automatic_with_version := {"properties": {"FunctionName": "checkout", "RuntimeManagementConfig": {
	"UpdateRuntimeOn": "Auto",
	"RuntimeVersionArn": "arn:aws:lambda:eu-west-1::runtime:7b620fc2e66107a1046b140b9d320295811af3ad5d4c6a011fad1fa65127e9e6",
}}}

absent := {"properties": {"FunctionName": "checkout", "Runtime": "python3.13"}}

unresolved := {"properties": {"FunctionName": "checkout", "RuntimeManagementConfig": {"UpdateRuntimeOn": {"Ref": "Mode"}}}}

finding(msg) := {"msg": msg, "path": "/RuntimeManagementConfig/UpdateRuntimeOn", "params": {}}

test_a_pinned_version if {
	expected := {finding("Updates of the runtime do not reach the function, which is pinned to a version.")}
	runtime_updates.violation == expected with input as pinned
}

test_updates_that_wait_for_a_deployment if {
	expected := {finding("Updates of the runtime wait until the function is deployed again.")}
	runtime_updates.violation == expected with input as waiting
}

test_automatic_is_clean if {
	count(runtime_updates.violation) == 0 with input as automatic
}

test_automatic_with_a_version_is_clean if {
	count(runtime_updates.violation) == 0 with input as automatic_with_version
}

test_absent_is_automatic if {
	count(runtime_updates.violation) == 0 with input as absent
}

test_unresolved_is_unknown if {
	count(runtime_updates.violation) == 0 with input as unresolved
}
