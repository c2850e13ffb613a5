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
package a
