# METADATA
# title: Trails are encrypted with a customer managed key
# description: >-
#   Log files tell who did what, with which parameters. With a key of one's own, reading them takes a right on the key besides that on
#   the bucket, and each reading leaves a trace.
# related_resources:
#   - ref: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/encrypting-cloudtrail-log-files-with-aws-kms.html
#   - ref: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/cloudtrail-controls.html#cloudtrail-2
# custom:
#   id: cloudtrail-kms
#   severity: medium
#   resource_types: [AWS::CloudTrail::Trail]
#   related: []
#   controls:
#     fsbp: [CloudTrail.2]
#     cis_aws: ["3.0.0/3.5"]
#     nist_800_53: [AU-9, CA-9(1), CM-3(6), SC-7(10), SC-13, SC-28, SC-28(1), SI-7(6)]
#     pci_dss: ["10.3.2"]
#   parameters: {}
package rectify.cloudtrail.kms

import data.rectify.lib.trail

violation contains {
	"msg": "The trail's log files are not encrypted with a customer managed key.",
	"path": "/KMSKeyId",
	"params": {},
} if {
	trail.own(input)
	input.properties.S3BucketName
	not has_key
}

# AWS answers "" or nothing where no key is set.
has_key if {
	input.properties.KMSKeyId
	input.properties.KMSKeyId != ""
}
