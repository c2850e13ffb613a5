package rectify.lib.principal_test

import data.rectify.lib.principal

allow_all := {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}

test_everyone if {
	every who in ["*", {"AWS": "*"}, {"AWS": ["arn:aws:iam::111122223333:root", "*"]}] { principal.everyone(who) }
}

test_not_everyone if {
	every who in ["", null, {}, {"AWS": "111122223333"}, {"Service": "*"}, {"AWS": ["arn:aws:iam::111122223333:root"]}] {
		not principal.everyone(who)
	}
}

test_public if {
	principal.public(allow_all)
	principal.public({"Effect": "Allow", "NotPrincipal": {"AWS": "arn:aws:iam::111122223333:root"}})
}

test_not_public if {
	not principal.public(object.union(allow_all, {"Effect": "Deny"}))
	not principal.public({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
	not principal.public({"Effect": "Allow", "NotPrincipal": {"AWS": "*"}})
	not principal.public(object.union(allow_all, {"Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}))
}

test_public_statements_of_a_document if {
	principal.public_statements({"Statement": [allow_all]}) == [allow_all]
	principal.public_statements({"Statement": allow_all}) == [allow_all]
	principal.public_statements("text") == []
}

test_a_deny_of_strangers_takes_it_back if {
	deny := object.union(allow_all, {"Effect": "Deny", "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}})
	principal.public_statements({"Statement": [allow_all, deny]}) == []
	principal.public_statements({"Statement": [allow_all, object.union(allow_all, {"Effect": "Deny"})]}) == []
}

test_a_deny_of_all_actions_takes_back_all_but_some if {
	all_but := {"Effect": "Allow", "Principal": "*", "NotAction": "s3:Put*", "Resource": "arn:aws:s3:::shop/*"}
	deny := {"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}
	principal.public_statements({"Statement": [all_but, deny]}) == []
	principal.public_statements({"Statement": [all_but, object.union(deny, {"Action": "s3:Get*"})]}) == [all_but]
}

test_a_deny_of_one_or_elsewhere_does_not if {
	named := object.union(allow_all, {"Effect": "Deny", "Principal": {"AWS": "111122223333"}})
	elsewhere := object.union(allow_all, {"Effect": "Deny", "Resource": "execute-api:/prod/*"})
	principal.public_statements({"Statement": [allow_all, named, elsewhere]}) == [allow_all]
}

test_what_is_left_without_everyone if {
	named := {"Effect": "Allow", "Principal": {"AWS": ["*", "111122223333"], "Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
	principal.without_everyone(named) == [{
		"Effect": "Allow",
		"Principal": {"AWS": ["111122223333"], "Service": "sns.amazonaws.com"},
		"Action": "sqs:SendMessage",
	}]
	principal.without_everyone({"Effect": "Allow", "Principal": {"AWS": "*", "Service": "sns.amazonaws.com"}}) == [{
		"Effect": "Allow",
		"Principal": {"Service": "sns.amazonaws.com"},
	}]
}

test_nothing_is_left_of_everyone_alone if {
	principal.without_everyone(allow_all) == []
	principal.without_everyone({"Effect": "Allow", "Principal": {"AWS": "*"}}) == []
	principal.without_everyone({"Effect": "Allow", "NotPrincipal": {"AWS": "111122223333"}}) == []
}
