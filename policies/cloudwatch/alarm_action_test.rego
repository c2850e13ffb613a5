package rectify.cloudwatch.alarm_action_test

import data.rectify.cloudwatch.alarm_action

topic := "arn:aws:sns:eu-west-1:111122223333:alarms"

alarm(more) := {"properties": object.union({"AlarmName": "pay-errors", "Namespace": "AWS/Lambda", "MetricName": "Errors"}, more)}

expected := {{"msg": "The alarm has no action.", "path": "/AlarmActions", "params": {}}}

test_no_action if {
	alarm_action.violation == expected with input as alarm({})
	alarm_action.violation == expected with input as alarm({"AlarmActions": []})
}

# That all is well again, somebody is told; that something is wrong, nobody.
test_an_action_for_another_state_is_none if {
	alarm_action.violation == expected with input as alarm({"OKActions": [topic], "InsufficientDataActions": [topic]})
}

test_an_action_is_clean if alarm_action.violation == set() with input as alarm({"AlarmActions": [topic]})

test_unresolved_is_unknown if {
	alarm_action.violation == set() with input as alarm({"AlarmActions": {"Ref": "Actions"}})
	alarm_action.violation == set() with input as alarm({"AlarmActions": [{"Ref": "Topic"}]})
}
