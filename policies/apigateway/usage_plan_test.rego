package rectify.apigateway.usage_plan_test

import data.rectify.apigateway.usage_plan

with_key := {"properties": {"HttpMethod": "POST", "ApiKeyRequired": true}}

without_key := {"properties": {"HttpMethod": "GET", "ApiKeyRequired": false}}

stage(methods, plans) := {
	"id": "a1b2c3|prod",
	"properties": {"RestApiId": "a1b2c3", "StageName": "prod"},
	"related": {"methods": methods, "usage_plans": plans},
}

plan(id, limits) := {"id": id, "properties": object.union({"UsagePlanName": "partners", "ApiStages": [{"ApiId": "a1b2c3", "Stage": "prod"}]}, limits)}

throttle := {"RateLimit": 10, "BurstLimit": 5}

quota := {"Limit": 1000, "Period": "DAY"}

no_plan := stage([without_key, with_key], [])

bare_plan := stage([with_key], [plan("p1", {})])

without_quota := stage([with_key], [plan("p1", {"Throttle": throttle}), plan("p2", {"Throttle": throttle, "Quota": quota})])

without_burst := stage([with_key], [plan("p1", {"Throttle": {"RateLimit": 10}, "Quota": quota})])

limited := stage([with_key], [plan("p1", {"Throttle": throttle, "Quota": quota})])

# A limit of zero turns every call away.
closed := stage([with_key], [plan("p1", {"Throttle": {"RateLimit": 0, "BurstLimit": 0}, "Quota": {"Limit": 0, "Period": "DAY"}})])

# No method asks for a key: what the plan says is for none of its calls.
no_keys := stage([without_key], [])

unread_methods := {"id": "a1b2c3|prod", "properties": {"StageName": "prod"}, "related": {"usage_plans": []}}

unread_plans := {"id": "a1b2c3|prod", "properties": {"StageName": "prod"}, "related": {"methods": [with_key]}}

unresolved := stage([with_key], [plan("p1", {"Throttle": {"Fn::If": ["Prod", {}, {}]}, "Quota": {"Ref": "Quota"}})])

test_no_plan if {
	usage_plan.violation == {{
		"msg": "Methods ask for an API key, and the stage has no usage plan.",
		"path": "/StageName",
		"params": {"plan": ""},
	}} with input as no_plan
}

test_plan_without_limits if {
	usage_plan.violation == {{
		"msg": "The usage plan partners has no quota and no throttle.",
		"path": "/StageName",
		"params": {"plan": "p1"},
	}} with input as bare_plan
}

test_one_of_two_plans_without_a_quota if {
	usage_plan.violation == {{
		"msg": "The usage plan partners has no quota.",
		"path": "/StageName",
		"params": {"plan": "p1"},
	}} with input as without_quota
}

test_rate_without_a_burst if {
	usage_plan.violation == {{
		"msg": "The usage plan partners has no throttle.",
		"path": "/StageName",
		"params": {"plan": "p1"},
	}} with input as without_burst
}

test_limited_is_clean if {
	count(usage_plan.violation) == 0 with input as limited
}

test_zero_is_a_limit if {
	count(usage_plan.violation) == 0 with input as closed
}

test_without_keys_is_clean if {
	count(usage_plan.violation) == 0 with input as no_keys
}

test_unread_neighbours_are_unknown if {
	count(usage_plan.violation) == 0 with input as unread_methods
	count(usage_plan.violation) == 0 with input as unread_plans
}

test_unresolved_is_unknown if {
	count(usage_plan.violation) == 0 with input as unresolved
}
