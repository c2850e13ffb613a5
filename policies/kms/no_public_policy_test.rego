package rectify.kms.no_public_policy_test

import data.rectify.kms.no_public_policy

root := {
	"Sid": "Enable IAM User Permissions",
	"Effect": "Allow",
	"Principal": {"AWS": "arn:aws-cn:iam::111122223333:root"},
	"Action": "kms:*",
	"Resource": "*",
}

public := {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}

open := {
	"arn": "arn:aws-cn:kms:cn-north-1:111122223333:key/k",
	"account": "111122223333",
	"properties": {"KeyPolicy": {"Statement": [root, public]}},
}

test_everyone if {
	found := no_public_policy.violation with input as open
	found == {{
		"msg": "The key policy allows every AWS account.",
		"path": "/KeyPolicy/Statement",
		"params": {"statement": public, "keep": []},
	}}
}

alone := object.union(open, {"properties": {"KeyPolicy": {"Statement": [public]}}})

test_the_account_keeps_its_key if {
	found := {finding.params.keep | some finding in no_public_policy.violation} with input as alone
	found == {[root]}
}

administrator := object.union(open, {"properties": {"KeyPolicy": {"Statement": [
	object.union(public, {"Principal": {"AWS": ["*", "111122223333"]}}),
]}}})

test_a_named_administrator_is_enough if {
	found := {finding.params.keep | some finding in no_public_policy.violation} with input as administrator
	found == {[
		object.union(public, {"Principal": {"AWS": ["111122223333"]}}),
	]}
}

through_service := object.union(open, {"properties": {"KeyPolicy": {"Statement": [root, object.union(public, {
	"Condition": {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}},
})]}}})

test_a_service_alone_does_not_narrow if count(no_public_policy.violation) == 1 with input as through_service

one_account := object.union(open, {"properties": {"KeyPolicy": {"Statement": [root, object.union(public, {
	"Condition": {"StringEquals": {"kms:CallerAccount": "111122223333", "kms:ViaService": "s3.eu-west-1.amazonaws.com"}},
})]}}})

test_everyone_of_one_account_is_clean if no_public_policy.violation == set() with input as one_account

closed := object.union(open, {"properties": {"KeyPolicy": {"Statement": [root]}}})

test_the_default_policy_is_clean if no_public_policy.violation == set() with input as closed

test_absent_and_malformed_are_clean if {
	no_public_policy.violation == set() with input as {"arn": "", "account": "1", "properties": {}}
	no_public_policy.violation == set() with input as {"arn": "", "account": "1", "properties": {"KeyPolicy": "text"}}
}
