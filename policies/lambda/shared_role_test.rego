package rectify.lambda.shared_role_test

import data.rectify.lambda.shared_role

function(others) := {
	"id": "checkout",
	"properties": {"FunctionName": "checkout", "Role": "arn:aws:iam::111122223333:role/shop"},
	"facts": {"RoleSharedWith": others},
}

test_two_functions if {
	shared_role.violation == {{
		"msg": "The function shares its role with payments.",
		"path": "/Role",
		"params": {"others": ["payments"]},
	}} with input as function(["payments"])
}

test_of_many_the_first_are_told if {
	shared_role.violation == {{
		"msg": "The function shares its role with a, b, c, d, e and others.",
		"path": "/Role",
		"params": {"others": ["a", "b", "c", "d", "e", "f"]},
	}} with input as function(["a", "b", "c", "d", "e", "f"])
}

test_a_role_of_its_own_is_clean if {
	count(shared_role.violation) == 0 with input as function([])
}

test_who_uses_it_is_not_known if {
	count(shared_role.violation) == 0 with input as {"id": "checkout", "properties": {"FunctionName": "checkout"}, "facts": {}}
}
