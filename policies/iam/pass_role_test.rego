package rectify.iam.pass_role_test

import data.rectify.iam.pass_role

parameters := {"roles": ["arn:aws:iam::111122223333:role/app"], "accept_passed_to_service": false}

statement := {"Sid": "Deploy", "Effect": "Allow", "Action": ["lambda:CreateFunction", "iam:PassRole"], "Resource": "*"}

narrowed := [
	{"Sid": "Deploy", "Effect": "Allow", "Action": ["lambda:CreateFunction"], "Resource": "*"},
	{"Effect": "Allow", "Action": "iam:PassRole", "Resource": ["arn:aws:iam::111122223333:role/app"]},
]

policy := {
	"id": "arn:aws:iam::111122223333:policy/p",
	"properties": {"PolicyDocument": {"Statement": [statement]}},
	"parameters": parameters,
}

test_a_managed_policy if {
	found := pass_role.violation with input as policy
	found == {{
		"msg": "The policy lets every role be passed (iam:PassRole).",
		"path": "/PolicyDocument/Statement",
		"params": {
			"source": "customer_managed",
			"policy": "arn:aws:iam::111122223333:policy/p",
			"statement": statement,
			"keep": narrowed,
			"fixable": true,
		},
	}}
}

inline := {
	"id": "deploy",
	"properties": {"Policies": [{"PolicyName": "own", "PolicyDocument": {"Statement": [statement]}}]},
	"parameters": parameters,
}

test_an_inline_policy if {
	found := pass_role.violation with input as inline
	found == {{
		"msg": "The inline policy own lets every role be passed (iam:PassRole).",
		"path": `/Policies/[PolicyName="own"]/PolicyDocument/Statement`,
		"params": {
			"source": "inline",
			"policy": "own",
			"statement": statement,
			"keep": narrowed,
			"fixable": true,
		},
	}}
}

attached := {
	"id": "deploy",
	"properties": {"ManagedPolicyArns": ["arn:aws:iam::aws:policy/Some_FullAccess"]},
	"facts": {"AttachedPolicies": [{"PolicyArn": "arn:aws:iam::aws:policy/Some_FullAccess", "Document": {"Statement": [statement]}}]},
	"parameters": parameters,
}

test_an_aws_managed_policy_is_for_a_person if {
	pass_role.violation == {{
		"msg": "The attached policy arn:aws:iam::aws:policy/Some_FullAccess lets every role be passed.",
		"path": "/ManagedPolicyArns",
		"params": {"source": "aws_managed", "policy": "arn:aws:iam::aws:policy/Some_FullAccess", "fixable": false},
	}} with input as attached
}

patterns := {
	"properties": {"PolicyDocument": {"Statement": [
		{"Effect": "Allow", "Action": "iam:Pass*", "Resource": "*"},
		{"Effect": "Allow", "Action": "iam:*Role", "Resource": "arn:aws:iam::111122223333:role/*"},
	]}},
	"id": "p",
	"parameters": parameters,
}

test_a_pattern_of_more_than_pass_role_is_for_a_person if {
	{finding.msg: finding.params.fixable | some finding in pass_role.violation} == {
		"The policy lets every role be passed (iam:Pass*).": true,
		"The policy lets every role be passed (iam:*Role).": false,
	} with input as patterns
}

for_lambda := object.union(statement, {"Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}})

bound := {"id": "p", "properties": {"PolicyDocument": {"Statement": [for_lambda]}}, "parameters": parameters}

test_a_named_service_leaves_every_role if count(pass_role.violation) == 1 with input as bound

accepting := object.union(bound, {"parameters": {"accept_passed_to_service": true}})

test_a_named_service_may_be_accepted if pass_role.violation == set() with input as accepting

accepting_any := {
	"id": "p",
	"properties": {"PolicyDocument": {"Statement": [object.union(statement, {
		"Condition": {"StringLike": {"iam:PassedToService": "*"}},
	})]}},
	"parameters": {"roles": [], "accept_passed_to_service": true},
}

test_any_service_is_not_accepted if count(pass_role.violation) == 1 with input as accepting_any

near := {
	"id": "p",
	"properties": {"PolicyDocument": {"Statement": [
		{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/app-*"},
		{"Effect": "Allow", "Action": ["*", "iam:*"], "Resource": "*"},
		{"Effect": "Allow", "Action": "iam:Get*", "Resource": "*"},
		{"Effect": "Deny", "Action": "iam:PassRole", "Resource": "arn:aws:iam::111122223333:role/admin"},
	]}},
	"parameters": parameters,
}

test_named_roles_and_full_wildcards_are_clean if pass_role.violation == set() with input as near

denied := {
	"id": "p",
	"properties": {"PolicyDocument": {"Statement": [statement, {"Effect": "Deny", "Action": "iam:PassRole", "Resource": "*"}]}},
	"parameters": parameters,
}

test_denied_whole_is_clean if pass_role.violation == set() with input as denied

reserved := object.union(inline, {"properties": {"Path": "/aws-reserved/sso.amazonaws.com/"}})

test_a_reserved_role_is_left_out if pass_role.violation == set() with input as reserved

test_absent_and_malformed_are_clean if {
	pass_role.violation == set() with input as {"id": "p", "properties": {}, "parameters": parameters}
	pass_role.violation == set() with input as {
		"id": "p",
		"properties": {"PolicyDocument": "text", "Policies": [{"PolicyName": "x", "PolicyDocument": [1]}]},
		"parameters": parameters,
	}
}
