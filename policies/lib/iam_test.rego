package rectify.lib.iam_test

import data.rectify.lib.iam

test_a_single_statement_is_a_list_of_one if {
	iam.statements({"Statement": {"Effect": "Allow"}}) == [{"Effect": "Allow"}]
}

test_a_list_of_statements_keeps_only_objects if {
	iam.statements({"Statement": [{"Effect": "Allow"}, "Allow", null]}) == [{"Effect": "Allow"}]
}

test_malformed_documents_have_no_statements if {
	every document in ["text", 1, null, true, [], {}, {"Statement": null}, {"Statement": "text"}] {
		iam.statements(document) == []
	}
}

test_a_member_is_a_list_whether_one_or_many if {
	iam.actions({"Action": "s3:*"}) == ["s3:*"]
	iam.actions({"Action": ["s3:*", 1]}) == ["s3:*"]
	iam.actions({}) == []
	iam.resources({"Resource": {"a": "b"}}) == []
}

test_star_spans_every_character if {
	iam.matches("*", "arn:aws:s3:::bucket/key")
	iam.matches("arn:*/key", "arn:aws:s3:::bucket/folder/key")
	iam.matches("arn:aws:s3:::b*", "arn:aws:s3:::b")
	iam.matches("a*c", "a\nc")
}

test_question_mark_is_one_character if {
	iam.matches("b?d", "bad")
	iam.matches("b?d", "b:d")
	not iam.matches("b?d", "bd")
	not iam.matches("b?d", "baad")
}

test_other_characters_stand_for_themselves if {
	not iam.matches("a.c*", "abc")
	iam.matches("a.c*", "a.cd")
	iam.matches("a(b)[c]{d}+^$|\\*", "a(b)[c]{d}+^$|\\x")
	not iam.matches("a+*", "aa")
	not iam.matches("key", "a key")
	not iam.matches("key*", "a key")
	not iam.matches("*key", "keys")
}

test_resources_are_case_sensitive if not iam.matches("arn:aws:s3:::Bucket*", "arn:aws:s3:::bucket")

test_actions_are_not if {
	iam.action_matches("S3:get*", "s3:GetObject")
	iam.action_matches("iam:passrole", "iam:PassRole")
	not iam.action_matches("s3:Get*", "s3:PutObject")
}

test_a_pattern_covers_a_narrower_pattern if {
	iam.matches("s3:*", "s3:Get*")
	iam.matches("s3:Get*", "s3:Get*")
	not iam.matches("s3:Get*", "s3:*")
	not iam.matches("s3:?", "s3:*")
	iam.matches("s3:?", "s3:?")
}

test_disjoint_patterns if {
	iam.disjoint("s3:*", "ec2:*")
	not iam.disjoint("s3:*", "s3:Get*")
	not iam.disjoint("*", "s3:Get*")
	not iam.disjoint("s?:*", "s3:Get*")
}

test_wildcard_actions if {
	every action in ["*", "**", "*:*", "s3:*", "S3:*", "s*:*", "execute-api:**"] { iam.wildcard_action(action) }
	every action in ["s3:Get*", "*:Get*", "s3:*Object", "s3", ""] { not iam.wildcard_action(action) }
}

test_all_resources if {
	every resource in ["*", "**", "*:*", "arn:*", "arn:aws:*", "arn:aws-cn:*:*:*:*", "arn:*:*:*:*:*"] {
		iam.all_resources(resource)
	}
	every resource in ["arn:aws:s3:::*", "arn:aws:iam::111122223333:role/*", "*/x", "x*", ""] {
		not iam.all_resources(resource)
	}
}

test_on_all_resources if {
	iam.on_all_resources({"Resource": ["arn:aws:s3:::b", "*"]})
	iam.on_all_resources({"NotResource": "arn:aws:s3:::b"})
	not iam.on_all_resources({"NotResource": ["arn:aws:s3:::b", "*"]})
	not iam.on_all_resources({"Resource": "arn:aws:s3:::b"})
	not iam.on_all_resources({})
}

test_not_action_takes_in_the_others if {
	iam.has_action({"NotAction": "iam:*"}, "s3:GetObject")
	iam.has_action({"NotAction": ["iam:*", "sts:*"]}, "s3:*")
	not iam.has_action({"NotAction": "iam:*"}, "iam:PassRole")
	not iam.has_action({"NotAction": "s3:Get*"}, "s3:*")
	not iam.has_action({}, "s3:GetObject")
}

test_not_resource_takes_in_the_others if {
	iam.has_resource({"NotResource": "arn:aws:s3:::b/*"}, "arn:aws:s3:::c/k")
	not iam.has_resource({"NotResource": "arn:aws:s3:::b/*"}, "arn:aws:s3:::b/k")
	not iam.has_resource({"NotResource": "arn:aws:s3:::b/*"}, "*")
	not iam.has_resource({}, "*")
}

deny_s3 := {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}

test_a_deny_covers_what_it_takes_in if {
	iam.denied([deny_s3], "s3:*", "*")
	iam.denied([deny_s3], "s3:GetObject", "arn:aws:s3:::b/k")
	iam.denied([{"Effect": "Deny", "NotAction": "logs:*", "Resource": "*"}], "s3:*", "*")
	iam.denied([{"Effect": "Deny", "Action": "*", "Resource": "*"}], "*:*", "*")
}

test_a_narrower_deny_does_not_cover if {
	not iam.denied([deny_s3], "*", "*")
	not iam.denied([{"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"}], "s3:*", "*")
	not iam.denied([{"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::b"}], "s3:*", "*")
	not iam.denied([{"Effect": "Deny", "NotAction": "s3:Get*", "Resource": "*"}], "s3:*", "*")
	not iam.denied([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}], "s3:*", "*")
}

test_a_deny_with_a_condition_is_not_counted_on if {
	not iam.denied([object.union(deny_s3, {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}})], "s3:*", "*")
	iam.denied([object.union(deny_s3, {"Condition": {}})], "s3:*", "*")
}

test_allowed if {
	statements := [{"Effect": "Allow", "Action": ["s3:Get*", "sqs:*"], "Resource": "*"}, deny_s3]
	iam.allowed(statements, "sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:q")
	not iam.allowed(statements, "s3:GetObject", "arn:aws:s3:::b/k")
	not iam.allowed(statements, "sns:Publish", "*")
	not iam.allowed([], "s3:GetObject", "*")
}
