package rectify.lib.alarm_test

import data.rectify.lib.alarm

errors(dimensions) := {"Namespace": "AWS/Lambda", "MetricName": "Errors", "Dimensions": dimensions}

pay := [{"Name": "FunctionName", "Value": "pay"}]

of_pay := [{"FunctionName": "pay"}]

plain := {"properties": object.union({"AlarmName": "pay-errors", "Threshold": 1}, errors(pay))}

rate := {"properties": {"AlarmName": "pay-errors", "Metrics": [
	{"Id": "rate", "Expression": "errors / calls"},
	{"Id": "errors", "MetricStat": {"Metric": errors(pay), "Period": 60, "Stat": "Sum"}},
]}}

everything := {"properties": {"AlarmName": "errors", "Namespace": "AWS/Lambda", "MetricName": "Errors"}}

test_its_own_metric if alarm.watches(plain, "AWS/Lambda", "Errors", of_pay)

test_a_metric_of_its_formula if alarm.watches(rate, "AWS/Lambda", "Errors", of_pay)

test_no_dimensions_are_dimensions_too if {
	alarm.watches(everything, "AWS/Lambda", "Errors", [{}])
	not alarm.watches(everything, "AWS/Lambda", "Errors", of_pay)
}

test_another_metric_is_another if {
	not alarm.watches(plain, "AWS/Lambda", "Throttles", of_pay)
	not alarm.watches(plain, "shop", "Errors", of_pay)
	not alarm.watches(plain, "AWS/Lambda", "Errors", [{"FunctionName": "payments"}])
	not alarm.watches(plain, "AWS/Lambda", "Errors", [{"FunctionName": "pay", "Resource": "pay:live"}])
}

test_an_alarm_on_nothing_known_watches_nothing if {
	not alarm.watches({"properties": {"AlarmName": "query", "EvaluationCriteria": {}}}, "AWS/Lambda", "Errors", of_pay)
}
