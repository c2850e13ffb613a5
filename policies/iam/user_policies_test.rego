package rectify.iam.user_policies_test

import data.rectify.iam.user_policies

direct := {"properties": {
	"UserName": "ann",
	"Groups": ["readers"],
	"Policies": [{"PolicyName": "own", "PolicyDocument": {"Statement": []}}],
	"ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
}}

test_policies_of_its_own if {
	user_policies.violation == {{
		"msg": "The user has policies of its own.",
		"path": "",
		"params": {},
	}} with input as direct
}

grouped := {"properties": {"UserName": "ann", "Groups": ["readers"], "Policies": [], "ManagedPolicyArns": []}}

# A boundary gives no rights.
bound := {"properties": {"UserName": "ann", "PermissionsBoundary": "arn:aws:iam::111122223333:policy/limit"}}

test_through_groups_is_clean if {
	user_policies.violation == set() with input as grouped
	user_policies.violation == set() with input as bound
}

test_absent_and_unknown_are_clean if {
	user_policies.violation == set() with input as {"properties": {"UserName": "ann"}}
	user_policies.violation == set() with input as {"properties": {"Policies": {"Ref": "Policies"}, "ManagedPolicyArns": {"Ref": "Arns"}}}
}
