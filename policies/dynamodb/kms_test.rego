package rectify.dynamodb.kms_test

import data.rectify.dynamodb.kms

arn := "arn:aws:kms:eu-west-1:111122223333:key/k1"

other := "arn:aws:kms:eu-west-1:111122223333:key/k2"

table(specification, facts) := {"properties": {"TableName": "orders", "SSESpecification": specification}, "facts": facts}

owned := {"properties": {"TableName": "orders"}, "facts": {}}

test_a_key_that_dynamodb_owns if {
	expected := {{"msg": "The table is encrypted with a key that DynamoDB owns.", "path": "/SSESpecification", "params": {}}}
	kms.violation == expected with input as owned
	kms.violation == expected with input as table({"SSEEnabled": false}, {})
}

test_a_key_that_aws_manages if {
	expected := {{"msg": "The table is encrypted with a key that AWS manages.", "path": "/SSESpecification", "params": {}}}
	kms.violation == expected with input as table({"SSEEnabled": true, "KMSMasterKeyId": arn}, {"AwsManagedKey": arn})
	kms.violation == expected with input as table({"SSEEnabled": true}, {})
}

test_a_customer_managed_key_is_clean if {
	kms.violation == set() with input as table({"SSEEnabled": true, "KMSMasterKeyId": arn}, {"AwsManagedKey": other})
	kms.violation == set() with input as table({"SSEEnabled": true, "KMSMasterKeyId": {"Ref": "Key"}}, {})
}

test_who_manages_a_key_may_be_unknown if {
	kms.violation == set() with input as table({"SSEEnabled": true, "KMSMasterKeyId": arn}, {})
}

test_unresolved_is_unknown if {
	kms.violation == set() with input as table({"SSEEnabled": {"Ref": "Encrypted"}}, {})
}
