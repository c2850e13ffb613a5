package rectify.lib.condition_test

import data.rectify.lib.condition

narrowing := [
	{"StringEquals": {"aws:SourceAccount": "111122223333"}},
	{"stringequals": {"AWS:sourceaccount": ["111122223333", "444455556666"]}},
	{"StringEquals": {"aws:SourceAccount": 111122223333}},
	{"StringLike": {"aws:SourceOwner": "111122223333"}},
	{"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
	{"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}},
	{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/r-ab12/*"}},
	{"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:111122223333:*"}},
	{"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::my-bucket"}},
	{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}},
	{"StringEquals": {"aws:PrincipalAccount": "111122223333"}},
	{"StringEquals": {"aws:SourceVpc": "vpc-1a2b3c4d"}},
	{"StringEquals": {"aws:sourceVpce": "vpce-1a2b3c4d"}},
	{"StringEquals": {"aws:userid": "AIDAEXAMPLEID"}},
	{"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32"]}},
	{"IpAddress": {"aws:SourceIp": "203.0.113.7"}},
	{"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/16"}},
	{"StringEquals": {"kms:CallerAccount": "111122223333", "kms:ViaService": "s3.eu-west-1.amazonaws.com"}},
	{"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}},
	{"StringEquals": {"s3:DataAccessPointAccount": "111122223333"}},
	{"ArnLike": {"s3:DataAccessPointArn": "arn:aws:s3:*:111122223333:accesspoint/*"}},
	{
		"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"},
		"Null": {"aws:PrincipalOrgID": "false"},
	},
]

open := [
	{},
	"text",
	{"StringEquals": "text"},
	{"StringEquals": {"aws:SourceAccount": []}},
	{"StringLike": {"aws:SourceAccount": "*"}},
	{"StringEquals": {"aws:SourceAccount": ["111122223333", "*"]}},
	{"StringLike": {"aws:PrincipalOrgID": "o-*"}},
	{"StringEquals": {"aws:PrincipalOrgID": "${aws:PrincipalOrgID}"}},
	{"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-*/r-ab12/*"}},
	{"ArnLike": {"aws:SourceArn": "arn:aws:sns:*:*:*"}},
	{"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}},
	{"ArnLike": {"aws:SourceArn": "*"}},
	{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/deploy"}},
	{"StringLike": {"aws:userid": "AROAEXAMPLEID:*"}},
	{"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
	{"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}},
	{"IpAddress": {"aws:SourceIp": "::/0"}},
	{"StringNotEquals": {"aws:SourceAccount": "111122223333"}},
	{"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
	{"StringEqualsIfExists": {"aws:SourceAccount": "111122223333"}},
	{"ForAllValues:StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
	{"Null": {"aws:PrincipalOrgID": "false"}},
	{"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}},
	{"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
	{"StringEquals": {"sts:ExternalId": "secret"}},
	{"Bool": {"aws:SecureTransport": "true"}},
	{"StringEquals": {"aws:PrincipalTag/team": "${aws:ResourceAccount}"}},
]

test_a_fixed_caller_narrows if {
	every members in narrowing { condition.narrows({"Condition": members}) }
}

test_all_else_does_not if {
	every members in open { not condition.narrows({"Condition": members}) }
}

test_no_condition_does_not_narrow if not condition.narrows({"Effect": "Allow"})

test_a_deny_of_all_others if {
	every members in [
		{"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
		{"StringNotEquals": {"aws:sourceVpce": ["vpce-1a2b3c4d"]}},
		{"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}},
	] {
		condition.denies_others({"Effect": "Deny", "Condition": members})
	}
}

test_a_deny_of_some if {
	every members in [
		{},
		"text",
		{"StringNotEquals": "text"},
		{"Bool": {"aws:PrincipalIsAWSService": "false"}},
		{"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
		{"StringNotLike": {"aws:PrincipalOrgID": "*"}},
		{"StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5", "aws:RequestedRegion": "eu-west-1"}},
		{"ForAnyValue:StringNotEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
	] {
		not condition.denies_others({"Effect": "Deny", "Condition": members})
	}
	not condition.denies_others({"Effect": "Allow", "Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}})
}

test_fixes_account if {
	condition.fixes_account("arn:aws:events:eu-west-1:111122223333:rule/*")
	not condition.fixes_account("arn:aws:events:eu-west-1:*:rule/nightly")
	not condition.fixes_account("arn:aws:s3:::my-bucket")
	not condition.fixes_account("*")
}
