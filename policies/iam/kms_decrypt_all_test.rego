package rectify.iam.kms_decrypt_all_test

import data.rectify.iam.kms_decrypt_all

key := "arn:aws:kms:eu-west-1:111122223333:key/5f0c1d2e-0000-4000-8000-000000000001"

parameters := {"keys": [key]}

statement := {"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject", "kms:Decrypt"], "Resource": "*"}

narrowed := [
	{"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "*"},
	{"Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": [key]},
]

policy := {
	"id": "arn:aws:iam::111122223333:policy/p",
	"properties": {"PolicyDocument": {"Statement": [statement]}},
	"parameters": parameters,
}

test_a_managed_policy if {
	found := kms_decrypt_all.violation with input as policy
	found == {{
		"msg": "The policy allows decryption with every key (kms:Decrypt).",
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
	"id": "export",
	"properties": {"Policies": [{"PolicyName": "own", "PolicyDocument": {"Statement": [statement]}}]},
	"parameters": parameters,
}

test_an_inline_policy if {
	found := kms_decrypt_all.violation with input as inline
	found == {{
		"msg": "The inline policy own allows decryption with every key (kms:Decrypt).",
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
	"id": "export",
	"properties": {"ManagedPolicyArns": ["arn:aws:iam::aws:policy/Reader"]},
	"facts": {"AttachedPolicies": [{"PolicyArn": "arn:aws:iam::aws:policy/Reader", "Document": {"Statement": [statement]}}]},
	"parameters": parameters,
}

test_an_aws_managed_policy_is_for_a_person if {
	kms_decrypt_all.violation == {{
		"msg": "The attached policy arn:aws:iam::aws:policy/Reader allows decryption with every key.",
		"path": "/ManagedPolicyArns",
		"params": {"source": "aws_managed", "policy": "arn:aws:iam::aws:policy/Reader", "fixable": false},
	}} with input as attached
}

patterns := {
	"id": "p",
	"properties": {"PolicyDocument": {"Statement": [
		{"Effect": "Allow", "Action": "kms:ReEncrypt*", "Resource": "arn:aws:kms:*:111122223333:key/*"},
		{"Effect": "Allow", "Action": "kms:De*", "Resource": "*"},
		{"Effect": "Allow", "Action": "kms:*", "Resource": "arn:aws:kms:eu-west-1:*:key/*"},
	]}},
	"parameters": parameters,
}

test_patterns_of_more_are_for_a_person if {
	{finding.msg: finding.params.fixable | some finding in kms_decrypt_all.violation} == {
		"The policy allows decryption with every key (kms:ReEncrypt*).": true,
		"The policy allows decryption with every key (kms:De*).": false,
		"The policy allows decryption with every key (kms:*).": false,
	} with input as patterns
}

near := {
	"id": "p",
	"properties": {"PolicyDocument": {"Statement": [
		{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key},
		{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "arn:aws:kms:eu-west-1:111122223333:key/*"},
		{"Effect": "Allow", "Action": ["kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncryptTo"], "Resource": "*"},
		{"Effect": "Allow", "Action": ["*", "kms:*"], "Resource": "*"},
		{"Effect": "Deny", "Action": "kms:Decrypt", "Resource": key},
	]}},
	"parameters": parameters,
}

test_named_keys_and_full_wildcards_are_clean if kms_decrypt_all.violation == set() with input as near

denied := {
	"id": "p",
	"properties": {"PolicyDocument": {"Statement": [statement, {"Effect": "Deny", "Action": "kms:*", "Resource": "*"}]}},
	"parameters": parameters,
}

test_denied_whole_is_clean if kms_decrypt_all.violation == set() with input as denied

reserved := object.union(inline, {"properties": {"Path": "/aws-reserved/sso.amazonaws.com/"}})

test_a_reserved_role_is_left_out if kms_decrypt_all.violation == set() with input as reserved

test_absent_and_malformed_are_clean if {
	kms_decrypt_all.violation == set() with input as {"id": "p", "properties": {}, "parameters": parameters}
	kms_decrypt_all.violation == set() with input as {
		"id": "p",
		"properties": {"PolicyDocument": "text", "Policies": [{"PolicyName": "x", "PolicyDocument": [1]}]},
		"parameters": parameters,
	}
}
