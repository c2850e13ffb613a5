# METADATA
# title: A queue's policy does not let everyone in
# description: >-
#   A statement for the principal * that no condition narrows lets anyone with an AWS account, or without one, send to the queue or
#   read and delete what is in it. Whatever processes the queue then works for strangers.
# related_resources:
#   - ref: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html
#   - ref: https://docs.aws.amazon.com/config/latest/developerguide/sqs-queue-no-public-access.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/sqs-controls.html#sqs-3
# custom:
#   id: sqs-no-public-policy
#   severity: critical
#   resource_types: [AWS::SQS::QueuePolicy]
#   related: []
#   controls:
#     fsbp: [SQS.3]
#     owasp_serverless: [SAS-2]
#   parameters: {}
package rectify.sqs.no_public_policy

import data.rectify.lib.iam
import data.rectify.lib.principal

# `keep` stands in for the one statement; `empty` says that nothing is left once all that are found are gone.
violation contains {
	"msg": "The queue's policy lets everyone in.",
	"path": "/PolicyDocument/Statement",
	"params": {"statement": statement, "keep": principal.without_everyone(statement), "empty": count(remaining) == 0},
} if {
	some statement in public_statements
}

public_statements := principal.public_statements(input.properties.PolicyDocument)

remaining := [rest |
	some statement in iam.statements(input.properties.PolicyDocument)
	some rest in {true: principal.without_everyone(statement), false: [statement]}[statement in public_statements]
]
