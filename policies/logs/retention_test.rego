package rectify.logs.retention_test

import data.rectify.logs.retention

group(more) := {
	"properties": object.union({"LogGroupName": "/aws/lambda/pay", "LogGroupClass": "STANDARD"}, more),
	"parameters": {"days": 365},
}

test_no_retention if {
	retention.violation == {{
		"msg": "The log group has no retention: its events never expire.",
		"path": "/RetentionInDays",
		"params": {"days": 365},
	}} with input as group({})
}

test_a_short_one if {
	retention.violation == {{
		"msg": "The log group keeps its events for 30 days, which is less than 365.",
		"path": "/RetentionInDays",
		"params": {"days": 365},
	}} with input as group({"RetentionInDays": 30})
}

test_long_enough_is_clean if {
	retention.violation == set() with input as group({"RetentionInDays": 365})
	retention.violation == set() with input as group({"RetentionInDays": 3653})
}

shorter_wanted := object.union(group({"RetentionInDays": 30}), {"parameters": {"days": 30}})

test_the_parameter_says_what_is_enough if retention.violation == set() with input as shorter_wanted

test_a_group_that_is_on_its_way_is_clean if {
	retention.violation == set() with input as group({"LogGroupClass": "DELIVERY"})
	retention.violation == set() with input as group({"LogGroupClass": "DELIVERY", "RetentionInDays": 1})
}

test_an_infrequent_one_is_not if {
	count(retention.violation) == 1 with input as group({"LogGroupClass": "INFREQUENT_ACCESS"})
}

test_unresolved_is_unknown if {
	retention.violation == set() with input as group({"RetentionInDays": {"Ref": "Days"}})
}
