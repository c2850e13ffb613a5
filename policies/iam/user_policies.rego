# METADATA
# title: Users get their rights through groups
# description: >-
#   Rights that hang on a single user are forgotten when the person changes teams, and nobody sees them who looks at the group.
#   With groups it is in one place who may do what.
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_groups.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-2
# custom:
#   id: iam-user-policies
#   severity: low
#   resource_types: [AWS::IAM::User]
#   related: []
#   controls:
#     fsbp: [IAM.2]
#     cis_aws: ["3.0.0/1.15"]
#     nist_800_53: [AC-2, AC-2(1), AC-3, AC-3(7), AC-3(15), AC-6, AC-6(3)]
#   parameters: {}
package rectify.iam.user_policies

import data.rectify.lib.iam

violation contains {
	"msg": "The user has policies of its own.",
	"path": "",
	"params": {},
} if {
	count(own) > 0
}

own contains policy.PolicyName if {
	some policy in iam.as_list(input.properties.Policies)
	is_string(policy.PolicyName)
}

own contains arn if {
	some arn in iam.as_list(input.properties.ManagedPolicyArns)
	is_string(arn)
}
