package rectify.sns.encryption_test

import data.rectify.lib.service
import data.rectify.sns.encryption

usual := service.key_statements({"cloudwatch.amazonaws.com", "events.amazonaws.com", "s3.amazonaws.com"})

plain := {"account": "111122223333", "properties": {"TopicName": "orders"}}

policy := {"properties": {"PolicyDocument": {"Statement": [
	{"Effect": "Allow", "Principal": {"Service": "budgets.amazonaws.com"}, "Action": "sns:Publish", "Resource": "*"},
	{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "sns:Publish", "Resource": "*"},
]}}}

key(statements) := {"properties": {"KeyPolicy": {"Statement": statements}}}

with_key(id, related) := {"account": "111122223333", "properties": {"TopicName": "orders", "KmsMasterKeyId": id}, "related": related}

test_a_plain_topic if {
	encryption.violation == {{
		"msg": "The topic is not encrypted.",
		"path": "/KmsMasterKeyId",
		"params": {"needs": "key", "publishers": usual, "strangers": ""},
	}} with input as plain
}

test_an_empty_key_is_none if {
	count(encryption.violation) == 1 with input as with_key("", {})
}

alias_arn := "arn:aws:kms:eu-west-1:111122223333:alias/aws/sns"

test_the_key_of_aws if {
	told := {"The topic is encrypted with the key that AWS manages, which no AWS service may use to publish."}
	by_name := {finding.msg | some finding in encryption.violation} with input as with_key("alias/aws/sns", {})
	by_name == told
	by_arn := {finding.msg | some finding in encryption.violation} with input as with_key(alias_arn, {})
	by_arn == told
}

test_who_publishes_may_use_the_key if {
	found := encryption.violation with input as object.union(plain, {"related": {"policy": policy}})
	{finding.params | some finding in found} == {{
		"needs": "key",
		"publishers": service.key_statements({
			"budgets.amazonaws.com",
			"cloudwatch.amazonaws.com",
			"events.amazonaws.com",
			"s3.amazonaws.com",
		}),
		"strangers": "arn:aws:iam::444455556666:root",
	}}
}

test_a_key_that_shuts_a_publisher_out if {
	encryption.violation == {{
		"msg": "The policy of the topic's key does not let in who publishes: budgets.amazonaws.com.",
		"path": "/KmsMasterKeyId",
		"params": {
			"needs": "statements",
			"publishers": service.key_statements({"budgets.amazonaws.com"}),
			"strangers": "arn:aws:iam::444455556666:root",
		},
	}} with input as with_key("k1", {"policy": policy, "key": key(usual)})
}

statements := service.key_statements({"budgets.amazonaws.com"})

test_a_key_that_lets_all_in_is_clean if {
	encryption.violation == set() with input as with_key("k1", {"policy": policy, "key": key(statements)})
}

test_a_key_that_is_not_known_is_clean if {
	encryption.violation == set() with input as with_key("k1", {"policy": policy})
	encryption.violation == set() with input as with_key("alias/shop", {})
	encryption.violation == set() with input as with_key("k1", {"policy": policy, "key": {"properties": {}}})
	encryption.violation == set() with input as with_key({"Ref": "Key"}, {})
}
