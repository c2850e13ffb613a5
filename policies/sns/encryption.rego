# METADATA
# title: SNS topics are encrypted with a customer managed key that their publishers may use
# description: >-
#   A topic keeps each message until it is delivered. The key that AWS manages cannot let in AWS services, so that alarms and events
#   to a topic with it are lost; a customer managed key can, and its policy says who reads.
# related_resources:
#   - ref: https://docs.aws.amazon.com/sns/latest/dg/sns-server-side-encryption.html
#   - ref: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/sns-controls.html#sns-1
# custom:
#   id: sns-encryption
#   severity: medium
#   resource_types: [AWS::SNS::Topic]
#   related: [policy, key]
#   controls:
#     nist_800_53: [CA-9(1), CM-3(6), SC-7(10), SC-13, SC-28, SC-28(1), SI-7(6)]
#     owasp_serverless: [SAS-3]
#   parameters: {}
package rectify.sns.encryption

import data.rectify.lib.service

violation contains {
	"msg": msg,
	"path": "/KmsMasterKeyId",
	"params": {
		"needs": "key",
		"publishers": service.key_statements(publishers | usual),
		"strangers": strangers,
	},
} if {
	some msg in unencrypted
}

violation contains {
	"msg": sprintf("The policy of the topic's key does not let in who publishes: %s.", [concat(", ", sort(shut_out))]),
	"path": "/KmsMasterKeyId",
	"params": {"needs": "statements", "publishers": service.key_statements(shut_out), "strangers": strangers},
} if {
	count(unencrypted) == 0
	count(shut_out) > 0
}

unencrypted contains "The topic is not encrypted." if not input.properties.KmsMasterKeyId

unencrypted contains "The topic is not encrypted." if input.properties.KmsMasterKeyId == ""

unencrypted contains "The topic is encrypted with the key that AWS manages, which no AWS service may use to publish." if {
	is_string(input.properties.KmsMasterKeyId)
	regex.match(`(^|:)alias/aws/sns$`, input.properties.KmsMasterKeyId)
}

publishers := service.senders(input.related.policy.properties.PolicyDocument) if input.related.policy

publishers := set() if not input.related.policy

# The default policy of a topic lets in the services that act for its owner without naming them.
# https://docs.aws.amazon.com/sns/latest/dg/sns-enable-encryption-for-topic.html
usual := {"cloudwatch.amazonaws.com", "events.amazonaws.com", "s3.amazonaws.com"}

# Of a key that is not known nothing is said.
shut_out := {publisher |
	key := input.related.key.properties.KeyPolicy
	key.Statement
	some publisher in publishers
	not service.may_use_key(key, publisher)
}

strangers := service.strangers(input.related.policy.properties.PolicyDocument, input.account) if input.related.policy

strangers := "" if not input.related.policy
