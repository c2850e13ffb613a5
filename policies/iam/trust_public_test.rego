package rectify.iam.trust_public_test

import data.rectify.iam.trust_public

lambda_trust := {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}

public_trust := {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}

open := {"properties": {"RoleName": "r", "AssumeRolePolicyDocument": {"Statement": [public_trust, lambda_trust]}}}

test_everyone if {
	found := trust_public.violation with input as open
	found == {{
		"msg": "The trust policy lets every AWS principal assume the role.",
		"path": "/AssumeRolePolicyDocument/Statement",
		"params": {"statement": public_trust, "keep": []},
	}}
}

alone := {"properties": {"RoleName": "r", "AssumeRolePolicyDocument": {"Statement": public_trust}}}

test_a_policy_of_nothing_else_gets_a_stand_in if {
	{finding.params.keep | some finding in trust_public.violation} == {[{
		"Sid": "RectifyTrustsNobody",
		"Effect": "Deny",
		"Principal": {"AWS": "*"},
		"Action": "sts:AssumeRole",
	}]} with input as alone
}

external := {"properties": {"AssumeRolePolicyDocument": {"Statement": [object.union(public_trust, {
	"Condition": {"StringEquals": {"sts:ExternalId": "x"}},
})]}}}

test_an_external_id_is_no_secret if count(trust_public.violation) == 1 with input as external

organization := {"properties": {"AssumeRolePolicyDocument": {"Statement": [object.union(public_trust, {
	"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
})]}}}

test_everyone_of_the_organization_is_clean if trust_public.violation == set() with input as organization

account := {"properties": {"AssumeRolePolicyDocument": {"Statement": [
	lambda_trust,
	{"Effect": "Allow", "Principal": {"AWS": ["arn:aws:iam::111122223333:root"]}, "Action": "sts:AssumeRole"},
	{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"},
]}}}

test_named_principals_are_clean if trust_public.violation == set() with input as account

service_linked := object.union(open, {"properties": {"Path": "/aws-service-role/support.amazonaws.com/"}})

test_a_service_linked_role_is_left_out if trust_public.violation == set() with input as service_linked

test_absent_and_malformed_are_clean if {
	trust_public.violation == set() with input as {"properties": {}}
	trust_public.violation == set() with input as {"properties": {"AssumeRolePolicyDocument": "text"}}
}
