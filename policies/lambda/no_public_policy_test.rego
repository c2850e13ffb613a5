package rectify.lambda.no_public_policy_test

import data.rectify.lambda.no_public_policy

public := {
	"properties": {"FunctionName": "f", "Action": "lambda:InvokeFunction", "Principal": "*"},
	"facts": {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunction", "Resource": "arn"}},
}

test_everyone if {
	no_public_policy.violation == {{
		"msg": "The statement lets every AWS account invoke the function.",
		"path": "",
		"params": {},
	}} with input as public
}

open_url := {
	"properties": {"FunctionName": "f", "Action": "lambda:InvokeFunctionUrl", "Principal": "*", "FunctionUrlAuthType": "NONE"},
	"facts": {"Statement": {
		"Effect": "Allow",
		"Principal": {"AWS": "*"},
		"Action": "lambda:InvokeFunctionUrl",
		"Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
	}},
}

test_an_open_url if {
	{finding.msg | some finding in no_public_policy.violation} == {
		"The function URL is open: the statement lets anyone call it without signing in.",
	} with input as open_url
}

url_invocation := object.union(public, {"facts": {"Statement": {"Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}}}})

test_the_second_statement_of_an_open_url if {
	{finding.msg | some finding in no_public_policy.violation} == {
		"The function URL is open: the statement lets anyone call it without signing in.",
	} with input as url_invocation
}

template := {"properties": {"FunctionName": "f", "Action": "lambda:InvokeFunction", "Principal": "*"}, "facts": {}}

test_without_the_statement_the_properties_count if count(no_public_policy.violation) == 1 with input as template

organization := object.union(template, {"properties": {"PrincipalOrgID": "o-a1b2c3d4e5"}})

test_everyone_of_the_organization_is_clean if no_public_policy.violation == set() with input as organization

signed := object.union(open_url, {"facts": {"Statement": {"Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}}}})

test_a_url_with_iam_is_clean if no_public_policy.violation == set() with input as signed

narrowed := object.union(public, {"facts": {"Statement": {"Condition": {"StringEquals": {"aws:PrincipalAccount": "111122223333"}}}}})

test_another_condition_is_clean if no_public_policy.violation == set() with input as narrowed

service := {
	"properties": {"Principal": "sns.amazonaws.com"},
	"facts": {"Statement": {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}}},
}

test_a_service_is_clean if no_public_policy.violation == set() with input as service

test_absent_and_malformed_are_clean if {
	no_public_policy.violation == set() with input as {"properties": {}, "facts": {}}
	no_public_policy.violation == set() with input as {"properties": {}, "facts": {"Statement": "text"}}
}
