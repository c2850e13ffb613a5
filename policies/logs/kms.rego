# METADATA
# title: Log groups are encrypted with a customer managed key
# description: >-
#   Logs repeat what the functions handle: tokens, addresses, whole requests. With the key that AWS owns whoever may read the log
#   group reads them; a customer managed key puts its policy in between, and its use stands in CloudTrail.
# related_resources:
#   - ref: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
#   - ref: https://docs.aws.amazon.com/config/latest/developerguide/cloudwatch-log-group-encrypted.html
# custom:
#   id: logs-kms
#   severity: medium
#   resource_types: [AWS::Logs::LogGroup]
#   related: []
#   controls:
#     nist_800_53: [AU-9(3), CP-9, SC-8(3), SC-8(4), SC-13, SC-28(1), SI-19(4)]
#     owasp_serverless: [SAS-3]
#   parameters: {}
package rectify.logs.kms

violation contains {"msg": msg, "path": "/KmsKeyId", "params": {}} if {
	not has_key
	msg := "The log group is not encrypted with a customer managed key."
}

has_key if {
	input.properties.KmsKeyId
	input.properties.KmsKeyId != ""
}
