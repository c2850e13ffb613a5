package rectify.kms.pending_deletion_test

import data.rectify.kms.pending_deletion

waiting := {
	"properties": {"Enabled": false},
	"facts": {"KeyState": "PendingDeletion", "DeletionDate": "2026-12-01T00:00:00Z"},
}

test_a_key_that_waits_for_its_deletion if {
	pending_deletion.violation == {{
		"msg": "The key is deleted on 2026-12-01T00:00:00Z.",
		"path": "/Enabled",
		"params": {},
	}} with input as waiting
}

undated := {"properties": {"Enabled": false}, "facts": {"KeyState": "PendingDeletion"}}

test_without_a_date if {
	{finding.msg | some finding in pending_deletion.violation} == {"The key is about to be deleted."} with input as undated
}

planned := object.union(waiting, {"properties": {"Enabled": true}})

test_a_key_that_is_to_be_enabled_is_clean if pending_deletion.violation == set() with input as planned

disabled := {"properties": {"Enabled": false}, "facts": {"KeyState": "Disabled"}}

test_a_disabled_key_is_clean if pending_deletion.violation == set() with input as disabled

test_an_unknown_state_is_clean if pending_deletion.violation == set() with input as {"properties": {}, "facts": {}}
