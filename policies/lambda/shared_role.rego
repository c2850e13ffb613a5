# METADATA
# title: No two Lambda functions share a role
# description: >-
#   A role that several functions use has the rights of all of them together, so a fault in the least of them opens what the others
#   may do, and nothing can be taken from one without asking all. A role of its own has what its function needs.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege
# custom:
#   id: lambda-shared-role
#   severity: medium
#   resource_types: [AWS::Lambda::Function]
#   related: []
#   controls:
#     owasp_serverless: [SAS-4]
#   parameters: {}
package rectify.lambda.shared_role

violation contains {"msg": msg, "path": "/Role", "params": {"others": others}} if {
	others := input.facts.RoleSharedWith
	count(others) > 0
	msg := sprintf("The function shares its role with %s.", [told(others)])
}

# Of many the first are told.
told(others) := concat(", ", others) if count(others) <= 5

told(others) := sprintf("%s and others", [concat(", ", array.slice(others, 0, 5))]) if count(others) > 5
