package rectify.lib.execution_role_test

import data.rectify.lib.execution_role

basic := "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"

own := "arn:aws:iam::111122223333:policy/shop"

put := {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": "arn:aws:dynamodb:eu-west-1:111122223333:table/orders"}

read := {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}

inline := [{"PolicyName": "orders", "PolicyDocument": {"Statement": put}}]

attached := [{"PolicyArn": "arn:aws:iam::aws:policy/Files", "Document": {"Statement": [read]}}]

test_inline_and_attached if {
	execution_role.statements(inline, ["arn:aws:iam::aws:policy/Files"], attached) == [put, read]
}

test_wildcard_rights_do_not_last if {
	admin := {"PolicyArn": "arn:aws:iam::aws:policy/Admin", "Document": {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}}
	mixed := {"PolicyName": "own", "PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": ["logs:*", "s3:GetObject"], "Resource": "*"}]}}
	execution_role.statements([mixed], ["arn:aws:iam::aws:policy/Admin"], [admin]) == [{
		"Effect": "Allow",
		"Action": ["s3:GetObject"],
		"Resource": "*",
	}]
}

test_a_detached_policy_does_not_count if {
	execution_role.statements([], [], attached) == []
}

test_what_is_attached_in_a_plan_is_known if {
	statements := execution_role.statements([], ["arn:aws-cn:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"], [])
	statements[0].Action == ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
	count(statements) == 1
}

# What was read is what counts.
test_a_read_text_goes_before_the_known_one if {
	newer := [{"PolicyArn": basic, "Document": {"Statement": [read]}}]
	execution_role.statements([], [basic], newer) == [read]
	execution_role.unknown([basic], newer) == []
}

test_a_policy_without_its_text_was_not_read if {
	execution_role.unknown([own], [{"PolicyArn": own, "PolicyName": "shop"}]) == [own]
	count(execution_role.statements([], [basic], [{"PolicyArn": basic}])) == 1
}

test_customer_managed_policies_are_unknown if {
	execution_role.unknown([basic, own, "arn:aws:iam::111122223333:policy/service-role/AWSLambdaBasicExecutionRole"], []) == [
		own,
		"arn:aws:iam::111122223333:policy/service-role/AWSLambdaBasicExecutionRole",
	]
}

test_a_role_without_policies if {
	execution_role.statements([], [], []) == []
	execution_role.unknown([], []) == []
}
