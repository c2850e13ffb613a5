package rectify.lambda.tracing_test

import data.rectify.lambda.tracing

trace_writer := "arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess"

basic := "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"

active := {"properties": {"FunctionName": "checkout", "TracingConfig": {"Mode": "Active"}}}

passes_through := {"properties": {"FunctionName": "checkout", "TracingConfig": {"Mode": "PassThrough"}}}

unresolved := {"properties": {"FunctionName": "checkout", "TracingConfig": {"Mode": {"Ref": "Mode"}}}}

absent := {"properties": {"FunctionName": "checkout"}}

without_grant := {
	"properties": {"TracingConfig": {"Mode": "PassThrough"}},
	"related": {"role": {"properties": {"RoleName": "shop", "Policies": [], "ManagedPolicyArns": [basic]}, "facts": {}}},
}

bare_role := {
	"properties": {"TracingConfig": {"Mode": "PassThrough"}},
	"related": {"role": {"properties": {"RoleName": "shop"}, "facts": {}}},
}

managed_grant := {
	"properties": {"TracingConfig": {"Mode": "PassThrough"}},
	"related": {"role": {"properties": {"RoleName": "shop", "ManagedPolicyArns": [basic, trace_writer]}, "facts": {}}},
}

managed_grant_in_china := {
	"properties": {"TracingConfig": {"Mode": "PassThrough"}},
	"related": {"role": {"properties": {
		"RoleName": "shop",
		"ManagedPolicyArns": ["arn:aws-cn:iam::aws:policy/AWSXrayWriteOnlyAccess"],
	}}},
}

# A customer's policy that only carries AWS's name.
namesake := {
	"properties": {"TracingConfig": {"Mode": "PassThrough"}},
	"related": {"role": {"properties": {
		"RoleName": "shop",
		"ManagedPolicyArns": ["arn:aws:iam::111122223333:policy/AWSXRayDaemonWriteAccess"],
	}}},
}

inline_grant := {
	"properties": {"TracingConfig": {"Mode": "PassThrough"}},
	"related": {"role": {"properties": {"RoleName": "shop", "Policies": [{
		"PolicyName": "traces",
		"PolicyDocument": {"Version": "2012-10-17", "Statement": [{
			"Effect": "Allow",
			"Action": ["logs:PutLogEvents", "XRay:Put*"],
			"Resource": "*",
		}]},
	}]}}},
}

conditional_grant := {
	"properties": {"TracingConfig": {"Mode": "PassThrough"}},
	"related": {"role": {"properties": {"RoleName": "shop", "Policies": [{
		"PolicyName": "traces",
		"PolicyDocument": {"Version": "2012-10-17", "Statement": [{
			"Effect": "Allow",
			"Action": "xray:*",
			"Resource": "*",
			"Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}},
		}]},
	}]}}},
}

reading_only := {
	"properties": {"TracingConfig": {"Mode": "PassThrough"}},
	"related": {"role": {"properties": {"RoleName": "shop", "Policies": [{
		"PolicyName": "traces",
		"PolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "xray:Get*", "Resource": "*"}]},
	}]}}},
}

attached_document := {
	"properties": {"TracingConfig": {"Mode": "PassThrough"}},
	"related": {"role": {
		"properties": {"RoleName": "shop", "ManagedPolicyArns": ["arn:aws:iam::aws:policy/service-role/Traces"]},
		"facts": {"AttachedPolicies": [{
			"PolicyArn": "arn:aws:iam::aws:policy/service-role/Traces",
			"PolicyName": "Traces",
			"Document": {"Statement": [{"Effect": "Allow", "Action": ["xray:PutTraceSegments"], "Resource": ["*"]}]},
		}]},
	}},
}

detached_document := {
	"properties": {"TracingConfig": {"Mode": "PassThrough"}},
	"related": {"role": {
		"properties": {"RoleName": "shop", "ManagedPolicyArns": []},
		"facts": {"AttachedPolicies": [{
			"PolicyArn": "arn:aws:iam::aws:policy/service-role/Traces",
			"PolicyName": "Traces",
			"Document": {"Statement": [{"Effect": "Allow", "Action": ["xray:PutTraceSegments"], "Resource": ["*"]}]},
		}]},
	}},
}

by_wildcard := {
	"properties": {"TracingConfig": {"Mode": "PassThrough"}},
	"related": {"role": {
		"properties": {"RoleName": "shop", "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]},
		"facts": {"AttachedPolicies": [{
			"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess",
			"PolicyName": "AdministratorAccess",
			"Document": {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]},
		}]},
	}},
}

off_and_granted := {{
	"msg": "Active X-Ray tracing is off.",
	"path": "/TracingConfig/Mode",
	"params": {"grant_traces": false},
}}

off_and_not_granted := {{
	"msg": "Active X-Ray tracing is off.",
	"path": "/TracingConfig/Mode",
	"params": {"grant_traces": true},
}}

test_active_is_clean if {
	count(tracing.violation) == 0 with input as active
}

test_pass_through_with_an_unread_role if {
	tracing.violation == off_and_granted with input as passes_through
}

test_unresolved_is_unknown if {
	count(tracing.violation) == 0 with input as unresolved
}

test_absent_configuration if {
	tracing.violation == off_and_granted with input as absent
}

test_role_without_a_grant if {
	tracing.violation == off_and_not_granted with input as without_grant
}

test_role_without_policies if {
	tracing.violation == off_and_not_granted with input as bare_role
}

test_managed_grant if {
	tracing.violation == off_and_granted with input as managed_grant
}

test_managed_grant_in_another_partition if {
	tracing.violation == off_and_granted with input as managed_grant_in_china
}

test_namesake_is_no_grant if {
	tracing.violation == off_and_not_granted with input as namesake
}

test_inline_grant if {
	tracing.violation == off_and_granted with input as inline_grant
}

test_conditional_grant_is_not_counted if {
	tracing.violation == off_and_not_granted with input as conditional_grant
}

test_reading_traces_is_no_grant if {
	tracing.violation == off_and_not_granted with input as reading_only
}

test_document_of_an_attached_policy if {
	tracing.violation == off_and_granted with input as attached_document
}

test_a_wildcard_right_is_not_counted if {
	tracing.violation == off_and_not_granted with input as by_wildcard
}

test_document_of_a_detached_policy_is_not_counted if {
	tracing.violation == off_and_not_granted with input as detached_document
}
