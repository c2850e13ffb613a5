package rectify.apigateway.v2_throttling_test

import data.rectify.apigateway.v2_throttling

limits := {"rate": 2000, "burst": 1000}

finding(drop_rate, drop_burst) := {
	"msg": "The stage has no rate and burst limit on its default route.",
	"path": "/DefaultRouteSettings",
	"params": {"rate": 2000, "burst": 1000, "drop_rate": drop_rate, "drop_burst": drop_burst},
}

no_settings := {"parameters": limits, "properties": {"ApiId": "h1", "StageName": "$default"}}

other_settings := {"parameters": limits, "properties": {"DefaultRouteSettings": {"DetailedMetricsEnabled": true}}}

only_a_burst := {"parameters": limits, "properties": {"DefaultRouteSettings": {"ThrottlingBurstLimit": 10}}}

as_high_as_the_quota := {"parameters": limits, "properties": {"DefaultRouteSettings": {
	"ThrottlingRateLimit": 10000,
	"ThrottlingBurstLimit": 5000,
}}}

negative := {"parameters": limits, "properties": {"DefaultRouteSettings": {
	"ThrottlingRateLimit": 10,
	"ThrottlingBurstLimit": -1,
}}}

strict := {"parameters": limits, "properties": {"DefaultRouteSettings": {
	"ThrottlingRateLimit": 10,
	"ThrottlingBurstLimit": 0,
}}}

# A route of its own has limits, the default has none.
one_route := {"parameters": limits, "properties": {"RouteSettings": {"GET /items": {
	"ThrottlingRateLimit": 10,
	"ThrottlingBurstLimit": 10,
}}}}

unresolved := {"parameters": limits, "properties": {"DefaultRouteSettings": {
	"ThrottlingRateLimit": {"Ref": "Rate"},
	"ThrottlingBurstLimit": 10,
}}}

test_no_settings if {
	v2_throttling.violation == {finding(false, false)} with input as no_settings
}

test_other_settings if {
	v2_throttling.violation == {finding(false, false)} with input as other_settings
}

test_only_a_burst if {
	v2_throttling.violation == {finding(false, false)} with input as only_a_burst
}

test_as_high_as_the_quota if {
	v2_throttling.violation == {finding(false, false)} with input as as_high_as_the_quota
}

test_negative_means_no_limit if {
	v2_throttling.violation == {finding(false, true)} with input as negative
}

test_limits_of_one_route_are_not_the_default if {
	v2_throttling.violation == {finding(false, false)} with input as one_route
}

test_strict_is_clean if {
	count(v2_throttling.violation) == 0 with input as strict
}

test_unresolved_is_unknown if {
	count(v2_throttling.violation) == 0 with input as unresolved
}
