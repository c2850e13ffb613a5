# METADATA
# title: The actions of alarms are switched on
# description: >-
#   An alarm whose actions are switched off still changes its state, and nobody hears of it. It is the way in which alarms are
#   silenced during an attack, and forgotten after maintenance.
# related_resources:
#   - ref: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_EnableAlarmActions.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/cloudwatch-controls.html#cloudwatch-17
# custom:
#   id: cloudwatch-alarm-enabled
#   severity: high
#   resource_types: [AWS::CloudWatch::Alarm]
#   related: []
#   controls:
#     nist_800_53: [AU-6(1), AU-6(5), CA-7, SI-2, SI-4(12)]
#     owasp_serverless: [SAS-5]
#   parameters: {}
package rectify.cloudwatch.alarm_enabled

# Absent is on: it is what CloudWatch makes of it.
violation contains {"msg": "The alarm's actions are switched off.", "path": "/ActionsEnabled", "params": {}} if {
	input.properties.ActionsEnabled == false
}
