package rectify.lambda.role_can_log_test

import data.rectify.lambda.role_can_log

basic := "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"

function(properties, role) := {
	"id": "checkout",
	"account": "111122223333",
	"region": "eu-west-1",
	"properties": object.union({"FunctionName": "checkout", "Role": "arn:aws:iam::111122223333:role/checkout"}, properties),
	"related": {"role": object.union({"id": "checkout"}, role)},
}

inline(statement) := {
	"properties": {"Policies": [{"PolicyName": "own", "PolicyDocument": {"Statement": [statement]}}]},
	"facts": {},
}

allow(actions, resource) := inline({"Effect": "Allow", "Action": actions, "Resource": resource})

stream := ["logs:CreateLogStream", "logs:PutLogEvents"]

silent := {{
	"msg": "The function's role checkout has no right of its own to write the log (logs:CreateLogStream, logs:PutLogEvents).",
	"path": "/Role",
	"params": {"denied": false},
}}

bare := function({}, {"properties": {"RoleName": "checkout"}, "facts": {}})

elsewhere := function({}, allow(stream, "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/payments:*"))

half := function({}, allow(["logs:CreateLogStream"], "*"))

everywhere := function({}, allow(["logs:Create*", "logs:Put*"], "*"))

# Another control takes these away, and the log must not go with them.
by_wildcard := function({}, allow(["logs:*", "s3:GetObject"], "*"))

admin := function({}, {"properties": {"ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]}, "facts": {
	"AttachedPolicies": [{
		"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess",
		"PolicyName": "AdministratorAccess",
		"Document": {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
	}],
}})

own_group := function({}, allow(stream, "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/checkout:*"))

own_streams := function({}, allow(stream, "arn:aws:logs:*:*:log-group:/aws/lambda/checkout:log-stream:*"))

other_group := {"LoggingConfig": {"LogGroup": "/shop/checkout"}}

named_group := function(other_group, allow(stream, "arn:aws:logs:eu-west-1:111122223333:log-group:/shop/*"))

default_group := function(other_group, allow(stream, "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/*"))

of_aws := function({}, {"properties": {"ManagedPolicyArns": [basic]}, "facts": {"AttachedPolicies": [{
	"PolicyArn": basic,
	"PolicyName": "AWSLambdaBasicExecutionRole",
	"Document": {"Statement": [{"Effect": "Allow", "Action": stream, "Resource": "*"}]},
}]}})

attached_in_a_plan := function({}, {"properties": {"ManagedPolicyArns": [basic]}, "facts": {"AttachedPolicies": []}})

tracing_attached_in_a_plan := function({}, {
	"properties": {"ManagedPolicyArns": ["arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"]},
	"facts": {"AttachedPolicies": []},
})

customer_managed := function({}, {
	"properties": {"ManagedPolicyArns": ["arn:aws:iam::111122223333:policy/shop"]},
	"facts": {"AttachedPolicies": []},
})

denied := function({}, {"properties": {"ManagedPolicyArns": [basic], "Policies": [{
	"PolicyName": "quiet",
	"PolicyDocument": {"Statement": [{"Effect": "Deny", "Action": "logs:PutLogEvents", "Resource": "*"}]},
}]}})

service_linked := function({}, {"properties": {"Path": "/aws-service-role/lambda.amazonaws.com/"}})

unread := {"id": "checkout", "properties": {"Role": "arn:aws:iam::111122223333:role/checkout"}, "related": {}}

test_a_role_without_policies if {
	role_can_log.violation == silent with input as bare
}

test_another_function_s_log if {
	role_can_log.violation == silent with input as elsewhere
}

test_wildcard_rights_do_not_count if {
	role_can_log.violation == silent with input as by_wildcard
	role_can_log.violation == silent with input as admin
}

test_half_of_it_is_not_enough if {
	role_can_log.violation == {{
		"msg": "The function's role checkout has no right of its own to write the log (logs:PutLogEvents).",
		"path": "/Role",
		"params": {"denied": false},
	}} with input as half
}

test_the_default_group_where_another_is_named if {
	role_can_log.violation == silent with input as default_group
}

test_a_policy_that_says_nothing_of_logs if {
	role_can_log.violation == silent with input as tracing_attached_in_a_plan
}

test_denied if {
	role_can_log.violation == {{
		"msg": "The function's role checkout has no right of its own to write the log (logs:PutLogEvents).",
		"path": "/Role",
		"params": {"denied": true},
	}} with input as denied
}

test_whoever_may_write_it_is_clean if {
	count(role_can_log.violation) == 0 with input as everywhere
	count(role_can_log.violation) == 0 with input as own_group
	count(role_can_log.violation) == 0 with input as own_streams
	count(role_can_log.violation) == 0 with input as named_group
	count(role_can_log.violation) == 0 with input as of_aws
	count(role_can_log.violation) == 0 with input as attached_in_a_plan
}

test_a_policy_that_is_not_known_may_allow_it if {
	count(role_can_log.violation) == 0 with input as customer_managed
}

test_a_role_of_aws_is_left_alone if {
	count(role_can_log.violation) == 0 with input as service_linked
}

test_a_role_that_was_not_read_is_unknown if {
	count(role_can_log.violation) == 0 with input as unread
}
