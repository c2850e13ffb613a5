package rectify.dynamodb.pitr_test

import data.rectify.dynamodb.pitr

table(specification) := {"properties": {"TableName": "orders", "PointInTimeRecoverySpecification": specification}}

off := {{
	"msg": "Point-in-time recovery is off.",
	"path": "/PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled",
	"params": {},
}}

test_off if pitr.violation == off with input as table({"PointInTimeRecoveryEnabled": false})

test_absent_is_off if pitr.violation == off with input as {"properties": {"TableName": "orders"}}

test_on_is_clean if pitr.violation == set() with input as table({"PointInTimeRecoveryEnabled": true})

test_fewer_days_are_clean if {
	pitr.violation == set() with input as table({"PointInTimeRecoveryEnabled": true, "RecoveryPeriodInDays": 7})
}

test_unresolved_is_unknown if {
	pitr.violation == set() with input as table({"PointInTimeRecoveryEnabled": {"Ref": "Recover"}})
}
