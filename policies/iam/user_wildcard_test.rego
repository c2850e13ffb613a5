package rectify.iam.user_wildcard_test

import data.rectify.iam.user_wildcard

statement := {"Effect": "Allow", "Action": ["s3:*", "sqs:SendMessage"], "Resource": "*"}

inline := {
	"id": "payments",
	"properties": {"UserName": "payments", "Policies": [{"PolicyName": "own", "PolicyDocument": {"Statement": [statement]}}]},
	"related": {"policies": []},
}

test_an_inline_statement if {
	found := user_wildcard.violation with input as inline
	found == {{
		"msg": "The inline policy own allows s3:* on every resource.",
		"path": `/Policies/[PolicyName="own"]/PolicyDocument/Statement`,
		"params": {
			"source": "inline",
			"policy": "own",
			"statement": statement,
			"keep": [{"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": "*"}],
		},
	}}
}

attached := {
	"id": "payments",
	"properties": {"UserName": "payments", "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]},
	"facts": {"AttachedPolicies": [{
		"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess",
		"Document": {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}},
	}]},
	"related": {"policies": []},
}

test_an_attached_aws_managed_policy if {
	user_wildcard.violation == {{
		"msg": "The attached policy arn:aws:iam::aws:policy/AdministratorAccess allows * on every resource.",
		"path": "/ManagedPolicyArns",
		"params": {"source": "aws_managed", "policy": "arn:aws:iam::aws:policy/AdministratorAccess", "keep": []},
	}} with input as attached
}

detached := object.union(attached, {"properties": {"ManagedPolicyArns": []}})

test_a_detached_one_is_clean if user_wildcard.violation == set() with input as detached

unknown := object.union(attached, {"facts": {"AttachedPolicies": [{"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}]}})

test_an_unknown_document_is_clean if user_wildcard.violation == set() with input as unknown

customer := {
	"id": "payments",
	"properties": {"UserName": "payments", "ManagedPolicyArns": ["arn:aws:iam::111122223333:policy/wide"]},
	"related": {"policies": [{
		"id": "arn:aws:iam::111122223333:policy/wide",
		"properties": {"PolicyDocument": {"Statement": [statement]}},
	}]},
}

test_an_attached_customer_managed_policy if {
	found := user_wildcard.violation with input as customer
	found == {{
		"msg": "The attached policy arn:aws:iam::111122223333:policy/wide allows s3:* on every resource.",
		"path": "/ManagedPolicyArns",
		"params": {
			"source": "customer_managed",
			"policy": "arn:aws:iam::111122223333:policy/wide",
			"statement": statement,
			"keep": [{"Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": "*"}],
		},
	}}
}

guarded := object.union(customer, {"properties": {"Policies": [{
	"PolicyName": "guard",
	"PolicyDocument": {"Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]},
}]}})

test_a_deny_in_another_policy_covers if user_wildcard.violation == set() with input as guarded

named := {
	"properties": {"Policies": [{
		"PolicyName": "own",
		"PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::payments/*"}]},
	}]},
	"related": {"policies": []},
}

test_named_resources_are_clean if user_wildcard.violation == set() with input as named

test_absent_members_are_clean if user_wildcard.violation == set() with input as {"properties": {}, "facts": {}, "related": {}}

malformed := {
	"properties": {"Policies": [{"PolicyName": "own", "PolicyDocument": "text"}, "text"], "ManagedPolicyArns": "text"},
	"facts": {"AttachedPolicies": [{"PolicyArn": "text", "Document": 1}]},
	"related": {"policies": [{"id": "p", "properties": {"PolicyDocument": null}}]},
}

test_malformed_members_are_clean if user_wildcard.violation == set() with input as malformed
