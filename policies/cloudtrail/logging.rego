# METADATA
# title: Trails are logging
# description: >-
#   A trail that is stopped records nothing, and stopping it is the first thing that an intruder does. What happens until it is started
#   again is never to be seen by anyone.
# related_resources:
#   - ref: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_StartLogging.html
#   - ref: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-turning-off-logging.html
# custom:
#   id: cloudtrail-logging
#   severity: critical
#   resource_types: [AWS::CloudTrail::Trail]
#   related: []
#   controls:
#     owasp_serverless: [SAS-5]
#   parameters: {}
package rectify.cloudtrail.logging

import data.rectify.lib.trail

violation contains {"msg": "The trail is stopped: it records nothing.", "path": "/IsLogging", "params": {}} if {
	trail.own(input)
	input.properties.IsLogging == false
}
