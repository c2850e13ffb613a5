# METADATA
# title: DynamoDB tables are encrypted with a customer managed key
# description: >-
#   A key that DynamoDB owns, or that AWS manages, cannot be restricted, audited by itself or revoked. With a customer managed key
#   its policy stands between the data and whoever may read the table, and CloudTrail records its use.
# related_resources:
#   - ref: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/EncryptionAtRest.html
#   - ref: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
# custom:
#   id: dynamodb-kms
#   severity: medium
#   resource_types: [AWS::DynamoDB::Table]
#   related: []
#   controls:
#     nist_800_53: [AU-9(3), SC-8(3), SC-8(4), SC-13, SC-28(1), SI-19(4)]
#     owasp_serverless: [SAS-3]
#   parameters: {}
package rectify.dynamodb.kms

violation contains {"msg": msg, "path": "/SSESpecification", "params": {}} if some msg in weak

weak contains "The table is encrypted with a key that DynamoDB owns." if not input.properties.SSESpecification

weak contains "The table is encrypted with a key that DynamoDB owns." if {
	input.properties.SSESpecification.SSEEnabled == false
}

weak contains "The table is encrypted with a key that AWS manages." if {
	input.properties.SSESpecification.SSEEnabled == true
	of_aws
}

of_aws if input.facts.AwsManagedKey == input.properties.SSESpecification.KMSMasterKeyId

# A template that names no key takes AWS's.
of_aws if not input.properties.SSESpecification.KMSMasterKeyId
