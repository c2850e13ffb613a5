package rectify.apigateway.throttling_test

import data.rectify.apigateway.throttling

limits := {"rate": 2000, "burst": 1000}

default_finding(drop_rate, drop_burst) := {
	"msg": "The stage has no rate and burst limit for every method.",
	"path": "/MethodSettings",
	"params": {
		"resource_path": "/*",
		"http_method": "*",
		"rate": 2000,
		"burst": 1000,
		"limit_rate": true,
		"limit_burst": true,
		"drop_rate": drop_rate,
		"drop_burst": drop_burst,
	},
}

no_settings := {"parameters": limits, "properties": {"RestApiId": "a1b2c3", "StageName": "prod"}}

no_limits := {"parameters": limits, "properties": {"MethodSettings": [{
	"ResourcePath": "/*",
	"HttpMethod": "*",
	"LoggingLevel": "ERROR",
}]}}

only_a_rate := {"parameters": limits, "properties": {"MethodSettings": [{
	"ResourcePath": "/*",
	"HttpMethod": "*",
	"ThrottlingRateLimit": 50,
}]}}

# What API Gateway fills in: the account's quota.
as_high_as_the_quota := {"parameters": limits, "properties": {"MethodSettings": [{
	"ResourcePath": "/*",
	"HttpMethod": "*",
	"ThrottlingRateLimit": 10000,
	"ThrottlingBurstLimit": 5000,
}]}}

negative := {"parameters": limits, "properties": {"MethodSettings": [{
	"ResourcePath": "/*",
	"HttpMethod": "*",
	"ThrottlingRateLimit": -1,
	"ThrottlingBurstLimit": 100,
}]}}

strict := {"parameters": limits, "properties": {"MethodSettings": [{
	"ResourcePath": "/*",
	"HttpMethod": "*",
	"ThrottlingRateLimit": 25.5,
	"ThrottlingBurstLimit": 10,
}]}}

closed := {"parameters": limits, "properties": {"MethodSettings": [{
	"ResourcePath": "/*",
	"HttpMethod": "*",
	"ThrottlingRateLimit": 0,
	"ThrottlingBurstLimit": 0,
}]}}

exactly := {"parameters": limits, "properties": {"MethodSettings": [{
	"ResourcePath": "/*",
	"HttpMethod": "*",
	"ThrottlingRateLimit": 2000,
	"ThrottlingBurstLimit": 1000,
}]}}

# Only GETs are limited.
one_method := {"parameters": limits, "properties": {"MethodSettings": [{
	"ResourcePath": "/*",
	"HttpMethod": "GET",
	"ThrottlingRateLimit": 10,
	"ThrottlingBurstLimit": 10,
}]}}

let_off := {"parameters": limits, "properties": {"MethodSettings": [
	{"ResourcePath": "/*", "HttpMethod": "*", "ThrottlingRateLimit": 50, "ThrottlingBurstLimit": 20},
	{"ResourcePath": "/~1orders", "HttpMethod": "POST", "ThrottlingRateLimit": -1},
	{"ResourcePath": "/~1items", "HttpMethod": "GET", "ThrottlingRateLimit": 60, "ThrottlingBurstLimit": 5000},
]}}

stricter_override := {"parameters": limits, "properties": {"MethodSettings": [
	{"ResourcePath": "/*", "HttpMethod": "*", "ThrottlingRateLimit": 50, "ThrottlingBurstLimit": 20},
	{"ResourcePath": "/~1orders", "HttpMethod": "POST", "ThrottlingRateLimit": 5, "ThrottlingBurstLimit": 2},
	{"ResourcePath": "/~1items", "HttpMethod": "GET", "LoggingLevel": "INFO"},
]}}

unresolved := {"parameters": limits, "properties": {"MethodSettings": [{
	"ResourcePath": "/*",
	"HttpMethod": "*",
	"ThrottlingRateLimit": {"Ref": "Rate"},
	"ThrottlingBurstLimit": {"Ref": "Burst"},
}]}}

test_no_settings if {
	throttling.violation == {default_finding(false, false)} with input as no_settings
}

test_no_limits if {
	throttling.violation == {default_finding(false, false)} with input as no_limits
}

test_only_a_rate if {
	throttling.violation == {default_finding(false, false)} with input as only_a_rate
}

test_as_high_as_the_quota if {
	throttling.violation == {default_finding(false, false)} with input as as_high_as_the_quota
}

test_negative_means_no_limit if {
	throttling.violation == {default_finding(true, false)} with input as negative
}

test_limits_of_one_method_are_not_the_stage_s if {
	throttling.violation == {default_finding(false, false)} with input as one_method
}

test_strict_is_clean if {
	count(throttling.violation) == 0 with input as strict
}

test_zero_is_clean if {
	count(throttling.violation) == 0 with input as closed
}

test_the_limit_itself_is_clean if {
	count(throttling.violation) == 0 with input as exactly
}

test_stricter_override_is_clean if {
	count(throttling.violation) == 0 with input as stricter_override
}

test_unresolved_is_unknown if {
	count(throttling.violation) == 0 with input as unresolved
}

test_methods_that_are_let_off if {
	throttling.violation == {
		{
			"msg": "POST /orders is let off the stage's limits.",
			"path": "/MethodSettings/1",
			"params": {
				"resource_path": "/~1orders",
				"http_method": "POST",
				"rate": 2000,
				"burst": 1000,
				"limit_rate": true,
				"limit_burst": false,
				"drop_rate": true,
				"drop_burst": false,
			},
		},
		{
			"msg": "GET /items is let off the stage's limits.",
			"path": "/MethodSettings/2",
			"params": {
				"resource_path": "/~1items",
				"http_method": "GET",
				"rate": 2000,
				"burst": 1000,
				"limit_rate": false,
				"limit_burst": true,
				"drop_rate": false,
				"drop_burst": false,
			},
		},
	} with input as let_off
}
