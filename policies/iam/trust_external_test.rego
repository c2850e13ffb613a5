package rectify.iam.trust_external_test

import data.rectify.iam.trust_external

role(statements) := {
	"id": "partner",
	"account": "111122223333",
	"parameters": {"accounts": ["777788889999"]},
	"properties": {"AssumeRolePolicyDocument": {"Statement": statements}},
}

allow(principal) := {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}

accounts := {finding.params.account | some finding in trust_external.violation}

foreign := role([allow({"AWS": "arn:aws:iam::444455556666:root"})])

test_a_foreign_account if {
	trust_external.violation == {{
		"msg": "The role trusts the foreign account 444455556666 without an external id.",
		"path": "/AssumeRolePolicyDocument/Statement",
		"params": {"account": "444455556666"},
	}} with input as foreign
}

spellings := role([allow({"AWS": [
	"444455556666",
	"arn:aws:iam::555566667777:role/ci",
	"arn:aws:sts::666677778888:assumed-role/ci/x",
]})])

test_every_spelling if accounts == {"444455556666", "555566667777", "666677778888"} with input as spellings

known := role([allow({"AWS": ["111122223333", "arn:aws:iam::777788889999:root"]})])

test_own_and_known_accounts_are_clean if accounts == set() with input as known

others := role([
	allow({"Service": "lambda.amazonaws.com"}),
	allow("*"),
	allow({"AWS": "*"}),
	allow({"Federated": "arn:aws:iam::444455556666:saml-provider/x"}),
])

test_services_and_everyone_are_not_this if accounts == set() with input as others

asked(condition) := object.union(allow({"AWS": "444455556666"}), {"Condition": condition})

asking := role([
	asked({"StringEquals": {"sts:ExternalId": "7f3a"}}),
	asked({"StringEquals": {"STS:externalid": ["7f3a", "7f3b"]}}),
	asked({"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}),
	asked({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/r-ab12/*"}}),
])

test_an_external_id_or_an_organization_is_asked_for if accounts == set() with input as asking

for_account(account, condition) := object.union(allow({"AWS": account}), {"Condition": condition})

any_id := role([
	for_account("400000000001", {}),
	for_account("400000000002", {"StringLike": {"sts:ExternalId": "*"}}),
	for_account("400000000003", {"StringEquals": {"sts:ExternalId": []}}),
	for_account("400000000004", {"StringNotEquals": {"sts:ExternalId": "7f3a"}}),
	for_account("400000000005", {"StringEqualsIfExists": {"sts:ExternalId": "7f3a"}}),
	for_account("400000000006", {"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
])

test_any_external_id_is_none if count(accounts) == 6 with input as any_id

denied := role([object.union(allow({"AWS": "444455556666"}), {"Effect": "Deny"})])

of_aws := object.union(foreign, {"properties": {"Path": "/aws-service-role/x.amazonaws.com/"}})

test_a_deny_and_a_role_of_aws_are_clean if {
	accounts == set() with input as denied
	accounts == set() with input as of_aws
}

unknown := role([allow({"AWS": {"Ref": "Partner"}}), allow({"AWS": "AIDACKCEVSQ6C2EXAMPLE"})])

test_absent_and_unknown_are_clean if {
	accounts == set() with input as {"account": "111122223333", "parameters": {"accounts": []}, "properties": {}}
	accounts == set() with input as unknown
}
