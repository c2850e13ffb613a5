# What a bucket's policy and ACL say of who uses it.
package rectify.lib.s3

import data.rectify.lib.iam
import data.rectify.lib.principal

# The statements of a bucket's policies, of which it has one at most.
statements(policies) := [statement |
	some policy in policies
	some statement in iam.statements(object.get(policy.properties, "PolicyDocument", {}))
]

# Whether every request without TLS is refused, to the bucket and to its objects. A Deny that asks for more than that does not
# count: it leaves requests open. https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-ssl-requests-only.html
requires_tls(stated, arn) if {
	refused_without_tls(stated, arn)
	refused_without_tls(stated, sprintf("%s/*", [arn]))
}

refused_without_tls(stated, resource) if {
	some statement in stated
	statement.Effect == "Deny"
	principal.everyone(statement.Principal)
	iam.has_action(statement, "s3:*")
	iam.has_resource(statement, resource)
	without_tls_alone(statement.Condition)
}

without_tls_alone(condition) if {
	is_object(condition)
	members := [{"operator": lower(operator), "key": lower(key), "values": iam.as_list(value)} |
		some operator, entries in condition
		is_object(entries)
		some key, value in entries
	]
	count(members) == 1
	members[0].operator in {"bool", "boolifexists"}
	members[0].key == "aws:securetransport"
	count(members[0].values) > 0
	every value in members[0].values { lower(sprintf("%v", [value])) == "false" }
}

# The statement that does so.
tls_statement(arn) := {
	"Sid": "DenyRequestsWithoutTls",
	"Effect": "Deny",
	"Principal": "*",
	"Action": "s3:*",
	"Resource": [arn, sprintf("%s/*", [arn])],
	"Condition": {"Bool": {"aws:SecureTransport": "false"}},
}

# Whether a service may put objects into the bucket.
written_by(stated, services) if {
	some statement in stated
	statement.Effect == "Allow"
	is_object(statement.Principal)
	iam.has_action(statement, "s3:PutObject")
	some service in iam.as_list(object.get(statement.Principal, "Service", []))
	service in services
}

# Whether the access logs of other buckets come here, by the policy or, as it was done before, by the ACL.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
access_log_target(stated, _) if written_by(stated, {"logging.s3.amazonaws.com"})

access_log_target(_, grants) if {
	some grant in grants
	endswith(grant.Grantee, "/groups/s3/LogDelivery")
	grant.Permission in {"WRITE", "FULL_CONTROL"}
}

# Everyone, and everyone with an AWS account. https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
public_grant(grant) if endswith(grant.Grantee, "/groups/global/AllUsers")

public_grant(grant) if endswith(grant.Grantee, "/groups/global/AuthenticatedUsers")
