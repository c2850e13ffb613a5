# METADATA
# title: Access keys are changed in time
# description: >-
#   An access key works until someone turns it off, wherever its copies have got to: into a laptop that was sold, a build log, a
#   repository. The older it is the more copies there are, and changing it makes all of them worthless.
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id-credentials-access-keys-update.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-3
# custom:
#   id: iam-access-key-age
#   severity: medium
#   resource_types: [AWS::IAM::AccessKey]
#   related: []
#   controls:
#     fsbp: [IAM.3]
#     cis_aws: ["3.0.0/1.14"]
#     nist_800_53: [AC-2(1), AC-2(3), AC-3(15)]
#     pci_dss: ["8.3.9", "8.6.3"]
#   parameters:
#     max_age_days:
#       type: integer
#       default: 90
#       description: The most days that an access key may be in use.
package rectify.iam.access_key_age

import data.rectify.lib.age

violation contains {
	"msg": sprintf("The access key is %d days old.", [days]),
	"path": "/Status",
	"params": {},
} if {
	input.properties.Status == "Active"
	days := age.days(input.facts.CreateDate, input.now)
	days > input.parameters.max_age_days
}
