# METADATA
# title: Log files of trails are validated
# description: >-
#   Without digest files nobody can tell whether a log file was changed or deleted after CloudTrail had delivered it, and a log that
#   may have been edited proves nothing.
# related_resources:
#   - ref: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-intro.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/cloudtrail-controls.html#cloudtrail-4
# custom:
#   id: cloudtrail-validation
#   severity: low
#   resource_types: [AWS::CloudTrail::Trail]
#   related: []
#   controls:
#     fsbp: [CloudTrail.4]
#     cis_aws: ["3.0.0/3.2"]
#     nist_800_53: [AU-9, SI-4, SI-7(1), SI-7(3), SI-7(7)]
#     pci_dss: ["10.3.2"]
#   parameters: {}
package rectify.cloudtrail.validation

import data.rectify.lib.trail

# Whoever says nothing gets none.
# https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html
violation contains {
	"msg": "The trail writes no digests of its log files.",
	"path": "/EnableLogFileValidation",
	"params": {},
} if {
	trail.own(input)
	input.properties.S3BucketName
	not input.properties.EnableLogFileValidation
}
