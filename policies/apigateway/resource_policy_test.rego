package rectify.apigateway.resource_policy_test

import data.rectify.apigateway.resource_policy

arn := "arn:aws-cn:apigateway:cn-north-1::/restapis/b2c3d4e5f6"

for_everyone := {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}

for_the_account := {"Effect": "Allow", "Principal": {"AWS": "arn:aws-cn:iam::111122223333:root"}, "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}

partner := {"Effect": "Allow", "Principal": {"AWS": "arn:aws-cn:iam::444455556666:root"}, "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}

partner_and_everyone := {"Effect": "Allow", "Principal": {"AWS": ["arn:aws-cn:iam::444455556666:root", "*"]}, "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}

the_partner := {"Effect": "Allow", "Principal": {"AWS": ["arn:aws-cn:iam::444455556666:root"]}, "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}

all_but_one := {"Effect": "Allow", "NotPrincipal": {"AWS": "arn:aws-cn:iam::444455556666:root"}, "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}

one_network := {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*", "Condition": {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24"]}}}

not_from_there := {"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*/DELETE/*"}

strangers := {"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*", "Condition": {"StringNotEquals": {"aws:SourceVpce": "vpce-1a2b3c4d"}}}

message := "The resource policy lets everyone call the API."

public_beside_partner := {"id": "b2c3d4e5f6", "arn": arn, "account": "111122223333", "properties": {"Policy": {"Statement": [for_everyone, partner]}}}

public_alone := {"id": "b2c3d4e5f6", "arn": arn, "account": "111122223333", "properties": {"Policy": {"Statement": [for_everyone]}}}

public_and_denials := {"id": "b2c3d4e5f6", "arn": arn, "account": "111122223333", "properties": {"Policy": {"Statement": [for_everyone, not_from_there]}}}

named_beside_everyone := {"id": "b2c3d4e5f6", "arn": arn, "account": "111122223333", "properties": {"Policy": {"Statement": [partner_and_everyone]}}}

everyone_but := {"id": "b2c3d4e5f6", "arn": arn, "account": "111122223333", "properties": {"Policy": {"Statement": [all_but_one]}}}

of_one_network := {"id": "b2c3d4e5f6", "arn": arn, "account": "111122223333", "properties": {"Policy": {"Statement": [one_network]}}}

of_one_endpoint := {"id": "b2c3d4e5f6", "arn": arn, "account": "111122223333", "properties": {"Policy": {"Statement": [for_everyone, strangers]}}}

of_partners := {"id": "b2c3d4e5f6", "arn": arn, "account": "111122223333", "properties": {"Policy": {"Statement": [partner]}}}

# A single statement may stand without its list.
single := {"id": "b2c3d4e5f6", "arn": arn, "account": "111122223333", "properties": {"Policy": {"Statement": for_everyone}}}

without_a_policy := {"id": "b2c3d4e5f6", "arn": "", "account": "111122223333", "properties": {"Name": "partners"}}

unreadable := {"id": "b2c3d4e5f6", "arn": "", "account": "111122223333", "properties": {"Name": "partners", "Policy": {"Ref": "ApiPolicy"}}}

test_the_others_stay if {
	found := resource_policy.violation with input as public_beside_partner
	found == {{"msg": message, "path": "/Policy/Statement", "params": {"statement": for_everyone, "keep": [], "rest_api": "b2c3d4e5f6"}}}
}

test_a_policy_that_would_allow_nobody_lets_its_account_in if {
	found := resource_policy.violation with input as public_alone
	found == {{"msg": message, "path": "/Policy/Statement", "params": {"statement": for_everyone, "keep": [for_the_account], "rest_api": "b2c3d4e5f6"}}}
}

test_a_policy_of_denials_is_no_policy_for_anybody if {
	found := resource_policy.violation with input as public_and_denials
	found == {{"msg": message, "path": "/Policy/Statement", "params": {"statement": for_everyone, "keep": [for_the_account], "rest_api": "b2c3d4e5f6"}}}
}

test_the_named_stay if {
	found := resource_policy.violation with input as named_beside_everyone
	found == {{"msg": message, "path": "/Policy/Statement", "params": {"statement": partner_and_everyone, "keep": [the_partner], "rest_api": "b2c3d4e5f6"}}}
}

test_everyone_but_one if {
	found := resource_policy.violation with input as everyone_but
	found == {{"msg": message, "path": "/Policy/Statement", "params": {"statement": all_but_one, "keep": [for_the_account], "rest_api": "b2c3d4e5f6"}}}
}

test_single_statement if {
	found := resource_policy.violation with input as single
	found == {{"msg": message, "path": "/Policy/Statement", "params": {"statement": for_everyone, "keep": [for_the_account], "rest_api": "b2c3d4e5f6"}}}
}

test_one_network_is_clean if {
	count(resource_policy.violation) == 0 with input as of_one_network
}

test_one_endpoint_is_clean if {
	count(resource_policy.violation) == 0 with input as of_one_endpoint
}

test_partners_are_clean if {
	count(resource_policy.violation) == 0 with input as of_partners
}

test_no_policy_is_another_matter if {
	count(resource_policy.violation) == 0 with input as without_a_policy
}

test_unreadable_policy_is_unknown if {
	count(resource_policy.violation) == 0 with input as unreadable
}
