# METADATA
# title: A topic's policy does not let everyone in
# description: >-
#   A statement for the principal * that no condition narrows lets anyone publish to the topic, or subscribe to it and read along.
#   What is subscribed then acts on the messages of strangers.
# related_resources:
#   - ref: https://docs.aws.amazon.com/sns/latest/dg/sns-security-best-practices.html
#   - ref: https://docs.aws.amazon.com/config/latest/developerguide/sns-topic-no-public-access.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/sns-controls.html#sns-4
# custom:
#   id: sns-no-public-policy
#   severity: critical
#   resource_types: [AWS::SNS::TopicPolicy]
#   related: []
#   controls:
#     fsbp: [SNS.4]
#     owasp_serverless: [SAS-2]
#   parameters: {}
package rectify.sns.no_public_policy

import data.rectify.lib.iam
import data.rectify.lib.principal

violation contains {
	"msg": "The topic's policy lets everyone in.",
	"path": "/PolicyDocument/Statement",
	"params": {"statement": statement, "keep": array.concat(principal.without_everyone(statement), for_the_owner(statement))},
} if {
	some statement in public_statements
}

public_statements := principal.public_statements(input.properties.PolicyDocument)

remaining := [rest |
	some statement in iam.statements(input.properties.PolicyDocument)
	some rest in {true: principal.without_everyone(statement), false: [statement]}[statement in public_statements]
]

# A topic always has a policy: where nothing would be left, a statement stays for the topic's owner, and for the AWS services that
# act for the owner, as in the policy of a new topic.
# https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
for_the_owner(_) := [] if count(remaining) > 0

for_the_owner(statement) := [object.union(statement, {"Condition": {"StringEquals": {"AWS:SourceOwner": input.account}}})] if {
	count(remaining) == 0
}
