package rectify.lambda.log_group_test

import data.rectify.lambda.log_group

function(more, groups) := {
	"id": "pay",
	"properties": object.union({"FunctionName": "pay"}, more),
	"related": {"log_groups": groups},
}

group(name) := {"id": name, "properties": {"LogGroupName": name}}

test_no_group if {
	log_group.violation == {{
		"msg": "The log group /aws/lambda/pay is not there: Lambda will make it, without a retention and a key.",
		"path": "/LoggingConfig/LogGroup",
		"params": {"log_group": "/aws/lambda/pay"},
	}} with input as function({}, [])
}

test_no_group_of_its_own_choice if {
	some violation in log_group.violation with input as function({"LoggingConfig": {"LogFormat": "JSON", "LogGroup": "shop"}}, [])
	violation.params == {"log_group": "shop"}
}

test_a_format_names_no_group if {
	some violation in log_group.violation with input as function({"LoggingConfig": {"LogFormat": "JSON"}}, [])
	violation.params == {"log_group": "/aws/lambda/pay"}
}

test_a_group_is_clean if log_group.violation == set() with input as function({}, [group("/aws/lambda/pay")])

# Its retention is judged where it stands.
test_a_group_of_others_is_clean if {
	log_group.violation == set() with input as function({"LoggingConfig": {"LogGroup": "shop"}}, [group("shop")])
}

test_unread_is_unknown if log_group.violation == set() with input as {"properties": {"FunctionName": "pay"}, "related": {}}

test_unresolved_is_unknown if {
	log_group.violation == set() with input as function({"FunctionName": {"Ref": "Name"}}, [])
	log_group.violation == set() with input as function({"LoggingConfig": {"LogGroup": {"Ref": "Logs"}}}, [])
}
