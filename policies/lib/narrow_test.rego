package rectify.lib.narrow_test

import data.rectify.lib.narrow

statement := {
	"Sid": "Keys",
	"Effect": "Allow",
	"Action": ["kms:Decrypt", "kms:Encrypt"],
	"Resource": "*",
	"Condition": {"Bool": {"aws:SecureTransport": "true"}},
}

test_the_others_stay_and_these_are_on_named_resources if {
	narrow.statements(statement, ["kms:Decrypt"], ["arn:aws:kms:eu-west-1:111122223333:key/k1"]) == [
		object.union(statement, {"Action": ["kms:Encrypt"]}),
		{
			"Effect": "Allow",
			"Action": ["kms:Decrypt"],
			"Resource": ["arn:aws:kms:eu-west-1:111122223333:key/k1"],
			"Condition": {"Bool": {"aws:SecureTransport": "true"}},
		},
	]
}

test_nothing_is_left_of_a_statement_of_these_alone if {
	narrow.statements({"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}, ["kms:Decrypt"], []) == []
}

test_what_the_statement_did_not_allow_it_does_not_allow_now if {
	narrow.on({"Effect": "Allow", "Action": "iam:PassRole", "NotResource": "arn:aws:iam::1:role/admin"}, ["iam:PassRole"], [
		"arn:aws:iam::1:role/admin",
		"arn:aws:iam::1:role/app",
	]) == [{"Effect": "Allow", "Action": ["iam:PassRole"], "Resource": ["arn:aws:iam::1:role/app"]}]
	narrow.on({"Effect": "Allow", "Action": "iam:PassRole", "Resource": "arn:aws:iam::1:role/app-*"}, ["iam:PassRole"], [
		"arn:aws:iam::1:role/admin",
	]) == []
}
