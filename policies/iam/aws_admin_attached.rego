# METADATA
# title: AWS's administrator policies are not attached
# description: >-
#   AdministratorAccess gives everything, IAMFullAccess lets its holder give it to himself, and PowerUserAccess is
#   everything but IAM. Only roles that are kept for emergencies, and named so, should hold one of them.
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_job-functions.html
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#bp-use-aws-defined-policies
# custom:
#   id: iam-aws-admin-attached
#   severity: high
#   resource_types: [AWS::IAM::Role, AWS::IAM::User, AWS::IAM::Group]
#   related: []
#   controls:
#     cis_aws: ["3.0.0/1.16"]
#     nist_800_53: [AC-2(1), AC-2(6), AC-3, AC-3(7), AC-3(15), AC-5, AC-6, AC-6(2), AC-6(3), AC-6(10)]
#   parameters:
#     break_glass_roles:
#       type: list
#       default: []
#       description: Names, or patterns with *, of the roles that may hold an administrator policy.
package rectify.iam.aws_admin_attached

import data.rectify.lib.iam
import data.rectify.lib.rights

violation contains {
	"msg": sprintf("The AWS managed policy %s is attached.", [regex.replace(arn, `^.*/`, "")]),
	"path": "/ManagedPolicyArns",
	"params": {"policy": arn},
} if {
	some arn in iam.as_list(input.properties.ManagedPolicyArns)
	# Every partition has its own: aws, aws-cn, aws-us-gov.
	regex.match(`^arn:aws[a-z-]*:iam::aws:policy/(AdministratorAccess|PowerUserAccess|IAMFullAccess)$`, arn)
	not break_glass
	not rights.owned_by_aws(input.properties.Path)
}

break_glass if {
	some pattern in input.parameters.break_glass_roles
	iam.matches(pattern, input.properties.RoleName)
}
