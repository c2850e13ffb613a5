package rectify.lambda.role_admin_test

import data.rectify.iam.role_wildcard
import data.rectify.lambda.role_admin

statement := {"Effect": "Allow", "Action": ["dynamodb:*", "logs:PutLogEvents"], "Resource": "*"}

role := {
	"id": "payments",
	"properties": {
		"Path": "/",
		"Policies": [{"PolicyName": "own", "PolicyDocument": {"Statement": [statement]}}],
		"ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"],
	},
	"facts": {"AttachedPolicies": [{
		"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess",
		"Document": {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
	}]},
}

function := {"properties": {"FunctionName": "f", "Role": "arn:aws:iam::111122223333:role/payments"}, "related": {"role": role}}

test_inline_and_attached if {
	found := role_admin.violation with input as function
	found == {
		{
			"msg": "The function's role payments has wildcard rights. The inline policy own allows dynamodb:* on every resource.",
			"path": "/Role",
			"params": {
				"source": "inline",
				"policy": "own",
				"statement": statement,
				"keep": [{"Effect": "Allow", "Action": ["logs:PutLogEvents"], "Resource": "*"}],
			},
		},
		{
			"msg": "The function's role payments has wildcard rights. The attached policy arn:aws:iam::aws:policy/AdministratorAccess allows * on every resource.",
			"path": "/Role",
			"params": {"source": "aws_managed", "policy": "arn:aws:iam::aws:policy/AdministratorAccess", "keep": []},
		},
	}
}

# The same edit, so that the two findings are one change.
test_the_edits_are_those_of_the_role if {
	edits := {finding.params | some finding in role_admin.violation} with input as function
	edits == {finding.params | some finding in role_wildcard.violation} with input as role
}

reserved := {"related": {"role": object.union(role, {"properties": {"Path": "/aws-reserved/sso.amazonaws.com/"}})}}

test_a_role_that_aws_owns_is_left_out if role_admin.violation == set() with input as reserved

named := {"related": {"role": {"id": "r", "properties": {"Policies": [{
	"PolicyName": "own",
	"PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "dynamodb:*", "Resource": "arn:aws:dynamodb:eu-west-1:111122223333:table/t"}]},
}]}, "facts": {}}}}

test_named_resources_are_clean if role_admin.violation == set() with input as named

test_an_unread_role_is_clean if role_admin.violation == set() with input as {"properties": {}, "related": {}}
