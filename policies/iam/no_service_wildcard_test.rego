package rectify.iam.no_service_wildcard_test

import data.rectify.iam.no_service_wildcard

parameters := {"actions": ["s3:GetObject", "s3:ListBucket", "sqs:SendMessage", "dynamodb:*"]}

policy(statements) := {
	"id": "arn:aws:iam::111122223333:policy/p",
	"properties": {"PolicyDocument": {"Statement": statements}},
	"parameters": parameters,
}

bucket := {"Sid": "Images", "Effect": "Allow", "Action": ["s3:*", "sqs:SendMessage"], "Resource": "arn:aws:s3:::images/*"}

test_a_whole_service if {
	found := no_service_wildcard.violation with input as policy([bucket])
	found == {{
		"msg": "The policy allows every action of a service: s3:*.",
		"path": "/PolicyDocument/Statement",
		"params": {
			"statement": bucket,
			"keep": [object.union(bucket, {"Action": ["sqs:SendMessage", "s3:GetObject", "s3:ListBucket"]})],
			"fixable": true,
		},
	}}
}

unseen := {"Effect": "Allow", "Action": ["s3:*", "ec2:*"], "Resource": "*"}

patterns_alone := {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}

test_a_service_that_was_not_observed_is_for_a_person if {
	{finding.params.fixable | some finding in no_service_wildcard.violation} == {false} with input as policy([unseen])
	{finding.params.fixable | some finding in no_service_wildcard.violation} == {false} with input as policy([patterns_alone])
}

test_all_but_a_service_is_for_a_person if {
	{[finding.msg, finding.params.fixable] | some finding in no_service_wildcard.violation} == {[
		"The policy allows every action but those of iam:*.",
		false,
	]} with input as policy([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}])
}

near := [
	{"Effect": "Allow", "Action": ["s3:Get*", "ec2:Describe*"], "Resource": "*"},
	{"Effect": "Allow", "Action": "*", "Resource": "*"},
	{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
]

test_a_prefix_and_a_deny_are_clean if no_service_wildcard.violation == set() with input as policy(near)

denied := [unseen, {"Effect": "Deny", "Action": ["s3:*", "ec2:*"], "Resource": "*"}]

test_denied_whole_is_clean if no_service_wildcard.violation == set() with input as policy(denied)

test_absent_and_malformed_are_clean if {
	no_service_wildcard.violation == set() with input as {"id": "p", "properties": {}, "parameters": parameters}
	no_service_wildcard.violation == set() with input as {"id": "p", "properties": {"PolicyDocument": "x"}, "parameters": parameters}
}
