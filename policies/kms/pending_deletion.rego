# METADATA
# title: No key waits for its deletion
# description: >-
#   What a deleted key has encrypted can never be read again, by anyone. The waiting period is there to notice in time
#   that something still needs the key.
# related_resources:
#   - ref: https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html#kms-3
# custom:
#   id: kms-pending-deletion
#   severity: critical
#   resource_types: [AWS::KMS::Key]
#   related: []
#   controls: {fsbp: [KMS.3], nist_800_53: [SC-12, SC-12(2)]}
#   parameters: {}
package rectify.kms.pending_deletion

violation contains {"msg": msg, "path": "/Enabled", "params": {}} if {
	input.facts.KeyState == "PendingDeletion"
	# A key that waits is disabled; one that is to be enabled no longer waits.
	not input.properties.Enabled
}

msg := sprintf("The key is deleted on %s.", [input.facts.DeletionDate])

msg := "The key is about to be deleted." if not input.facts.DeletionDate
