package rectify.apigateway.alarm_5xx_test

import data.rectify.apigateway.alarm_5xx

alarm(metric, dimensions) := {"properties": {
	"AlarmName": metric,
	"Namespace": "AWS/ApiGateway",
	"MetricName": metric,
	"Dimensions": [{"Name": name, "Value": value} | some name, value in dimensions],
}}

stage(alarms) := {
	"id": "a1b2c3d4e5|prod",
	"properties": {"RestApiId": "a1b2c3d4e5", "StageName": "prod"},
	"related": {"api": {"id": "a1b2c3d4e5", "properties": {"Name": "shop"}}, "alarms": alarms},
}

test_no_alarm if {
	alarm_5xx.violation == {{
		"msg": "No alarm watches the stage's server errors.",
		"path": "",
		"params": {"api": "shop", "alarm": "apigateway-shop-prod-5xx"},
	}} with input as stage([])
}

test_an_alarm_is_clean if {
	alarm_5xx.violation == set() with input as stage([alarm("5XXError", {"ApiName": "shop", "Stage": "prod"})])
}

test_an_alarm_on_the_api_is_clean if {
	alarm_5xx.violation == set() with input as stage([alarm("5XXError", {"ApiName": "shop"})])
}

test_what_looks_like_it_is_not if {
	count(alarm_5xx.violation) == 1 with input as stage([
		alarm("5XXError", {"ApiName": "shop", "Stage": "staging"}),
		alarm("5XXError", {"ApiName": "storefront", "Stage": "prod"}),
		alarm("5XXError", {"ApiName": "shop", "Stage": "prod", "Method": "GET", "Resource": "/orders"}),
		alarm("4XXError", {"ApiName": "shop", "Stage": "prod"}),
	])
}

test_unread_is_unknown if {
	alarm_5xx.violation == set() with input as object.union(stage([]), {"related": {"api": {"properties": {"Name": {"Ref": "N"}}}}})
	alarm_5xx.violation == set() with input as object.remove(stage([]), ["related"])
}
