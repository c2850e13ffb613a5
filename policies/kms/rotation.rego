# METADATA
# title: Symmetric customer keys are rotated automatically
# description: >-
#   Rotation bounds how much data one key ever encrypts, and how much a leaked one would open. It costs no change to any
#   user of the key, since AWS KMS keeps the old material for what it encrypted.
# related_resources:
#   - ref: https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html#kms-4
# custom:
#   id: kms-rotation
#   severity: medium
#   resource_types: [AWS::KMS::Key]
#   related: []
#   controls:
#     cis_aws: ["3.0.0/3.6"]
#     nist_800_53: [SC-12, SC-12(2), SC-28(3)]
#     pci_dss: ["3.7.4"]
#   parameters: {}
package rectify.kms.rotation

# Only symmetric keys for encryption whose material AWS KMS made can rotate by themselves: not asymmetric and HMAC
# keys, not imported material, not custom key stores. A disabled key is not rotated, and keeps its setting.
# https://docs.aws.amazon.com/kms/latest/developerguide/rotating-keys-enable.html
violation contains {
	"msg": "The key is not rotated automatically.",
	"path": "/EnableKeyRotation",
	"params": {},
} if {
	input.properties.KeySpec == "SYMMETRIC_DEFAULT"
	input.properties.Origin == "AWS_KMS"
	input.properties.Enabled == true
	not input.properties.EnableKeyRotation
	not hidden
}

# KMS does not tell the setting of a key that waits for its deletion; when that is cancelled, it is as it was.
hidden if {
	input.facts.KeyState in {"PendingDeletion", "PendingReplicaDeletion"}
	not input.properties.EnableKeyRotation == false
}
