package rectify.lib.rights_test

import data.rectify.lib.rights

s3 := {"Sid": "S3", "Effect": "Allow", "Action": ["s3:*", "sqs:SendMessage"], "Resource": "*"}

logs := {"Sid": "Logs", "Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*"}

admin := {"Effect": "Allow", "Action": "*", "Resource": "*"}

deny_s3 := {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}

stand_in := {"Sid": "RectifyRemovedWildcard", "Effect": "Deny", "Action": "none:null", "Resource": "*"}

test_an_inline_edit_keeps_the_other_actions if {
	rights.inline([{"PolicyName": "own", "PolicyDocument": {"Statement": [s3, logs]}}], []) == {{
		"msg": "The inline policy own allows s3:* on every resource.",
		"path": `/Policies/[PolicyName="own"]/PolicyDocument/Statement`,
		"params": {
			"source": "inline",
			"policy": "own",
			"statement": s3,
			"keep": [{"Sid": "S3", "Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": "*"}],
		},
	}}
}

test_named_resources_keep_the_wildcard if {
	mixed := object.union(s3, {"Resource": ["*", "arn:aws:s3:::b/*"]})
	rights.kept(mixed, {"Statement": [mixed]}) == [
		{"Sid": "S3", "Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": ["*", "arn:aws:s3:::b/*"]},
		{"Effect": "Allow", "Action": ["s3:*"], "Resource": ["arn:aws:s3:::b/*"]},
	]
}

test_not_action_is_a_wildcard_right if {
	rest := {"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"}
	edits := rights.inline([{"PolicyName": "power", "PolicyDocument": {"Statement": [rest]}}], [])
	{edit.msg | some edit in edits} == {"The inline policy power allows all but iam:*, sts:* on every resource."}
	{edit.params.keep | some edit in edits} == {[]}
}

test_not_resource_is_every_resource_but_some if {
	count(rights.wildcard_statements({"Statement": [{"Effect": "Allow", "Action": "s3:*", "NotResource": "arn:aws:s3:::audit"}]}, [])) == 1
}

test_no_wildcard if {
	every statement in [
		logs,
		deny_s3,
		{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*"},
		{"Effect": "Allow", "Action": "s3:*"},
		{"Effect": "Allow", "NotAction": "*", "Resource": "*"},
		{"Action": "*", "Resource": "*"},
	] {
		rights.wildcard_statements({"Statement": [statement]}, []) == []
	}
	rights.wildcard_statements("text", []) == []
}

test_a_deny_of_its_own_or_of_another_policy_covers if {
	rights.wildcard_statements({"Statement": [s3, deny_s3]}, []) == []
	rights.wildcard_statements({"Statement": [s3]}, [deny_s3]) == []
	rights.wildcard_statements({"Statement": [admin]}, [deny_s3]) == [admin]
}

test_an_aws_managed_policy_counts_while_attached if {
	arn := "arn:aws:iam::aws:policy/Some_FullAccess"
	attached := [{"PolicyArn": arn, "Document": {"Statement": [s3, logs]}}, {"PolicyArn": "arn:aws:iam::aws:policy/Unknown"}]
	rights.aws_managed([], attached, []) == set()
	rights.aws_managed([arn, "arn:aws:iam::aws:policy/Unknown"], attached, []) == {{
		"msg": "The attached policy arn:aws:iam::aws:policy/Some_FullAccess allows s3:* on every resource.",
		"path": "/ManagedPolicyArns",
		"params": {
			"source": "aws_managed",
			"policy": arn,
			"keep": [{"Sid": "S3", "Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": "*"}, logs],
			"keep_policy": {
				"PolicyName": "rectify-kept-Some_FullAccess",
				"PolicyDocument": {
					"Version": "2012-10-17",
					"Statement": [{"Sid": "S3", "Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": "*"}, logs],
				},
			},
		},
	}}
}

test_an_aws_managed_policy_of_wildcards_alone_leaves_nothing if {
	arn := "arn:aws:iam::aws:policy/AdministratorAccess"
	edits := rights.aws_managed([arn], [{"PolicyArn": arn, "Document": {"Statement": [admin]}}], [])
	{edit.params | some edit in edits} == {{"source": "aws_managed", "policy": arn, "keep": []}}
}

test_a_customer_managed_policy_is_never_left_empty if {
	rights.customer_managed_params("arn", admin, {"Statement": [admin]}).keep == [stand_in]
	rights.customer_managed_params("arn", admin, {"Statement": [admin, logs]}).keep == []
	rights.customer_managed_params("arn", admin, {"Statement": [admin, {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}).keep == [stand_in]
}

test_owned_by_aws if {
	rights.owned_by_aws("/aws-service-role/lambda.amazonaws.com/")
	rights.owned_by_aws("/aws-reserved/sso.amazonaws.com/eu-west-1/")
	not rights.owned_by_aws("/service-role/")
	not rights.owned_by_aws("/")
}
