package rectify.lambda.layer_public_test

import data.rectify.lambda.layer_public

arn := "arn:aws:lambda:eu-west-1:111122223333:layer:tools:3"

statement := {"Sid": "all", "Effect": "Allow", "Principal": "*", "Action": "lambda:GetLayerVersion", "Resource": arn}

public := {
	"properties": {"LayerVersionArn": arn, "Action": "lambda:GetLayerVersion", "Principal": "*"},
	"facts": {"Statement": statement},
}

test_everyone if {
	layer_public.violation == {{
		"msg": "The statement lets every AWS account use and download this version of the layer.",
		"path": "",
		"params": {},
	}} with input as public
}

template := {"properties": {"LayerVersionArn": arn, "Principal": "*"}, "facts": {}}

test_without_the_statement_the_properties_count if count(layer_public.violation) == 1 with input as template

own := object.union(public, {"facts": {"Statement": {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}}})

test_everyone_of_the_organization_is_clean if layer_public.violation == set() with input as own

planned := object.union(template, {"properties": {"OrganizationId": "o-a1b2c3d4e5"}})

test_an_organization_in_a_template_is_clean if layer_public.violation == set() with input as planned

reference := object.union(template, {"properties": {"OrganizationId": {"Ref": "Organization"}}})

test_an_organization_that_is_not_known_yet_is_clean if layer_public.violation == set() with input as reference

account := {
	"properties": {"LayerVersionArn": arn, "Principal": "444455556666"},
	"facts": {"Statement": object.union(statement, {"Principal": {"AWS": "arn:aws:iam::444455556666:root"}})},
}

test_one_account_is_clean if layer_public.violation == set() with input as account

test_absent_and_malformed_are_clean if {
	layer_public.violation == set() with input as {"properties": {}, "facts": {}}
	layer_public.violation == set() with input as {"properties": {}, "facts": {"Statement": "text"}}
}
