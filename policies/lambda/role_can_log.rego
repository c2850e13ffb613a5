# METADATA
# title: A function's role may write the function's log
# description: >-
#   Lambda writes what a function prints with the rights of its role, and drops it in silence where they do not suffice. Then nobody
#   sees errors, and after an incident there is nothing to read. A wildcard right does not count, for it is to go.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
#   - ref: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaBasicExecutionRole.html
# custom:
#   id: lambda-role-can-log
#   severity: low
#   resource_types: [AWS::Lambda::Function]
#   related: [role]
#   controls:
#     owasp_serverless: [SAS-5]
#   parameters: {}
package rectify.lambda.role_can_log

import data.rectify.lib.execution_role
import data.rectify.lib.iam
import data.rectify.lib.rights

violation contains {"msg": msg, "path": "/Role", "params": {"denied": denied}} if {
	name := input.related.role.id
	count(missing) > 0

	# A policy that is not known may allow it.
	count(execution_role.unknown(arns, attached)) == 0
	not rights.owned_by_aws(input.related.role.properties.Path)
	msg := sprintf("The function's role %s has no right of its own to write the log (%s).", [name, concat(", ", missing)])
}

missing := [action |
	some action, resources in needed
	not allowed(action, resources)
]

allowed(action, resources) if {
	some resource in resources
	iam.allowed(statements, action, resource)
}

# What an Allow does not help against.
default denied := false

denied if {
	some action in missing
	some resource in needed[action]
	iam.denied(statements, action, resource)
}

# A log stream's name has the date and the version in it: nobody grants a single one.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
needed := {
	"logs:CreateLogStream": [group, stream],
	"logs:PutLogEvents": [stream],
}

group := sprintf("arn:%s:logs:%s:%s:log-group:%s", [partition, input.region, input.account, group_name])

stream := concat(":", [group, "log-stream", "any"])

partition := split(input.properties.Role, ":")[1]

group_name := input.properties.LoggingConfig.LogGroup

group_name := sprintf("/aws/lambda/%s", [input.id]) if not input.properties.LoggingConfig.LogGroup

statements := execution_role.statements(policies, arns, attached)

default policies := []

policies := input.related.role.properties.Policies

default arns := []

arns := input.related.role.properties.ManagedPolicyArns

default attached := []

attached := input.related.role.facts.AttachedPolicies
