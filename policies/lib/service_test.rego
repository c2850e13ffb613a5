package rectify.lib.service_test

import data.rectify.lib.service

policy := {"Statement": [
	{"Effect": "Allow", "Principal": {"Service": ["events.amazonaws.com", "s3.amazonaws.com"]}, "Action": "sqs:SendMessage"},
	{
		"Effect": "Allow",
		"Principal": "*",
		"Action": "sqs:SendMessage",
		"Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:orders"}},
	},
	{
		"Effect": "Allow",
		"Principal": {"AWS": ["arn:aws:iam::111122223333:role/app", "arn:aws:iam::444455556666:root"]},
		"Action": "sqs:*",
		"Condition": {"StringLike": {"aws:SourceArn": "arn:aws:ec2:eu-west-1:111122223333:instance/i-1"}, "Null": "text"},
	},
	{"Effect": "Deny", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "sqs:*"},
]}

test_who_sends if {
	service.senders(policy) == {"events.amazonaws.com", "s3.amazonaws.com", "sns.amazonaws.com"}
	service.senders({}) == set()
	service.senders("text") == set()
}

test_statements_are_the_same_every_time if {
	service.key_statements({"s3.amazonaws.com", "events.amazonaws.com"}) == [
		{
			"Sid": "SendsEventsAmazonawsCom",
			"Effect": "Allow",
			"Principal": {"Service": "events.amazonaws.com"},
			"Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
			"Resource": "*",
		},
		{
			"Sid": "SendsS3AmazonawsCom",
			"Effect": "Allow",
			"Principal": {"Service": "s3.amazonaws.com"},
			"Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
			"Resource": "*",
		},
	]
}

test_what_a_key_policy_lets_in if {
	document := {"Statement": service.key_statements({"events.amazonaws.com"})}
	service.may_use_key(document, "events.amazonaws.com")
	not service.may_use_key(document, "s3.amazonaws.com")
	service.may_use_key({"Statement": {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}}, "s3.amazonaws.com")
	not service.may_use_key({"Statement": {
		"Effect": "Allow",
		"Principal": {"Service": "s3.amazonaws.com"},
		"Action": "kms:Decrypt",
		"Resource": "*",
	}}, "s3.amazonaws.com")
}

test_strangers_are_named if {
	service.strangers(policy, "111122223333") == "arn:aws:iam::444455556666:root"
	service.strangers({}, "111122223333") == ""
}
