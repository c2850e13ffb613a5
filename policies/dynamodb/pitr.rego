# METADATA
# title: DynamoDB tables have point-in-time recovery
# description: >-
#   With point-in-time recovery a table can be restored to any second of the last days, after a bad deployment, a deletion or an
#   intruder. Without it what was overwritten is gone.
# related_resources:
#   - ref: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Point-in-time-recovery.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/dynamodb-controls.html#dynamodb-2
# custom:
#   id: dynamodb-pitr
#   severity: medium
#   resource_types: [AWS::DynamoDB::Table]
#   related: []
#   controls:
#     fsbp: [DynamoDB.2]
#     nist_800_53: [CP-6(2), CP-9, CP-10, SC-5(2), SI-12, SI-13(5)]
#   parameters: {}
package rectify.dynamodb.pitr

violation contains {
	"msg": "Point-in-time recovery is off.",
	"path": "/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled",
	"params": {},
} if {
	off
}

off if not input.properties.PointInTimeRecoverySpecification

off if input.properties.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled == false
