# METADATA
# title: There are alarms on the fourteen changes that the CIS benchmark watches
# description: >-
#   A trail that nobody looks at proves afterwards what happened. The fourteen metric filters and their alarms tell at once of what an
#   intruder does first: use the root user, open a security group, change a policy, stop the trail.
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/cloudwatch-controls.html
#   - ref: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudwatch-alarms-for-cloudtrail.html
# custom:
#   id: cis-metric-alarms
#   severity: low
#   resource_types: [AWS::Account]
#   related: [trails, metric_filters, alarms]
#   controls:
#     cis_aws: ["1.4.0/4.3", "1.4.0/4.4", "1.4.0/4.5", "1.4.0/4.6", "1.4.0/4.7", "1.4.0/4.8", "1.4.0/4.9", "1.4.0/4.10", "1.4.0/4.11", "1.4.0/4.12", "1.4.0/4.13", "1.4.0/4.14"]
#     owasp_serverless: [SAS-5]
#   parameters: {}
package rectify.cloudtrail.cis_metric_alarms

import data.rectify.data.cis_alarms
import data.rectify.lib.trail

violation contains {"msg": msg, "path": concat("/", ["", wanted.name]), "params": {"filter": wanted}} if {
	is_array(input.related.trails)
	is_array(input.related.metric_filters)
	is_array(input.related.alarms)
	not elsewhere
	some wanted in cis_alarms.filters
	not watched(wanted)
	msg := sprintf("There is no alarm on it when %s (%s).", [wanted.when, wanted.control])
}

# What the filters are made for: a trail of the account that is at home here, records everything and delivers it to a log group.
watching := [candidate |
	some candidate in input.related.trails
	trail.own(candidate)
	candidate.properties.IsMultiRegionTrail == true
	candidate.properties.IsLogging == true
	group_of(candidate) != ""
]

# The name in arn:PARTITION:logs:REGION:ACCOUNT:log-group:NAME:*.
group_of(candidate) := split(candidate.properties.CloudWatchLogsLogGroupArn, ":")[6]

# A trail of the organization, or one whose home was not read, has its alarms where nobody looks here.
elsewhere if {
	some candidate in input.related.trails
	not trail.own(candidate)
	not home_was_read(candidate)
}

home_was_read(candidate) if {
	some other in input.related.trails
	other.arn == candidate.arn
	trail.own(other)
}

watched(wanted) if {
	some candidate in watching
	some filter in filters(candidate, wanted)
	some metric in filter.properties.MetricTransformations
	some alarm in input.related.alarms
	alarm.region == candidate.region
	alarm.properties.Namespace == metric.MetricNamespace
	alarm.properties.MetricName == metric.MetricName
	count(alarm.properties.AlarmActions) > 0
}

filters(candidate, wanted) := [filter |
	some filter in input.related.metric_filters
	filter.region == candidate.region
	filter.properties.LogGroupName == group_of(candidate)
	plain(filter.properties.FilterPattern) == plain(wanted.pattern)
]

plain(pattern) := regex.replace(pattern, `[\s"]`, "")
