package rectify.cloudtrail.kms_test

import data.rectify.cloudtrail.kms

audit(properties) := {
	"id": "audit",
	"properties": object.union({"TrailName": "audit", "S3BucketName": "audit-logs"}, properties),
}

test_no_key if {
	kms.violation == {{
		"msg": "The trail's log files are not encrypted with a customer managed key.",
		"path": "/KMSKeyId",
		"params": {},
	}} with input as audit({})
}

test_an_empty_key_is_none if count(kms.violation) == 1 with input as audit({"KMSKeyId": ""})

key := "arn:aws:kms:eu-west-1:111122223333:key/5f0c1d2e-0000-4000-8000-000000000001"

test_a_key_is_clean if kms.violation == set() with input as audit({"KMSKeyId": key})

test_what_is_not_known_yet_is_clean if kms.violation == set() with input as audit({"KMSKeyId": {"Ref": "Key"}})

test_nothing_was_read if kms.violation == set() with input as {"id": "audit", "properties": {"TrailName": "audit"}}

replica := object.union(audit({}), {"id": "arn:aws:cloudtrail:us-east-1:111122223333:trail/audit"})

test_a_replica_is_judged_at_home if kms.violation == set() with input as replica
