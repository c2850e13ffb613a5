package rectify.apigateway.method_auth_test

import data.rectify.apigateway.method_auth

regional := {"properties": {"Name": "shop", "EndpointConfiguration": {"Types": ["REGIONAL"]}}}

private := {"properties": {"Name": "shop", "EndpointConfiguration": {"Types": ["PRIVATE"]}}}

for_everyone := {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}

open_method := {
	"properties": {"RestApiId": "a1b2c3", "ResourceId": "x1", "HttpMethod": "POST", "AuthorizationType": "NONE", "ApiKeyRequired": false},
	"facts": {"ResourcePath": "/orders"},
	"related": {"api": regional},
}

without_a_type := {
	"properties": {"RestApiId": "a1b2c3", "ResourceId": "x1", "HttpMethod": "GET"},
	"facts": {},
	"related": {"api": regional},
}

iam := {
	"properties": {"RestApiId": "a1b2c3", "ResourceId": "x1", "HttpMethod": "POST", "AuthorizationType": "AWS_IAM"},
	"facts": {"ResourcePath": "/orders"},
	"related": {"api": regional},
}

authorizer := {
	"properties": {"RestApiId": "a1b2c3", "ResourceId": "x1", "HttpMethod": "ANY", "AuthorizationType": "CUSTOM", "AuthorizerId": "au1"},
	"facts": {"ResourcePath": "/{proxy+}"},
	"related": {"api": regional},
}

api_key := {
	"properties": {"RestApiId": "a1b2c3", "ResourceId": "x1", "HttpMethod": "POST", "AuthorizationType": "NONE", "ApiKeyRequired": true},
	"facts": {"ResourcePath": "/orders"},
	"related": {"api": regional},
}

preflight := {
	"properties": {"RestApiId": "a1b2c3", "ResourceId": "x1", "HttpMethod": "OPTIONS", "AuthorizationType": "NONE"},
	"facts": {"ResourcePath": "/orders"},
	"related": {"api": regional},
}

unread_api := {
	"properties": {"RestApiId": "a1b2c3", "ResourceId": "x1", "HttpMethod": "POST", "AuthorizationType": "NONE"},
	"facts": {"ResourcePath": "/orders"},
	"related": {},
}

in_a_private_api := {
	"properties": {"RestApiId": "a1b2c3", "ResourceId": "x1", "HttpMethod": "POST", "AuthorizationType": "NONE"},
	"facts": {"ResourcePath": "/orders"},
	"related": {"api": private},
}

behind_an_address_range := {
	"properties": {"RestApiId": "a1b2c3", "ResourceId": "x1", "HttpMethod": "POST", "AuthorizationType": "NONE"},
	"facts": {"ResourcePath": "/orders"},
	"related": {"api": {"properties": {"Name": "shop", "Policy": {"Version": "2012-10-17", "Statement": [{
		"Effect": "Allow",
		"Principal": "*",
		"Action": "execute-api:Invoke",
		"Resource": "execute-api:/*",
		"Condition": {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24"]}},
	}]}}}},
}

denied_to_strangers := {
	"properties": {"RestApiId": "a1b2c3", "ResourceId": "x1", "HttpMethod": "POST", "AuthorizationType": "NONE"},
	"facts": {"ResourcePath": "/orders"},
	"related": {"api": {"properties": {"Name": "shop", "Policy": {"Version": "2012-10-17", "Statement": [
		for_everyone,
		{
			"Effect": "Deny",
			"Principal": "*",
			"Action": "execute-api:Invoke",
			"Resource": "execute-api:/*",
			"Condition": {"NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24"]}},
		},
	]}}}},
}

# There is a policy, but it keeps nobody out.
policy_for_everyone := {
	"properties": {"RestApiId": "a1b2c3", "ResourceId": "x1", "HttpMethod": "POST", "AuthorizationType": "NONE"},
	"facts": {"ResourcePath": "/orders"},
	"related": {"api": {"properties": {"Name": "shop", "Policy": {"Version": "2012-10-17", "Statement": [for_everyone]}}}},
}

unreadable_policy := {
	"properties": {"RestApiId": "a1b2c3", "ResourceId": "x1", "HttpMethod": "POST", "AuthorizationType": "NONE"},
	"facts": {"ResourcePath": "/orders"},
	"related": {"api": {"properties": {"Name": "shop", "Policy": {"Ref": "ApiPolicy"}}}},
}

open_finding := {{
	"msg": "POST /orders answers everyone: no authorizer, IAM or API key.",
	"path": "/AuthorizationType",
	"params": {"rest_api": "a1b2c3"},
}}

test_open_method if {
	method_auth.violation == open_finding with input as open_method
}

test_absent_type if {
	method_auth.violation == {{
		"msg": "GET of resource x1 answers everyone: no authorizer, IAM or API key.",
		"path": "/AuthorizationType",
		"params": {"rest_api": "a1b2c3"},
	}} with input as without_a_type
}

test_policy_that_lets_everyone_in if {
	method_auth.violation == open_finding with input as policy_for_everyone
}

test_iam_is_clean if {
	count(method_auth.violation) == 0 with input as iam
}

test_authorizer_is_clean if {
	count(method_auth.violation) == 0 with input as authorizer
}

test_api_key_is_clean if {
	count(method_auth.violation) == 0 with input as api_key
}

test_preflight_is_clean if {
	count(method_auth.violation) == 0 with input as preflight
}

test_unread_api_is_unknown if {
	count(method_auth.violation) == 0 with input as unread_api
}

test_private_api_is_clean if {
	count(method_auth.violation) == 0 with input as in_a_private_api
}

test_policy_with_a_condition_is_clean if {
	count(method_auth.violation) == 0 with input as behind_an_address_range
}

test_denied_to_strangers_is_clean if {
	count(method_auth.violation) == 0 with input as denied_to_strangers
}

test_unreadable_policy_is_unknown if {
	count(method_auth.violation) == 0 with input as unreadable_policy
}
