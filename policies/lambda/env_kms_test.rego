package rectify.lambda.env_kms_test

import data.rectify.lambda.env_kms

key := "arn:aws:kms:eu-west-1:111122223333:key/1a2b3c4d-0000-4000-8000-000000000001"

fingerprint := "hmac-sha256:0123456789abcdef"

no_key := {"properties": {"FunctionName": "payments", "Environment": {"Variables": {"TABLE": fingerprint}}}}

empty_key := {"properties": {
	"FunctionName": "payments",
	"Environment": {"Variables": {"TABLE": fingerprint}},
	"KmsKeyArn": "",
}}

with_key := {"properties": {
	"FunctionName": "payments",
	"Environment": {"Variables": {"TABLE": fingerprint}},
	"KmsKeyArn": key,
}}

no_environment := {"properties": {"FunctionName": "payments"}}

# Nothing stands in it, so nothing is to be encrypted.
empty_environment := {"properties": {"FunctionName": "payments", "Environment": {"Variables": {}}}}

test_no_key if {
	env_kms.violation == {{
		"msg": "The environment variables are not encrypted with a customer managed key.",
		"path": "/KmsKeyArn",
		"params": {},
	}} with input as no_key
}

test_empty_key if {
	count(env_kms.violation) == 1 with input as empty_key
}

test_with_key_is_clean if {
	count(env_kms.violation) == 0 with input as with_key
}

test_no_environment_is_clean if {
	count(env_kms.violation) == 0 with input as no_environment
}

test_empty_environment_is_clean if {
	count(env_kms.violation) == 0 with input as empty_environment
}
