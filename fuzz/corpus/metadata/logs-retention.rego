# METADATA
# title: Log groups keep their events for a set time, and long enough
# description: >-
#   Without a retention events are kept, and paid for, for ever, personal data among them. With a short one they are gone when
#   somebody looks into an incident that was noticed late, and audits ask for a year.
# related_resources:
#   - ref: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html#SettingLogRetention
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/cloudwatch-controls.html#cloudwatch-16
# custom:
#   id: logs-retention
#   severity: medium
#   resource_types: [AWS::Logs::LogGroup]
#   related: []
#   controls:
#     nist_800_53: [AU-6(3), AU-6(4), AU-10, AU-11, CA-7, SI-12]
#     pci_dss: ["10.5.1"]
#     owasp_serverless: [SAS-5]
#   parameters:
#     days:
#       type: integer
#       default: 365
#       one_of: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]
#       description: The least number of days that events are kept.
package a
