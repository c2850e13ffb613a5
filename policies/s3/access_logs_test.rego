package rectify.s3.access_logs_test

import data.rectify.s3.access_logs

silent := {"properties": {"BucketName": "uploads"}, "facts": {"AclGrants": []}, "related": {"policies": []}}

delivery(service) := {"policies": [{"properties": {"PolicyDocument": {"Statement": [{
	"Effect": "Allow",
	"Principal": {"Service": service},
	"Action": "s3:PutObject",
	"Resource": "arn:aws:s3:::uploads/*",
}]}}}]}

test_absent if {
	access_logs.violation == {{"msg": "Access to the bucket is not logged.", "path": "/LoggingConfiguration", "params": {}}} with input as silent
}

test_a_bucket_of_trails_is_no_log_target if {
	count(access_logs.violation) == 1 with input as object.union(silent, {"related": delivery("cloudtrail.amazonaws.com")})
}

test_logged_is_clean if {
	access_logs.violation == set() with input as object.union(silent, {"properties": {"LoggingConfiguration": {"DestinationBucketName": "logs"}}})
}

# In a template the logs go to the bucket itself then.
test_logged_without_a_destination_is_clean if {
	access_logs.violation == set() with input as object.union(silent, {"properties": {"LoggingConfiguration": {}}})
}

granted := object.union(silent, {"facts": {"AclGrants": [{"Grantee": "http://acs.amazonaws.com/groups/s3/LogDelivery", "Permission": "WRITE"}]}})

test_a_log_target_is_clean if {
	access_logs.violation == set() with input as object.union(silent, {"related": delivery("logging.s3.amazonaws.com")})
	access_logs.violation == set() with input as granted
}

test_a_policy_that_was_not_read_is_unknown if access_logs.violation == set() with input as object.remove(silent, ["related"])
