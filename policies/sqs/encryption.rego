# METADATA
# title: SQS queues are encrypted
# description: >-
#   A queue holds its messages for up to fourteen days. Encryption keeps what lies on SQS's storage unreadable to anyone but those
#   who may receive it, and with keys that SQS manages it costs nothing and asks nothing of whoever sends or receives.
# related_resources:
#   - ref: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html
#   - ref: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/sqs-controls.html#sqs-1
# custom:
#   id: sqs-encryption
#   severity: medium
#   resource_types: [AWS::SQS::Queue]
#   related: [policies]
#   controls:
#     fsbp: [SQS.1]
#     nist_800_53: [CA-9(1), CM-3(6), SC-7(10), SC-13, SC-28, SC-28(1), SI-7(6)]
#     owasp_serverless: [SAS-3]
#   parameters: {}
package rectify.sqs.encryption

import data.rectify.lib.service

# A queue that does not say anything takes keys of SQS's own, so only a plain no is one.
violation contains {
	"msg": "The queue is not encrypted.",
	"path": "/SqsManagedSseEnabled",
	"params": {"senders": service.key_statements(senders), "strangers": strangers},
} if {
	input.properties.SqsManagedSseEnabled == false
	not has_key
}

has_key if {
	input.properties.KmsMasterKeyId
	input.properties.KmsMasterKeyId != ""
}

senders := {sender |
	some policy in input.related.policies
	some sender in service.senders(policy.properties.PolicyDocument)
}

strangers := concat(", ", [told |
	some policy in input.related.policies
	told := service.strangers(policy.properties.PolicyDocument, input.account)
	told != ""
])
