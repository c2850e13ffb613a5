package rectify.sqs.encryption_test

import data.rectify.sqs.encryption

plain := {"account": "111122223333", "properties": {"QueueName": "orders", "SqsManagedSseEnabled": false}}

by_sqs := {"properties": {"QueueName": "orders", "SqsManagedSseEnabled": true}}

by_key := {"properties": {"QueueName": "orders", "SqsManagedSseEnabled": false, "KmsMasterKeyId": "alias/shop-orders"}}

empty_key := {"account": "111122223333", "properties": {
	"QueueName": "orders",
	"SqsManagedSseEnabled": false,
	"KmsMasterKeyId": "",
}}

# A template that says nothing takes the default, which is encrypted.
absent := {"properties": {"QueueName": "orders"}}

unresolved := {"properties": {"QueueName": "orders", "SqsManagedSseEnabled": {"Ref": "Encrypted"}}}

with_policy := object.union(plain, {"related": {"policies": [{"properties": {"PolicyDocument": {"Statement": [
	{"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"},
	{
		"Effect": "Allow",
		"Principal": {"AWS": ["arn:aws:iam::444455556666:role/supply", "arn:aws:iam::111122223333:role/app"]},
		"Action": "sqs:ReceiveMessage",
		"Resource": "*",
	},
]}}}]}})

test_a_plain_queue if {
	encryption.violation == {{
		"msg": "The queue is not encrypted.",
		"path": "/SqsManagedSseEnabled",
		"params": {"senders": [], "strangers": ""},
	}} with input as plain
}

test_an_empty_key_is_none if count(encryption.violation) == 1 with input as empty_key

test_who_would_need_a_key if {
	found := encryption.violation with input as with_policy
	{finding.params | some finding in found} == {{
		"senders": [{
			"Sid": "SendsS3AmazonawsCom",
			"Effect": "Allow",
			"Principal": {"Service": "s3.amazonaws.com"},
			"Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
			"Resource": "*",
		}],
		"strangers": "arn:aws:iam::444455556666:role/supply",
	}}
}

test_either_kind_of_key_is_clean if {
	encryption.violation == set() with input as by_sqs
	encryption.violation == set() with input as by_key
}

test_absent_and_unresolved_are_clean if {
	encryption.violation == set() with input as absent
	encryption.violation == set() with input as unresolved
}
