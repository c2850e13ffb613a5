package rectify.sns.no_public_policy_test

import data.rectify.sns.no_public_policy

arn := "arn:aws:sns:eu-west-1:111122223333:orders"

public := {"Sid": "all", "Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": arn}

own := {"Sid": "own", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sns:*", "Resource": arn}

topic(statements) := {"id": arn, "account": "111122223333", "properties": {"PolicyDocument": {"Statement": statements}}}

default_statement := {
	"Sid": "__default_statement_ID",
	"Effect": "Allow",
	"Principal": {"AWS": "*"},
	"Action": ["SNS:GetTopicAttributes", "SNS:Subscribe", "SNS:Publish"],
	"Resource": arn,
	"Condition": {"StringEquals": {"AWS:SourceOwner": "111122223333"}},
}

test_everyone if {
	found := no_public_policy.violation with input as topic([own, public])
	found == {{
		"msg": "The topic's policy lets everyone in.",
		"path": "/PolicyDocument/Statement",
		"params": {"statement": public, "keep": []},
	}}
}

test_a_topic_keeps_a_policy if {
	found := {finding.params.keep | some finding in no_public_policy.violation} with input as topic([public])
	found == {[object.union(public, {"Condition": {"StringEquals": {"AWS:SourceOwner": "111122223333"}}})]}
}

mixed := object.union(public, {"Principal": {"AWS": ["*", "111122223333"]}})

test_who_is_named_stays if {
	found := {finding.params.keep | some finding in no_public_policy.violation} with input as topic([mixed])
	found == {[object.union(public, {"Principal": {"AWS": ["111122223333"]}})]}
}

test_the_default_policy_is_clean if {
	no_public_policy.violation == set() with input as topic([default_statement])
}

test_look_alikes_are_clean if {
	no_public_policy.violation == set() with input as topic([own])
	no_public_policy.violation == set() with input as topic([object.union(public, {"Condition": {"StringEquals": {
		"aws:PrincipalOrgID": "o-a1b2c3d4e5",
	}}})])
}

anyone := object.union(public, {"Action": "sns:Subscribe", "Condition": {"StringEquals": {"sns:Protocol": "https"}}})

test_any_endpoint_is_everyone if {
	count(no_public_policy.violation) == 1 with input as topic([own, anyone])
}

test_absent_and_malformed_are_clean if {
	no_public_policy.violation == set() with input as {"id": arn, "account": "1", "properties": {}}
	no_public_policy.violation == set() with input as {"id": arn, "account": "1", "properties": {"PolicyDocument": {"Ref": "P"}}}
}
