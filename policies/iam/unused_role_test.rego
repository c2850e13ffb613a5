package rectify.iam.unused_role_test

import data.rectify.iam.unused_role

parameters := {"unused_days": 90, "quarantine_boundary": "arn:aws:iam::111122223333:policy/quarantine"}

role(created, used) := {
	"now": "2026-11-22T10:00:00Z",
	"parameters": parameters,
	"properties": {"RoleName": "import", "Path": "/"},
	"facts": {"CreateDate": created, "RoleLastUsed": used},
}

old := "2020-01-01T00:00:00Z"

test_an_unused_role if {
	unused_role.violation == {{
		"msg": "The role was last used 90 days ago.",
		"path": "/PermissionsBoundary",
		"params": {"bounded": false},
	}} with input as role(old, {"LastUsedDate": "2026-08-24T10:00:00Z"})
}

test_a_role_that_was_never_used if {
	{finding.msg | some finding in unused_role.violation} == {"The role has not been used for as long as IAM looks back."} with input as role(old, {})
}

test_used_is_clean if unused_role.violation == set() with input as role(old, {"LastUsedDate": "2026-08-25T10:00:00Z"})

test_a_young_role_has_time if unused_role.violation == set() with input as role("2026-10-01T00:00:00Z", {})

of_aws := object.union(role(old, {}), {"properties": {"Path": "/aws-service-role/support.amazonaws.com/"}})

test_a_role_of_aws_is_left_out if unused_role.violation == set() with input as of_aws

quarantined := object.union(role(old, {}), {"properties": {"PermissionsBoundary": "arn:aws:iam::111122223333:policy/quarantine"}})

test_in_quarantine_is_clean if unused_role.violation == set() with input as quarantined

bounded := object.union(role(old, {}), {"properties": {"PermissionsBoundary": "arn:aws:iam::111122223333:policy/developers"}})

test_another_boundary_is_told if {
	{finding.params.bounded | some finding in unused_role.violation} == {true} with input as bounded
}

unsaid := {"now": "2026-11-22T10:00:00Z", "parameters": parameters, "properties": {"Path": "/"}, "facts": {"CreateDate": old}}

undated := {"now": "2026-11-22T10:00:00Z", "parameters": parameters, "properties": {"Path": "/"}, "facts": {"RoleLastUsed": {}}}

test_what_iam_does_not_say_is_unknown if {
	unused_role.violation == set() with input as unsaid
	unused_role.violation == set() with input as undated
	unused_role.violation == set() with input as role(old, {"LastUsedDate": "never"})
}
