package rectify.lambda.tags_test

import data.rectify.lambda.tags

team := {"Key": "team", "Value": "checkout"}

stack := {"Key": "aws:cloudformation:stack-name", "Value": "shop"}

tagged(list, required) := {"properties": {"FunctionName": "checkout", "Tags": list}, "parameters": {"tags": required}}

untagged := {"properties": {"FunctionName": "checkout"}, "parameters": {"tags": {}}}

none := {{"msg": "The function has no tags.", "path": "/Tags", "params": {"missing": []}}}

test_without_any_tag if {
	tags.violation == none with input as untagged
}

test_aws_s_own_tags_are_none if {
	tags.violation == none with input as tagged([stack], {})
}

test_one_tag_is_enough_where_none_is_required if {
	count(tags.violation) == 0 with input as tagged([team], {})
}

test_a_required_tag_is_missing if {
	tags.violation == {{
		"msg": "The function has no tag cost-center, owner.",
		"path": "/Tags",
		"params": {"missing": [{"Key": "cost-center", "Value": "42"}, {"Key": "owner", "Value": "shop"}]},
	}} with input as tagged([team, stack], {"team": "nobody", "owner": "shop", "cost-center": "42"})
}

# Of a tag that is there the value is the owner's, whatever it is.
test_another_value_is_clean if {
	count(tags.violation) == 0 with input as tagged([team], {"team": "payments"})
}

# Keys are case-sensitive.
test_another_case_is_another_tag if {
	count(tags.violation) == 1 with input as tagged([{"Key": "Team", "Value": "checkout"}], {"team": "checkout"})
}

test_required_tags_of_a_function_without_any if {
	tags.violation == {{
		"msg": "The function has no tag team.",
		"path": "/Tags",
		"params": {"missing": [team]},
	}} with input as {"properties": {"FunctionName": "checkout"}, "parameters": {"tags": {"team": "checkout"}}}
}

test_unresolved_is_unknown if {
	count(tags.violation) == 0 with input as tagged({"Fn::If": ["Prod", [team], []]}, {"owner": "shop"})
	count(tags.violation) == 0 with input as tagged([{"Fn::If": ["Prod", team, {"Ref": "AWS::NoValue"}]}], {})
}
