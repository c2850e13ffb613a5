# METADATA
# title: Trails deliver their events to CloudWatch Logs
# description: >-
#   Log files in a bucket are read when it is too late. In a log group events can be searched within minutes, and metric filters can
#   raise an alarm on them.
# related_resources:
#   - ref: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/send-cloudtrail-events-to-cloudwatch-logs.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/cloudtrail-controls.html#cloudtrail-5
# custom:
#   id: cloudtrail-logs
#   severity: low
#   resource_types: [AWS::CloudTrail::Trail]
#   related: []
#   controls:
#     fsbp: [CloudTrail.5]
#     nist_800_53: [AC-2(4), AC-4(26), AC-6(9), AU-2, AU-3, AU-6(1), AU-6(3), AU-6(4), AU-6(5), AU-7(1), AU-10, AU-12, CA-7, SC-7(9), SI-3(8), SI-4(5), SI-4(20), SI-7(8), SI-20]
#     owasp_serverless: [SAS-5]
#   parameters: {}
package rectify.cloudtrail.logs

import data.rectify.lib.trail

violation contains {
	"msg": "The trail delivers to no log group.",
	"path": "/CloudWatchLogsLogGroupArn",
	"params": {},
} if {
	trail.own(input)
	input.properties.S3BucketName
	not delivers
}

# AWS answers "" or nothing where no log group is set.
delivers if {
	input.properties.CloudWatchLogsLogGroupArn
	input.properties.CloudWatchLogsLogGroupArn != ""
}
