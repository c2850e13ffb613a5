package rectify.cloudtrail.validation_test

import data.rectify.cloudtrail.validation

audit(properties) := {
	"id": "audit",
	"properties": object.union({"TrailName": "audit", "S3BucketName": "audit-logs"}, properties),
}

test_no_validation if {
	validation.violation == {{
		"msg": "The trail writes no digests of its log files.",
		"path": "/EnableLogFileValidation",
		"params": {},
	}} with input as audit({"EnableLogFileValidation": false})
}

test_the_default_is_none if count(validation.violation) == 1 with input as audit({})

test_validation_is_clean if validation.violation == set() with input as audit({"EnableLogFileValidation": true})

test_what_is_not_known_yet_is_clean if {
	validation.violation == set() with input as audit({"EnableLogFileValidation": {"Ref": "On"}})
}

test_nothing_was_read if validation.violation == set() with input as {"id": "audit", "properties": {"TrailName": "audit"}}

replica := object.union(audit({}), {"id": "arn:aws:cloudtrail:us-east-1:111122223333:trail/audit"})

test_a_replica_is_judged_at_home if validation.violation == set() with input as replica
