package rectify.iam.access_key_age_test

import data.rectify.iam.access_key_age

key(status, created) := {
	"now": "2026-11-22T10:00:00Z",
	"parameters": {"max_age_days": 90},
	"properties": {"UserName": "ann", "Status": status},
	"facts": {"CreateDate": created},
}

test_an_old_key if {
	access_key_age.violation == {{
		"msg": "The access key is 91 days old.",
		"path": "/Status",
		"params": {},
	}} with input as key("Active", "2026-08-23T10:00:00Z")
}

test_the_last_day_is_clean if access_key_age.violation == set() with input as key("Active", "2026-08-24T10:00:00Z")

test_off_is_clean if access_key_age.violation == set() with input as key("Inactive", "2020-01-01T00:00:00Z")

longer := object.union(key("Active", "2026-08-23T10:00:00Z"), {"parameters": {"max_age_days": 180}})

test_the_age_is_a_parameter if access_key_age.violation == set() with input as longer

test_unknown_is_clean if {
	access_key_age.violation == set() with input as key("Active", "")
	access_key_age.violation == set() with input as key({"Ref": "Status"}, "2020-01-01T00:00:00Z")
	access_key_age.violation == set() with input as {"properties": {"Status": "Active"}, "parameters": {"max_age_days": 90}}
}
