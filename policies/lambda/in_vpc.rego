# METADATA
# title: Lambda functions are in a VPC
# description: >-
#   In a VPC a function reaches private resources without the internet, and security groups, endpoints and flow logs say and show
#   where it connects to. It costs a way to the internet and some care: so this is looked at only where it is selected.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/lambda-controls.html#lambda-3
# custom:
#   id: lambda-in-vpc
#   severity: low
#   resource_types: [AWS::Lambda::Function]
#   related: [role]
#   enabled: false
#   controls:
#     nist_800_53: [AC-3, AC-3(7), AC-4, AC-4(21), AC-6, AC-21, SC-7, SC-7(3), SC-7(4), SC-7(9), SC-7(11), SC-7(16), SC-7(20), SC-7(21)]
#   parameters: {}
package rectify.lambda.in_vpc

import data.rectify.lib.execution_role
import data.rectify.lib.iam

violation contains {"msg": msg, "path": "/VpcConfig", "params": {"grant_interfaces": grant_interfaces}} if {
	outside
	msg := "The function is in no VPC."
}

outside if not input.properties.VpcConfig

outside if input.properties.VpcConfig == {}

outside if input.properties.VpcConfig.SubnetIds == []

default grant_interfaces := false

# Lambda refuses a VPC to a role that may not manage network interfaces, so a role that is not seen to may is granted it. A grant
# twice over harms nothing.
grant_interfaces if {
	input.related.role.id
	some action in interfaces
	not iam.allowed(statements, action, "*")
}

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions
interfaces := {
	"ec2:AssignPrivateIpAddresses",
	"ec2:CreateNetworkInterface",
	"ec2:DeleteNetworkInterface",
	"ec2:DescribeNetworkInterfaces",
	"ec2:DescribeSubnets",
	"ec2:UnassignPrivateIpAddresses",
}

statements := execution_role.statements(policies, arns, attached)

default policies := []

policies := input.related.role.properties.Policies

default arns := []

arns := input.related.role.properties.ManagedPolicyArns

default attached := []

attached := input.related.role.facts.AttachedPolicies
