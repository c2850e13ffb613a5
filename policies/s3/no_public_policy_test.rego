package rectify.s3.no_public_policy_test

import data.rectify.lib.s3
import data.rectify.s3.no_public_policy

public := {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::uploads/*"}

ours := {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/shop"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::uploads/*"}

policy(statements) := {
	"arn": "arn:aws:s3:::uploads",
	"properties": {"Bucket": "uploads", "PolicyDocument": {"Statement": statements}},
	"related": {"bucket": {"properties": {"PublicAccessBlockConfiguration": {"RestrictPublicBuckets": false}}}},
}

test_everyone if {
	found := no_public_policy.violation with input as policy([ours, public])
	found == {{
		"msg": "The bucket policy lets everyone in.",
		"path": "/PolicyDocument/Statement",
		"params": {"statement": public, "keep": [], "instead": 0},
	}}
}

test_the_last_statement_makes_room_for_another if {
	found := {finding.params.keep | some finding in no_public_policy.violation} with input as policy([public])
	found == {[s3.tls_statement("arn:aws:s3:::uploads")]}
}

both := object.union(public, {"Principal": {"AWS": ["*", "111122223333"]}})

test_the_principals_that_are_named_stay if {
	found := {finding.params.keep | some finding in no_public_policy.violation} with input as policy([both])
	found == {[object.union(public, {"Principal": {"AWS": ["111122223333"]}})]}
}

alone := object.remove(policy([public]), ["related"])

test_a_bucket_that_is_not_known_may_be_open if count(no_public_policy.violation) == 1 with input as alone

restricted := object.union(policy([public]), {"related": {"bucket": {"properties": {"PublicAccessBlockConfiguration": {"RestrictPublicBuckets": true}}}}})

test_a_restricted_bucket_is_closed if no_public_policy.violation == set() with input as restricted

deny := object.union(public, {"Effect": "Deny"})

network := object.union(public, {"Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}})

access_points := object.union(public, {"Condition": {"StringEquals": {"s3:DataAccessPointAccount": "111122223333"}}})

test_a_deny_and_a_fixed_caller_are_clean if {
	no_public_policy.violation == set() with input as policy([s3.tls_statement("arn:aws:s3:::uploads"), ours, network, access_points])
	no_public_policy.violation == set() with input as policy([public, deny])
}

test_absent_and_malformed_are_clean if {
	no_public_policy.violation == set() with input as {"arn": "", "properties": {}}
	no_public_policy.violation == set() with input as {"arn": "", "properties": {"PolicyDocument": "text"}}
}
