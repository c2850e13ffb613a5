package rectify.s3.encryption_kms_test

import data.rectify.s3.encryption_kms

bucket(by_default) := {
	"properties": {"BucketEncryption": {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": by_default, "BucketKeyEnabled": false}]}},
	"facts": {"AclGrants": []},
	"related": {"policies": []},
}

allow(principal, actions) := {"Effect": "Allow", "Principal": principal, "Action": actions, "Resource": "arn:aws:s3:::uploads/*"}

policy(statements) := {"related": {"policies": [{"properties": {"PolicyDocument": {"Statement": statements}}}]}}

own := bucket({"SSEAlgorithm": "AES256"})

test_s3_s_own_key if {
	encryption_kms.violation == {{
		"msg": "The bucket encrypts with a key of S3's own.",
		"path": "/BucketEncryption",
		"params": {"principals": ""},
	}} with input as own
}

silent := {"properties": {}, "facts": {}, "related": {"policies": []}}

test_absent_is_s3_s_own_key if {
	found := {finding.msg | some finding in encryption_kms.violation} with input as silent
	found == {"The bucket encrypts with a key of S3's own."}
}

of_aws := {"The bucket encrypts with the key that AWS manages for S3."}

test_the_key_that_aws_manages_by_default if {
	found := {finding.msg | some finding in encryption_kms.violation} with input as bucket({"SSEAlgorithm": "aws:kms"})
	found == of_aws
}

aliased := bucket({"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "arn:aws:kms:eu-west-1:111122223333:alias/aws/s3"})

test_the_key_that_aws_manages_by_its_alias if {
	found := {finding.msg | some finding in encryption_kms.violation} with input as aliased
	found == of_aws
}

test_twice_with_the_key_that_aws_manages if {
	found := {finding.msg | some finding in encryption_kms.violation} with input as bucket({"SSEAlgorithm": "aws:kms:dsse"})
	found == of_aws
}

keyed := bucket({"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "arn:aws:kms:eu-west-1:111122223333:key/k1"})

twice := bucket({"SSEAlgorithm": "aws:kms:dsse", "KMSMasterKeyID": "alias/shop"})

test_a_key_of_one_s_own_is_clean if {
	encryption_kms.violation == set() with input as keyed
	encryption_kms.violation == set() with input as twice
}

unresolved_key := bucket({"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Ref": "Key"}})

test_unknown_is_clean if {
	encryption_kms.violation == set() with input as bucket({"SSEAlgorithm": {"Ref": "Algorithm"}})
	encryption_kms.violation == set() with input as unresolved_key
}

naming := object.union(own, policy([
	allow({"AWS": ["arn:aws:iam::444455556666:root", "*"]}, "s3:Get*"),
	allow({"Service": "config.amazonaws.com"}, ["s3:PutObject"]),
	allow({"AWS": "arn:aws:iam::777788889999:root"}, "s3:ListBucket"),
	object.union(allow({"AWS": "arn:aws:iam::777788889999:root"}, "s3:*"), {"Effect": "Deny"}),
]))

test_whom_the_policy_names_is_told if {
	found := {finding.params.principals | some finding in encryption_kms.violation} with input as naming
	found == {"arn:aws:iam::444455556666:root, config.amazonaws.com"}
}

delivery(service) := object.union(own, policy([allow({"Service": service}, "s3:PutObject")]))

granted := object.union(own, {"facts": {"AclGrants": [{"Grantee": "http://acs.amazonaws.com/groups/s3/LogDelivery", "Permission": "WRITE"}]}})

test_where_access_logs_are_delivered_no_key_can_be_used if {
	encryption_kms.violation == set() with input as delivery("logging.s3.amazonaws.com")
	encryption_kms.violation == set() with input as delivery("logdelivery.elasticloadbalancing.amazonaws.com")
	encryption_kms.violation == set() with input as granted
}

test_a_trail_can_use_one if count(encryption_kms.violation) == 1 with input as delivery("cloudtrail.amazonaws.com")

unread := object.remove(own, ["related"])

test_a_policy_that_was_not_read_is_unknown if encryption_kms.violation == set() with input as unread
