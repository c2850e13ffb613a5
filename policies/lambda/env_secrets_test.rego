package rectify.lambda.env_secrets_test

import data.rectify.lambda.env_secrets

fingerprint := "hmac-sha256:0123456789abcdef"

two_secrets := {
	"properties": {"FunctionName": "payments", "Environment": {"Variables": {
		"PAYMENT_KEY": fingerprint,
		"DATABASE_URL": fingerprint,
		"TABLE": fingerprint,
	}}},
	"facts": {"EnvironmentVariables": {
		"PAYMENT_KEY": {"Length": 32, "SecretFormat": "stripe-key"},
		"DATABASE_URL": {"Length": 58, "SecretFormat": "url-with-password"},
		"TABLE": {"Length": 6},
	}},
}

no_secret := {
	"properties": {"FunctionName": "payments", "Environment": {"Variables": {"TABLE": fingerprint}}},
	"facts": {"EnvironmentVariables": {"TABLE": {"Length": 6}}},
}

no_environment := {"properties": {"FunctionName": "payments"}, "facts": {}}

# The name says secret, the value is a reference to one: it has no format.
reference := {
	"properties": {"FunctionName": "payments", "Environment": {"Variables": {"API_SECRET_ARN": fingerprint}}},
	"facts": {"EnvironmentVariables": {"API_SECRET_ARN": {"Length": 80}}},
}

# The variable is gone from the planned document, the fact of the last reading is still there.
removed := {
	"properties": {"FunctionName": "payments", "Environment": {"Variables": {"TABLE": fingerprint}}},
	"facts": {"EnvironmentVariables": {"TABLE": {"Length": 6}, "PAYMENT_KEY": {"Length": 32, "SecretFormat": "stripe-key"}}},
}

unread := {"properties": {"FunctionName": "payments", "Environment": {"Variables": {"PAYMENT_KEY": fingerprint}}}}

test_one_violation_a_variable if {
	env_secrets.violation == {
		{
			"msg": "The environment variable DATABASE_URL holds a secret (url-with-password).",
			"path": "/Environment/Variables/DATABASE_URL",
			"params": {"variable": "DATABASE_URL", "format": "url-with-password"},
		},
		{
			"msg": "The environment variable PAYMENT_KEY holds a secret (stripe-key).",
			"path": "/Environment/Variables/PAYMENT_KEY",
			"params": {"variable": "PAYMENT_KEY", "format": "stripe-key"},
		},
	} with input as two_secrets
}

test_no_secret_is_clean if {
	count(env_secrets.violation) == 0 with input as no_secret
}

test_no_environment_is_clean if {
	count(env_secrets.violation) == 0 with input as no_environment
}

test_reference_is_clean if {
	count(env_secrets.violation) == 0 with input as reference
}

test_removed_variable_is_clean if {
	count(env_secrets.violation) == 0 with input as removed
}

test_unread_facts_are_unknown if {
	count(env_secrets.violation) == 0 with input as unread
}
