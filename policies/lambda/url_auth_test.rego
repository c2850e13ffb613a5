package rectify.lambda.url_auth_test

import data.rectify.lambda.url_auth

open_url := {"properties": {
	"TargetFunctionArn": "arn:aws:lambda:eu-west-1:111122223333:function:catalog",
	"AuthType": "NONE",
	"InvokeMode": "BUFFERED",
}}

iam_url := {"properties": {
	"TargetFunctionArn": "arn:aws:lambda:eu-west-1:111122223333:function:catalog",
	"AuthType": "AWS_IAM",
}}

# Without the type the document does not tell who gets in.
url_without_a_type := {"properties": {"TargetFunctionArn": "arn:aws:lambda:eu-west-1:111122223333:function:catalog"}}

# CORS for everyone is a matter of browsers, not of authentication.
iam_url_for_every_origin := {"properties": {
	"TargetFunctionArn": "arn:aws:lambda:eu-west-1:111122223333:function:catalog",
	"AuthType": "AWS_IAM",
	"Cors": {"AllowOrigins": ["*"]},
}}

test_open_url if {
	url_auth.violation == {{
		"msg": "The function URL answers everyone without authentication.",
		"path": "/AuthType",
		"params": {},
	}} with input as open_url
}

test_iam_url_is_clean if {
	count(url_auth.violation) == 0 with input as iam_url
}

test_absent_type_is_unknown if {
	count(url_auth.violation) == 0 with input as url_without_a_type
}

test_cors_for_everyone_is_clean if {
	count(url_auth.violation) == 0 with input as iam_url_for_every_origin
}
