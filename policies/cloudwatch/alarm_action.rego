# METADATA
# title: An alarm tells someone
# description: >-
#   An alarm without an action for its ALARM state turns red on a page that nobody looks at. With one it reaches whoever can do
#   something while there is still something to do.
# related_resources:
#   - ref: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/cloudwatch-controls.html#cloudwatch-15
# custom:
#   id: cloudwatch-alarm-action
#   severity: high
#   resource_types: [AWS::CloudWatch::Alarm]
#   related: []
#   controls:
#     nist_800_53: [AU-6(1), AU-6(5), CA-7, IR-4(1), IR-4(5), SI-2, SI-4(5), SI-4(12), SI-20]
#     owasp_serverless: [SAS-5]
#   parameters: {}
package rectify.cloudwatch.alarm_action

violation contains {"msg": "The alarm has no action.", "path": "/AlarmActions", "params": {}} if {
	not acts
}

acts if {
	input.properties.AlarmActions
	input.properties.AlarmActions != []
}
