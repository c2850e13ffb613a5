# METADATA
# title: API keys of REST API stages are limited by a usage plan
# description: >-
#   An API key by itself limits nothing: how fast and how much its holder may call is said by a usage plan. Without a rate and a quota
#   one customer, or whoever has got hold of their key, can use up what is there for all.
# related_resources:
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html
#   - ref: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-usageplan.html
# custom:
#   id: apigw-usage-plan
#   severity: medium
#   resource_types: [AWS::ApiGateway::Stage]
#   related: [methods, usage_plans]
#   controls:
#     owasp_serverless: [SAS-8]
#   parameters: {}
package rectify.apigateway.usage_plan

# Known only when the Region's plans were read.
violation contains {"msg": msg, "path": "/StageName", "params": {"plan": ""}} if {
	asks_for_keys
	count(input.related.usage_plans) == 0
	msg := "Methods ask for an API key, and the stage has no usage plan."
}

violation contains {"msg": msg, "path": "/StageName", "params": {"plan": plan.id}} if {
	asks_for_keys
	some plan in input.related.usage_plans
	lacks := concat(" and no ", [limit | some limit in ["quota", "throttle"]; not has(plan, limit)])
	lacks != ""
	msg := sprintf("The usage plan %s has no %s.", [plan.properties.UsagePlanName, lacks])
}

asks_for_keys if {
	some method in input.related.methods
	method.properties.ApiKeyRequired == true
}

has(plan, "quota") if plan.properties.Quota.Limit

has(plan, "throttle") if {
	plan.properties.Throttle.RateLimit
	plan.properties.Throttle.BurstLimit
}

# What is there and is not understood may have them.
has(plan, _) if is_known_only_later(plan.properties.Quota)

has(plan, _) if is_known_only_later(plan.properties.Throttle)

is_known_only_later(limit) if {
	is_object(limit)
	some name, _ in limit
	regex.match("^(Ref$|Fn::)", name)
}
