package rectify.cloudtrail.cis_metric_alarms_test

import data.rectify.cloudtrail.cis_metric_alarms
import data.rectify.data.cis_alarms

arn := "arn:aws:cloudtrail:eu-west-1:111122223333:trail/audit"

audit(properties) := {
	"id": "audit",
	"arn": arn,
	"region": "eu-west-1",
	"properties": object.union({
		"TrailName": "audit",
		"IsMultiRegionTrail": true,
		"IsLogging": true,
		"CloudWatchLogsLogGroupArn": "arn:aws:logs:eu-west-1:111122223333:log-group:/audit:*",
	}, properties),
}

filter(pattern) := {"id": "/audit|f", "region": "eu-west-1", "properties": {
	"LogGroupName": "/audit",
	"FilterName": "f",
	"FilterPattern": pattern,
	"MetricTransformations": [{"MetricName": "changes", "MetricNamespace": "audit", "MetricValue": "1"}],
}}

alarm(more) := {"id": "a", "region": "eu-west-1", "properties": object.union({
	"Namespace": "audit",
	"MetricName": "changes",
	"AlarmActions": ["arn:aws:sns:eu-west-1:111122223333:alarms"],
}, more)}

account(trails, filters, alarms) := {
	"id": "111122223333",
	"region": "",
	"properties": {},
	"related": {"trails": trails, "metric_filters": filters, "alarms": alarms},
}

trails_change := "{($.eventName=CreateTrail) || ($.eventName=UpdateTrail) || ($.eventName=DeleteTrail) || ($.eventName=StartLogging) || ($.eventName=StopLogging)}"

test_nothing_is_watched if {
	count(cis_metric_alarms.violation) == 14 with input as account([], [], [])
	count(cis_metric_alarms.violation) == 14 with input as account([audit({})], [], [])
}

of_trails contains finding if {
	some finding in cis_metric_alarms.violation
	finding.path == "/trails"
}

test_what_has_to_be_made if {
	of_trails == {{
		"msg": "There is no alarm on it when trails change (CloudWatch.5).",
		"path": "/trails",
		"params": {"filter": {
			"name": "trails",
			"metric": "CIS-4.5-CloudTrailChanges",
			"when": "trails change",
			"control": "CloudWatch.5",
			"pattern": "{($.eventName=CreateTrail) || ($.eventName=UpdateTrail) || ($.eventName=DeleteTrail) || ($.eventName=StartLogging) || ($.eventName=StopLogging)}",
		}},
	}} with input as account([audit({})], [], [])
}

test_a_filter_without_its_alarm if {
	count(of_trails) == 1 with input as account([audit({})], [filter(trails_change)], [])
	count(of_trails) == 1 with input as account([audit({})], [filter(trails_change)], [alarm({"AlarmActions": []})])
	count(of_trails) == 1 with input as account([audit({})], [filter(trails_change)], [alarm({"MetricName": "other"})])
}

test_a_watched_pattern_is_clean if {
	count(of_trails) == 0 with input as account([audit({})], [filter(trails_change)], [alarm({})])
	count(cis_metric_alarms.violation) == 13 with input as account([audit({})], [filter(trails_change)], [alarm({})])
}

spaced := "{ ($.eventName = \"CreateTrail\") || ($.eventName = \"UpdateTrail\") || ($.eventName = \"DeleteTrail\") || ($.eventName = \"StartLogging\") || ($.eventName = \"StopLogging\") }"

test_spaces_and_quotes_do_not_count if {
	count(of_trails) == 0 with input as account([audit({})], [filter(spaced)], [alarm({})])
}

test_another_pattern_is_not_it if {
	count(of_trails) == 1 with input as account([audit({})], [filter("{($.eventName=CreateTrail)}")], [alarm({})])
}

test_a_trail_of_one_region_watches_nothing if {
	count(of_trails) == 1 with input as account([audit({"IsMultiRegionTrail": false})], [filter(trails_change)], [alarm({})])
}

organization := {
	"id": "arn:aws:cloudtrail:us-east-1:444455556666:trail/all",
	"arn": "arn:aws:cloudtrail:us-east-1:444455556666:trail/all",
	"region": "eu-west-1",
	"properties": {"IsMultiRegionTrail": true},
}

test_alarms_of_another_account_are_not_known if {
	cis_metric_alarms.violation == set() with input as account([organization], [], [])
}

replica := {"id": arn, "arn": arn, "region": "us-east-1", "properties": {"IsMultiRegionTrail": true}}

test_a_replica_of_a_trail_that_was_read if {
	count(cis_metric_alarms.violation) == 14 with input as account([audit({}), replica], [], [])
}

test_unread_is_unknown if {
	cis_metric_alarms.violation == set() with input as {"id": "1", "properties": {}, "related": {"trails": [audit({})]}}
}

test_there_are_fourteen if count({entry.pattern | some entry in cis_alarms.filters}) == 14
