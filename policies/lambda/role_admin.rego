# METADATA
# title: A function's role has no wildcard rights
# description: >-
#   Whoever makes a function run his input as code has all that its role may do, and with a whole service, or with
#   everything, on every resource one fault is the whole account. The inline and the AWS managed policies of the role
#   are looked at here; customer managed ones are reported on the role itself, by iam-role-wildcard.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege
# custom:
#   id: lambda-role-admin
#   severity: high
#   resource_types: [AWS::Lambda::Function]
#   related: [role]
#   controls:
#     nist_800_53: [AC-3, AC-5, AC-6(2), AC-6(10), CM-5(1)]
#     owasp_serverless: [SAS-4]
#   parameters: {}
package rectify.lambda.role_admin

import data.rectify.lib.iam
import data.rectify.lib.rights

violation contains {
	"msg": sprintf("The function's role %s has wildcard rights. %s", [input.related.role.id, edit.msg]),
	"path": "/Role",
	"params": edit.params,
} if {
	some edit in edits
	not rights.owned_by_aws(input.related.role.properties.Path)
}

edits contains edit if some edit in rights.inline(input.related.role.properties.Policies, denies)

edits contains edit if some edit in rights.aws_managed(arns, attached, denies)

arns := input.related.role.properties.ManagedPolicyArns

attached := input.related.role.facts.AttachedPolicies

denies := rights.denies(documents)

documents contains policy.PolicyDocument if some policy in iam.as_list(input.related.role.properties.Policies)

documents contains policy.Document if some policy in rights.attached_policies(arns, attached)
