package rectify.iam.no_admin_policy_test

import data.rectify.iam.no_admin_policy

policy := {"id": "arn:aws:iam::111122223333:policy/p", "properties": {"PolicyDocument": {"Statement": [
	{"Effect": "Allow", "Action": ["*", "sqs:SendMessage"], "Resource": "*"},
	{"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"},
]}}}

test_everything_on_everything if {
	no_admin_policy.violation == {{
		"msg": "The policy allows every action on every resource.",
		"path": "/PolicyDocument/Statement",
		"params": {
			"source": "customer_managed",
			"policy": "arn:aws:iam::111122223333:policy/p",
			"statement": {"Effect": "Allow", "Action": ["*", "sqs:SendMessage"], "Resource": "*"},
			"keep": [{"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": "*"}],
		},
	}} with input as policy
}

alone := {"id": "p", "properties": {"PolicyDocument": {"Statement": {"Effect": "Allow", "Action": "*:*", "Resource": ["*"]}}}}

test_a_policy_of_nothing_else_gets_a_stand_in if {
	{finding.params.keep | some finding in no_admin_policy.violation} == {[{
		"Sid": "RectifyRemovedWildcard",
		"Effect": "Deny",
		"Action": "none:null",
		"Resource": "*",
	}]} with input as alone
}

near := {"id": "p", "properties": {"PolicyDocument": {"Statement": [
	{"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
	{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::payments"},
	{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
	{"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
]}}}

test_less_than_everything_is_clean if no_admin_policy.violation == set() with input as near

denied := {"id": "p", "properties": {"PolicyDocument": {"Statement": [
	{"Effect": "Allow", "Action": "*", "Resource": "*"},
	{"Effect": "Deny", "Action": "*", "Resource": "*"},
]}}}

test_denied_whole_is_clean if no_admin_policy.violation == set() with input as denied

test_no_document_is_clean if no_admin_policy.violation == set() with input as {"id": "p", "properties": {}}

test_a_malformed_document_is_clean if {
	no_admin_policy.violation == set() with input as {"id": "p", "properties": {"PolicyDocument": "text"}}
}
