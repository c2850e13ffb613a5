package rectify.logs.kms_test

import data.rectify.logs.kms

key := "arn:aws:kms:eu-west-1:111122223333:key/1a2b3c4d-0000-4000-8000-000000000001"

test_no_key if {
	kms.violation == {{
		"msg": "The log group is not encrypted with a customer managed key.",
		"path": "/KmsKeyId",
		"params": {},
	}} with input as {"properties": {"LogGroupName": "/aws/lambda/pay"}}
}

test_an_empty_key_is_none if {
	count(kms.violation) == 1 with input as {"properties": {"LogGroupName": "/aws/lambda/pay", "KmsKeyId": ""}}
}

test_a_key_is_clean if {
	kms.violation == set() with input as {"properties": {"LogGroupName": "/aws/lambda/pay", "KmsKeyId": key}}
}

test_unresolved_is_unknown if {
	kms.violation == set() with input as {"properties": {"KmsKeyId": {"Fn::GetAtt": ["Key", "Arn"]}}}
}
