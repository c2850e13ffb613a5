package rectify.cloudtrail.logging_test

import data.rectify.cloudtrail.logging

audit(properties) := {"id": "audit", "properties": object.union({"TrailName": "audit"}, properties)}

test_a_stopped_trail if {
	logging.violation == {{
		"msg": "The trail is stopped: it records nothing.",
		"path": "/IsLogging",
		"params": {},
	}} with input as audit({"IsLogging": false})
}

test_a_running_trail_is_clean if logging.violation == set() with input as audit({"IsLogging": true})

test_absent_is_unknown if logging.violation == set() with input as audit({})

test_what_is_not_known_yet_is_clean if logging.violation == set() with input as audit({"IsLogging": {"Ref": "On"}})

replica := object.union(audit({"IsLogging": false}), {"id": "arn:aws:cloudtrail:us-east-1:111122223333:trail/audit"})

test_a_replica_is_judged_at_home if logging.violation == set() with input as replica
