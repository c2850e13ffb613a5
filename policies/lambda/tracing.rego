# METADATA
# title: Lambda functions are traced with AWS X-Ray
# description: >-
#   Active tracing records a segment of the invocations that X-Ray samples, so that a slow or failing request can be followed
#   through every service it touched. Without it an incident is reconstructed from scattered logs.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
#   - ref: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSXRayDaemonWriteAccess.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/lambda-controls.html#lambda-7
# custom:
#   id: lambda-tracing
#   severity: low
#   resource_types: [AWS::Lambda::Function]
#   related: [role]
#   controls:
#     nist_800_53: [CA-7]
#     owasp_serverless: [SAS-5]
#   parameters: {}
package rectify.lambda.tracing

import data.rectify.lib.iam

violation contains {"msg": msg, "path": "/TracingConfig/Mode", "params": {"grant_traces": grant_traces}} if {
	off
	msg := "Active X-Ray tracing is off."
}

# PassThrough is what Lambda takes when nothing is said.
off if not input.properties.TracingConfig.Mode

off if input.properties.TracingConfig.Mode in {"", "PassThrough"}

default grant_traces := false

# Lambda refuses active tracing to a role that may not write traces, so a role that is not seen to may is granted it. A grant
# twice over harms nothing; a customer managed policy of the role is not looked into.
grant_traces if {
	input.related.role.properties
	not writes_traces
}

writes_traces if {
	some policy in input.related.role.properties.Policies
	grants_traces(policy.PolicyDocument)
}

writes_traces if {
	some arn in input.related.role.properties.ManagedPolicyArns
	regex.match(tracing_policies, arn)
}

# The document of an attached policy counts only while the policy is attached.
writes_traces if {
	some attached in input.related.role.facts.AttachedPolicies
	attached.PolicyArn in input.related.role.properties.ManagedPolicyArns
	grants_traces(attached.Document)
}

# The AWS managed policies that allow xray:PutTraceSegments on everything and no more than they have to, in any partition.
tracing_policies := concat("", [
	"^arn:aws[a-z-]*:iam::aws:policy/",
	"(AWSXRayDaemonWriteAccess|AWSXrayWriteOnlyAccess)$",
])

# X-Ray knows no resource for PutTraceSegments, so only a statement on all of them grants it:
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
# A wildcard right is what other controls take away, and tracing must not go with it.
grants_traces(document) if {
	some statement in iam.statements(document)
	statement.Effect == "Allow"
	not statement.Condition
	some action in iam.actions(statement)
	not iam.wildcard_action(action)
	iam.action_covers(action, "xray:PutTraceSegments")
	iam.on_all_resources(statement)
}
