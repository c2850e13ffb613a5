# METADATA
# title: Access keys are in use
# description: >-
#   Nobody notices that a key which nobody uses is used by someone else, and turning it off costs nothing. Keys of people who have
#   left and of systems that are gone are found first by those who look for them.
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_finding-unused.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-22
# custom:
#   id: iam-access-key-unused
#   severity: medium
#   resource_types: [AWS::IAM::AccessKey]
#   related: []
#   controls:
#     fsbp: [IAM.8]
#     cis_aws: ["3.0.0/1.12"]
#     nist_800_53: [AC-2, AC-2(1), AC-2(3), AC-3, AC-3(7), AC-3(15), AC-6]
#     pci_dss: ["8.2.6"]
#   parameters:
#     unused_days:
#       type: integer
#       default: 45
#       description: After how many days without a use a key is unused.
package rectify.iam.access_key_unused

import data.rectify.lib.age

violation contains {
	"msg": sprintf("The access key was last used %d days ago.", [days]),
	"path": "/Status",
	"params": {},
} if {
	input.properties.Status == "Active"
	days := age.days(input.facts.AccessKeyLastUsed.LastUsedDate, input.now)
	days >= input.parameters.unused_days
}

# IAM has said that it was never used: the fact is there, and has no date.
violation contains {
	"msg": sprintf("The access key is %d days old and was never used.", [days]),
	"path": "/Status",
	"params": {},
} if {
	input.properties.Status == "Active"
	input.facts.AccessKeyLastUsed == {}
	days := age.days(input.facts.CreateDate, input.now)
	days >= input.parameters.unused_days
}
