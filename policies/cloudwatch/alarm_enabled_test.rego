package rectify.cloudwatch.alarm_enabled_test

import data.rectify.cloudwatch.alarm_enabled

alarm(more) := {"properties": object.union({"AlarmName": "pay-errors", "Namespace": "AWS/Lambda", "MetricName": "Errors"}, more)}

test_switched_off if {
	alarm_enabled.violation == {{
		"msg": "The alarm's actions are switched off.",
		"path": "/ActionsEnabled",
		"params": {},
	}} with input as alarm({"ActionsEnabled": false, "AlarmActions": ["arn:aws:sns:eu-west-1:111122223333:alarms"]})
}

test_switched_on_is_clean if alarm_enabled.violation == set() with input as alarm({"ActionsEnabled": true})

test_absent_is_on if alarm_enabled.violation == set() with input as alarm({})

# Whether there is an action to carry out is another question.
test_on_without_an_action_is_clean if {
	alarm_enabled.violation == set() with input as alarm({"ActionsEnabled": true, "AlarmActions": []})
}

test_unresolved_is_unknown if alarm_enabled.violation == set() with input as alarm({"ActionsEnabled": {"Ref": "On"}})
