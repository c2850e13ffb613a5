package rectify.lambda.permission_source_test

import data.rectify.lambda.permission_source

sns := {"properties": {"FunctionName": "f", "Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com"}}

test_a_service_for_anyone if {
	permission_source.violation == {{
		"msg": "The service sns.amazonaws.com may invoke the function for any AWS account.",
		"path": "/SourceAccount",
		"params": {},
	}} with input as sns
}

bucket := {"properties": {"Action": "lambda:*", "Principal": "s3.amazonaws.com", "SourceArn": "arn:aws:s3:::uploads"}}

any_topic := object.union(sns, {"properties": {"SourceArn": "arn:aws:sns:eu-west-1:*:*"}})

empty := object.union(sns, {"properties": {"SourceArn": "", "SourceAccount": ""}})

china := {"properties": {"Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com.cn"}}

test_sources_that_leave_the_account_open if {
	count(permission_source.violation) == 1 with input as bucket
	count(permission_source.violation) == 1 with input as any_topic
	count(permission_source.violation) == 1 with input as empty
	count(permission_source.violation) == 1 with input as china
}

topic := object.union(sns, {"properties": {"SourceArn": "arn:aws:sns:eu-west-1:111122223333:*"}})

account := object.union(bucket, {"properties": {"SourceAccount": "111122223333"}})

organization := object.union(sns, {"properties": {"PrincipalOrgID": "o-a1b2c3d4e5"}})

api := {"properties": {"Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com", "SourceArn": "arn:aws:apigateway:eu-west-1::/restapis/a1b2c3"}}

test_known_sources_are_clean if {
	permission_source.violation == set() with input as topic
	permission_source.violation == set() with input as account
	permission_source.violation == set() with input as organization
	permission_source.violation == set() with input as api
}

alexa := {"properties": {"Action": "lambda:InvokeFunction", "Principal": "alexa-appkit.amazon.com"}}

replicator := {"properties": {"Action": "lambda:GetFunction", "Principal": "replicator.lambda.amazonaws.com"}}

other_account := {"properties": {"Action": "lambda:InvokeFunction", "Principal": "444455556666"}}

test_other_principals_are_clean if {
	permission_source.violation == set() with input as alexa
	permission_source.violation == set() with input as replicator
	permission_source.violation == set() with input as other_account
}

test_absent_is_clean if permission_source.violation == set() with input as {"properties": {}}
