# METADATA
# title: DynamoDB tables are protected from deletion
# description: >-
#   Deletion protection makes the deletion of a table two deliberate steps. Without it one mistaken call, or one replacement in a
#   stack, takes all of its data.
# related_resources:
#   - ref: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithTables.Basics.html#WorkingWithTables.Basics.DeletionProtection
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/dynamodb-controls.html#dynamodb-6
# custom:
#   id: dynamodb-deletion-protection
#   severity: medium
#   resource_types: [AWS::DynamoDB::Table]
#   related: []
#   controls:
#     fsbp: [DynamoDB.6]
#     nist_800_53: [CA-9(1), CM-2, CM-2(2), CM-3, SC-5(2)]
#   parameters: {}
package rectify.dynamodb.deletion_protection

violation contains {"msg": "The table can be deleted with one call.", "path": "/DeletionProtectionEnabled", "params": {}} if {
	off
}

off if input.properties.DeletionProtectionEnabled == false

# The default.
off if object.get(input.properties, "DeletionProtectionEnabled", null) == null
