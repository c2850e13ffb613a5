package rectify.sqs.no_public_policy_test

import data.rectify.sqs.no_public_policy

public := {"Sid": "all", "Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}

own := {"Sid": "own", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sqs:*", "Resource": "*"}

mixed := object.union(public, {"Principal": {"AWS": ["*", "arn:aws:iam::111122223333:role/app"]}})

policy(statements) := {"properties": {"PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}}

test_everyone if {
	found := no_public_policy.violation with input as policy([own, public])
	found == {{
		"msg": "The queue's policy lets everyone in.",
		"path": "/PolicyDocument/Statement",
		"params": {"statement": public, "keep": [], "empty": false},
	}}
}

test_nothing_is_left if {
	found := {finding.params | some finding in no_public_policy.violation} with input as policy([public])
	found == {{"statement": public, "keep": [], "empty": true}}
}

test_who_is_named_stays if {
	found := {finding.params | some finding in no_public_policy.violation} with input as policy([mixed])
	found == {{
		"statement": mixed,
		"keep": [object.union(public, {"Principal": {"AWS": ["arn:aws:iam::111122223333:role/app"]}})],
		"empty": false,
	}}
}

# What the console writes for a topic's subscription.
through_topic := object.union(public, {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:orders"}}})

tls_only := object.union(public, {"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}})

test_look_alikes_are_clean if {
	no_public_policy.violation == set() with input as policy([own])
	no_public_policy.violation == set() with input as policy([own, through_topic])
	no_public_policy.violation == set() with input as policy([own, tls_only])
}

test_absent_and_malformed_are_clean if {
	no_public_policy.violation == set() with input as {"properties": {}}
	no_public_policy.violation == set() with input as {"properties": {"PolicyDocument": {"Ref": "Policy"}}}
}
