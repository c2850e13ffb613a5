# What a function's role may do, as far as its policies are known. Neither the permissions boundary nor the text of customer managed
# policies is looked into.
package rectify.lib.execution_role

import data.rectify.lib.iam
import data.rectify.lib.rights

# The statements of the inline policies, and of the attached policies whose text is known. Wildcard rights are left out: they are
# what other controls take away, and what a function needs must not go with them.
statements(policies, arns, attached) := array.concat(inline, managed) if {
	inline := [statement |
		some policy in iam.as_list(policies)
		some statement in rights.beside_wildcards(policy.PolicyDocument)
	]
	managed := [statement |
		some document in documents(arns, attached)
		some statement in rights.beside_wildcards(document)
	]
}

# The text of an attached policy counts only while the policy is attached. A plan attaches some that nobody has read yet.
documents(arns, attached) := array.concat(read, known) if {
	read := [policy.Document | some policy in iam.as_list(attached); policy.PolicyArn in iam.as_list(arns)]
	known := [attachable[name_of_aws(arn)] | some arn in unread(arns, attached)]
}

# Attached policies whose text is not known.
unknown(arns, attached) := [arn | some arn in unread(arns, attached); not attachable[name_of_aws(arn)]]

unread(arns, attached) := [arn |
	read := {policy.PolicyArn | some policy in iam.as_list(attached); policy.Document}
	some arn in iam.as_list(arns)
	not arn in read
]

# The path and name of a policy of AWS's own, in whatever partition; a customer's stays as it is.
name_of_aws(arn) := regex.replace(arn, `^arn:aws[a-z-]*:iam::aws:policy/`, "")

# The policies of AWS's own that playbooks attach.
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
attachable := {
	"AWSXRayDaemonWriteAccess": allow([
		"xray:GetSamplingRules",
		"xray:GetSamplingStatisticSummaries",
		"xray:GetSamplingTargets",
		"xray:PutTelemetryRecords",
		"xray:PutTraceSegments",
	]),
	"service-role/AWSLambdaBasicExecutionRole": allow([
		"logs:CreateLogGroup",
		"logs:CreateLogStream",
		"logs:PutLogEvents",
	]),
	"service-role/AWSLambdaVPCAccessExecutionRole": allow([
		"ec2:AssignPrivateIpAddresses",
		"ec2:CreateNetworkInterface",
		"ec2:DeleteNetworkInterface",
		"ec2:DescribeNetworkInterfaces",
		"ec2:DescribeSubnets",
		"ec2:UnassignPrivateIpAddresses",
		"logs:CreateLogGroup",
		"logs:CreateLogStream",
		"logs:PutLogEvents",
	]),
}

allow(actions) := {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
