package rectify.s3.tls_test

import data.rectify.lib.s3
import data.rectify.s3.tls

arn := "arn:aws:s3:::uploads"

bucket(statements) := {
	"arn": arn,
	"properties": {"BucketName": "uploads"},
	"related": {"policies": [{"properties": {"PolicyDocument": {"Statement": statements}}}]},
}

ours := {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:*", "Resource": [arn, "arn:aws:s3:::uploads/*"]}

bare := object.union(bucket([]), {"related": {"policies": []}})

test_without_a_policy if {
	found := tls.violation with input as bare
	found == {{
		"msg": "The bucket answers requests without TLS.",
		"path": "",
		"params": {"statement": s3.tls_statement(arn), "refused": false},
	}}
}

test_a_policy_that_says_nothing_of_it if count(tls.violation) == 1 with input as bucket([ours])

with_tls := object.union(ours, {"Condition": {"Bool": {"aws:SecureTransport": "true"}}})

test_an_allow_with_tls_alone_refuses_nothing if count(tls.violation) == 1 with input as bucket([with_tls])

half := object.union(s3.tls_statement(arn), {"Resource": "arn:aws:s3:::uploads/*"})

test_objects_alone_are_not_enough if count(tls.violation) == 1 with input as bucket([half])

test_the_statement_is_clean if tls.violation == set() with input as bucket([ours, s3.tls_statement(arn)])

test_a_policy_that_was_not_read_is_unknown if tls.violation == set() with input as object.remove(bucket([]), ["related"])

test_a_bucket_without_a_name_is_unknown if tls.violation == set() with input as object.union(bucket([]), {"arn": ""})

public := object.union(ours, {"Principal": "*"})

blocking := object.union(bucket([public]), {"properties": {"PublicAccessBlockConfiguration": {"BlockPublicPolicy": true}}})

test_s3_would_not_take_a_public_policy if {
	found := {finding.params.refused | some finding in tls.violation} with input as blocking
	found == {true}
}
