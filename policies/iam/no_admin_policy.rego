# METADATA
# title: A customer managed policy does not allow everything on everything
# description: >-
#   A policy with Allow, Action * and Resource * makes an administrator of every user, group and role that it is ever
#   attached to. One stolen session of any of them is then the whole account.
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-1
#   - ref: https://docs.aws.amazon.com/config/latest/developerguide/iam-policy-no-statements-with-admin-access.html
# custom:
#   id: iam-no-admin-policy
#   severity: high
#   resource_types: [AWS::IAM::ManagedPolicy]
#   related: []
#   controls:
#     fsbp: [IAM.1]
#     cis_aws: ["3.0.0/1.16"]
#     nist_800_53: [AC-2, AC-2(1), AC-3, AC-3(7), AC-3(15), AC-5, AC-6, AC-6(2), AC-6(3), AC-6(10)]
#   parameters: {}
package rectify.iam.no_admin_policy

import data.rectify.lib.iam
import data.rectify.lib.rights

# As IAM.1 does, this looks at Action alone: a NotAction is a wildcard right of those who hold the policy, and
# reported there.
violation contains {
	"msg": "The policy allows every action on every resource.",
	"path": "/PolicyDocument/Statement",
	"params": rights.customer_managed_params(input.id, statement, input.properties.PolicyDocument),
} if {
	some statement in iam.statements(input.properties.PolicyDocument)
	some action in rights.wildcard_actions(statement, iam.statements(input.properties.PolicyDocument))
	iam.all_actions(action)
}
