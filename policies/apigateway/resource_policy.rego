# METADATA
# title: A REST API's resource policy does not let everyone in
# description: >-
#   A statement for the principal * that no condition narrows lets everyone call the methods that it names, from every account and
#   every network. What asks for IAM authentication is then open to every AWS account, and everything else to anyone.
# related_resources:
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies.html
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
#   - ref: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-create-attach.html
# custom:
#   id: apigw-resource-policy
#   severity: high
#   resource_types: [AWS::ApiGateway::RestApi]
#   related: []
#   controls:
#     owasp_serverless: [SAS-2]
#   parameters: {}
package rectify.apigateway.resource_policy

import data.rectify.lib.iam
import data.rectify.lib.principal

violation contains {
	"msg": "The resource policy lets everyone call the API.",
	"path": "/Policy/Statement",
	"params": {"statement": statement, "keep": keep(statement), "rest_api": input.id},
} if {
	some statement in public_statements
}

public_statements := principal.public_statements(input.properties.Policy)

# The principals that the statement names beside everyone.
keep(statement) := principal.without_everyone(statement) if allows_somebody

# An API without a policy is open to everyone, and one whose policy allows nobody is closed to its own account too. Where nothing
# would be left that allows anything, the statement stays for the account alone: what it does not name was not allowed before.
keep(statement) := [object.union(object.remove(statement, ["Principal", "NotPrincipal"]), {"Principal": {"AWS": own_account}})] if {
	not allows_somebody
}

allows_somebody if {
	some statement in remaining
	statement.Effect == "Allow"
}

remaining := [rest |
	some statement in iam.statements(input.properties.Policy)
	some rest in {true: principal.without_everyone(statement), false: [statement]}[statement in public_statements]
]

own_account := sprintf("arn:%s:iam::%s:root", [partition, input.account])

default partition := "aws"

partition := split(input.arn, ":")[1]
