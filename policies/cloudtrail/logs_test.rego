package rectify.cloudtrail.logs_test

import data.rectify.cloudtrail.logs

audit(properties) := {
	"id": "audit",
	"properties": object.union({"TrailName": "audit", "S3BucketName": "audit-logs"}, properties),
}

test_no_log_group if {
	logs.violation == {{
		"msg": "The trail delivers to no log group.",
		"path": "/CloudWatchLogsLogGroupArn",
		"params": {},
	}} with input as audit({})
}

test_an_empty_one_is_none if count(logs.violation) == 1 with input as audit({"CloudWatchLogsLogGroupArn": ""})

group := "arn:aws:logs:eu-west-1:111122223333:log-group:audit:*"

test_a_log_group_is_clean if logs.violation == set() with input as audit({"CloudWatchLogsLogGroupArn": group})

test_what_is_not_known_yet_is_clean if logs.violation == set() with input as audit({"CloudWatchLogsLogGroupArn": {"Ref": "Group"}})

test_nothing_was_read if logs.violation == set() with input as {"id": "audit", "properties": {"TrailName": "audit"}}

replica := object.union(audit({}), {"id": "arn:aws:cloudtrail:us-east-1:111122223333:trail/audit"})

test_a_replica_is_judged_at_home if logs.violation == set() with input as replica
