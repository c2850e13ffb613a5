package rectify.dynamodb.deletion_protection_test

import data.rectify.dynamodb.deletion_protection

table(on) := {"properties": {"TableName": "orders", "DeletionProtectionEnabled": on}}

off := {{"msg": "The table can be deleted with one call.", "path": "/DeletionProtectionEnabled", "params": {}}}

test_off if deletion_protection.violation == off with input as table(false)

test_absent_is_off if deletion_protection.violation == off with input as {"properties": {"TableName": "orders"}}

test_on_is_clean if deletion_protection.violation == set() with input as table(true)

test_unresolved_is_unknown if deletion_protection.violation == set() with input as table({"Ref": "Protected"})
