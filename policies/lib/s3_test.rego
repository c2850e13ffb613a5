package rectify.lib.s3_test

import data.rectify.lib.s3

arn := "arn:aws:s3:::uploads"

deny := s3.tls_statement(arn)

test_statements_of_policies if {
	s3.statements([{"properties": {"PolicyDocument": {"Statement": deny}}}]) == [deny]
	s3.statements([{"properties": {}}, {"properties": {"PolicyDocument": "text"}}]) == []
	s3.statements([]) == []
}

test_the_statement_refuses_requests_without_tls if s3.requires_tls([deny], arn)

under(condition) := object.union(object.remove(deny, ["Condition"]), {"Condition": condition})

test_other_spellings_do_too if {
	every change in [
		{"Principal": {"AWS": "*"}},
		{"Action": ["s3:GetObject", "*"]},
		{"Resource": "*"},
		{"Resource": "arn:aws:s3:::uploads*"},
	] {
		s3.requires_tls([object.union(deny, change)], arn)
	}
	s3.requires_tls([under({"BoolIfExists": {"AWS:securetransport": [false]}})], arn)
	s3.requires_tls([object.union(deny, {"Resource": arn}), object.union(deny, {"Resource": "arn:aws:s3:::uploads/*"})], arn)
}

test_less_does_not if {
	every change in [
		{"Effect": "Allow"},
		{"Principal": {"AWS": "111122223333"}},
		{"Action": "s3:GetObject"},
		{"Resource": arn},
		{"Resource": "arn:aws:s3:::uploads/*"},
		{"Resource": ["arn:aws:s3:::upload", "arn:aws:s3:::upload/*"]},
	] {
		not s3.requires_tls([object.union(deny, change)], arn)
	}
	every condition in [
		"text",
		{"Bool": "text"},
		{"Bool": {"aws:SecureTransport": "true"}},
		{"Bool": {"aws:SecureTransport": []}},
		{"Bool": {"aws:SecureTransport": "false", "aws:ViaAWSService": "false"}},
		{"NumericLessThan": {"s3:TlsVersion": "1.2"}},
	] {
		not s3.requires_tls([under(condition)], arn)
	}
	not s3.requires_tls([], arn)
}

delivery := {"Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::logs/*"}

test_a_log_target_is_known_by_its_policy_or_acl if {
	s3.access_log_target([delivery], [])
	s3.access_log_target([], [{"Grantee": "http://acs.amazonaws.com/groups/s3/LogDelivery", "Permission": "WRITE"}])
}

test_others_are_none if {
	not s3.access_log_target([], [])
	not s3.access_log_target([object.union(delivery, {"Principal": {"Service": "cloudtrail.amazonaws.com"}})], [])
	not s3.access_log_target([object.union(delivery, {"Principal": "*"})], [])
	not s3.access_log_target([object.union(delivery, {"Action": "s3:GetBucketAcl"})], [])
	not s3.access_log_target([object.union(delivery, {"Effect": "Deny"})], [])
	not s3.access_log_target([], [{"Grantee": "http://acs.amazonaws.com/groups/s3/LogDelivery", "Permission": "READ_ACP"}])
}

test_public_grants if {
	s3.public_grant({"Grantee": "http://acs.amazonaws.com/groups/global/AllUsers", "Permission": "READ"})
	s3.public_grant({"Grantee": "http://acs.amazonaws.com/groups/global/AuthenticatedUsers", "Permission": "READ"})
	not s3.public_grant({"Grantee": "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a", "Permission": "READ"})
}
