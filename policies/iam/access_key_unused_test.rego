package rectify.iam.access_key_unused_test

import data.rectify.iam.access_key_unused

key(status, created, used) := {
	"now": "2026-11-22T10:00:00Z",
	"parameters": {"unused_days": 45},
	"properties": {"UserName": "ann", "Status": status},
	"facts": {"CreateDate": created, "AccessKeyLastUsed": used},
}

old := "2020-01-01T00:00:00Z"

test_an_unused_key if {
	access_key_unused.violation == {{
		"msg": "The access key was last used 45 days ago.",
		"path": "/Status",
		"params": {},
	}} with input as key("Active", old, {"LastUsedDate": "2026-10-08T10:00:00Z"})
}

test_a_key_that_was_never_used if {
	access_key_unused.violation == {{
		"msg": "The access key is 52 days old and was never used.",
		"path": "/Status",
		"params": {},
	}} with input as key("Active", "2026-10-01T00:00:00Z", {})
}

test_a_new_key_has_time if access_key_unused.violation == set() with input as key("Active", "2026-11-01T00:00:00Z", {})

test_used_is_clean if access_key_unused.violation == set() with input as key("Active", old, {"LastUsedDate": "2026-10-09T10:00:00Z"})

test_off_is_clean if access_key_unused.violation == set() with input as key("Inactive", old, {})

silent := {
	"now": "2026-11-22T10:00:00Z",
	"parameters": {"unused_days": 45},
	"properties": {"Status": "Active"},
	"facts": {"CreateDate": old},
}

test_what_iam_does_not_say_is_unknown if {
	access_key_unused.violation == set() with input as silent
	access_key_unused.violation == set() with input as key("Active", old, {"LastUsedDate": "N/A"})
}
