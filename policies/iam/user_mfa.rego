# METADATA
# title: Users of the console have a second factor
# description: >-
#   A password is guessed, read over a shoulder, or given away on a page that looks like AWS's. With a second factor that alone
#   opens nothing.
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-5
# custom:
#   id: iam-user-mfa
#   severity: medium
#   resource_types: [AWS::IAM::User]
#   related: []
#   controls:
#     fsbp: [IAM.5]
#     cis_aws: ["3.0.0/1.10"]
#     nist_800_53: [AC-2(1), AC-3(15), IA-2(1), IA-2(2), IA-2(6), IA-2(8)]
#     pci_dss: ["8.4.2"]
#   parameters: {}
package rectify.iam.user_mfa

violation contains {
	"msg": "The user signs in to the console with a password alone.",
	"path": "",
	"params": {},
} if {
	input.facts.HasPassword == true
	input.facts.MFADevices == []
}
