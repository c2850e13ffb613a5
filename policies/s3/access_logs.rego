# METADATA
# title: Access to buckets is logged
# description: >-
#   Server access logs tell who asked for which object and from where: after a leak it is the first question, and nothing else
#   answers it for requests without credentials. A bucket that the logs are delivered to is not meant: its own would fill it
#   without an end.
# related_resources:
#   - ref: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-9
# custom:
#   id: s3-access-logs
#   severity: medium
#   resource_types: [AWS::S3::Bucket]
#   related: [policies]
#   controls:
#     fsbp: [S3.9]
#     nist_800_53: [AC-2(4), AC-4(26), AC-6(9), AU-2, AU-3, AU-6(3), AU-6(4), AU-10, AU-12, CA-7, SC-7(9), SI-3(8), SI-4(20), SI-7(8)]
#     pci_dss: ["10.2.1"]
#     owasp_serverless: [SAS-5]
#   parameters: {}
package rectify.s3.access_logs

import data.rectify.lib.s3

violation contains {"msg": "Access to the bucket is not logged.", "path": "/LoggingConfiguration", "params": {}} if {
	is_array(input.related.policies)
	stated := s3.statements(input.related.policies)
	not input.properties.LoggingConfiguration
	not s3.access_log_target(stated, object.get(input, ["facts", "AclGrants"], []))
}
