package rectify.iam.aws_admin_attached_test

import data.rectify.iam.aws_admin_attached

role := {
	"properties": {
		"RoleName": "deploy",
		"ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::aws:policy/SecurityAudit"],
	},
	"parameters": {"break_glass_roles": []},
}

test_an_administrator if {
	aws_admin_attached.violation == {{
		"msg": "The AWS managed policy AdministratorAccess is attached.",
		"path": "/ManagedPolicyArns",
		"params": {"policy": "arn:aws:iam::aws:policy/AdministratorAccess"},
	}} with input as role
}

other_partitions := {
	"properties": {"UserName": "ana", "ManagedPolicyArns": [
		"arn:aws-cn:iam::aws:policy/PowerUserAccess",
		"arn:aws-us-gov:iam::aws:policy/IAMFullAccess",
	]},
	"parameters": {"break_glass_roles": ["*"]},
}

test_in_every_partition_and_no_user_is_for_emergencies if {
	count(aws_admin_attached.violation) == 2 with input as other_partitions
}

emergency := object.union(role, {"parameters": {"break_glass_roles": ["admin", "dep*"]}})

test_a_role_for_emergencies_is_clean if aws_admin_attached.violation == set() with input as emergency

near := {
	"properties": {"GroupName": "ops", "ManagedPolicyArns": [
		"arn:aws:iam::111122223333:policy/AdministratorAccess",
		"arn:aws:iam::aws:policy/AdministratorAccess-Amplify",
		"arn:aws:iam::aws:policy/IAMReadOnlyAccess",
	]},
	"parameters": {"break_glass_roles": []},
}

test_policies_of_like_names_are_clean if aws_admin_attached.violation == set() with input as near

reserved := object.union(role, {"properties": {"Path": "/aws-reserved/sso.amazonaws.com/"}})

test_a_reserved_role_is_left_out if aws_admin_attached.violation == set() with input as reserved

test_absent_and_malformed_are_clean if {
	aws_admin_attached.violation == set() with input as {"properties": {}, "parameters": {"break_glass_roles": []}}
	aws_admin_attached.violation == set() with input as {"properties": {"ManagedPolicyArns": 1}, "parameters": {}}
}
