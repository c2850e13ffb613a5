package rectify.iam.privilege_escalation_test

import data.rectify.data.escalation_paths
import data.rectify.iam.privilege_escalation

allow(actions) := {"Effect": "Allow", "Action": actions, "Resource": "*"}

# A principal whose inline policies have one statement each.
inline(statements) := {
	"id": "support",
	"arn": "arn:aws:iam::111122223333:role/support",
	"parameters": {"keep": []},
	"properties": {"Policies": [policy |
		some index, statement in statements
		policy := {"PolicyName": sprintf("p%d", [index]), "PolicyDocument": {"Statement": [statement]}}
	]},
	"related": {"policies": []},
}

messages := {finding.msg | some finding in privilege_escalation.violation}

users := object.union(allow(["iam:ListUsers", "iam:createaccesskey"]), {"Sid": "Users"})

test_one_action_is_enough if {
	found := privilege_escalation.violation with input as inline([users])
	found == {{
		"msg": "The inline policy p0 opens a way to more rights: iam:CreateAccessKey.",
		"path": `/Policies/[PolicyName="p0"]/PolicyDocument/Statement`,
		"params": {
			"source": "inline",
			"policy": "p0",
			"statement": users,
			"keep": [object.union(users, {"Action": ["iam:ListUsers"]})],
			"fixable": true,
		},
	}}
}

apart := inline([allow("iam:PassRole"), allow(["ec2:RunInstances", "ec2:Describe*"])])

test_actions_of_two_policies_count_together if {
	messages == {"The inline policy p0 opens a way to more rights: iam:PassRole with ec2:RunInstances."} with input as apart
}

half := inline([allow("iam:PassRole"), allow(["ec2:Describe*", "lambda:CreateFunction"])])

test_half_a_path_is_clean if messages == set() with input as half

many := inline([allow("iam:PassRole"), allow(["ec2:*", "lambda:*", "glue:*"])])

test_of_many_paths_three_are_told if {
	{regex.match("and [0-9]+ more[.]$", told) | some told in messages} == {true} with input as many
}

wildcards := inline([allow("*"), allow("iam:*"), {"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}])

test_full_wildcards_are_other_findings if messages == set() with input as wildcards

patterns := inline([allow("iam:Put*")])

test_a_pattern_is_for_a_person if {
	{finding.params.fixable | some finding in privilege_escalation.violation} == {false} with input as patterns
}

own := inline([
	{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::111122223333:role/sup*"},
	{"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": "arn:aws:iam::*:user/${aws:username}"},
	{"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "arn:aws:iam::111122223333:role/app"},
	{"Effect": "Allow", "Action": "iam:CreateAccessKey", "Resource": "arn:aws:iam::111122223333:user/app-*"},
])

test_what_is_done_to_oneself_counts_and_to_others_by_name_does_not if {
	messages == {"The inline policy p0 opens a way to more rights: iam:PutRolePolicy."} with input as own
}

kinds := inline([{"Effect": "Allow", "Action": "lambda:UpdateFunctionCode", "Resource": ["arn:aws:lambda:*:*:function:*"]}])

test_every_resource_of_a_kind_is_everything if {
	messages == {"The inline policy p0 opens a way to more rights: lambda:UpdateFunctionCode."} with input as kinds
}

passing(condition) := object.union(allow("iam:PassRole"), {"Condition": condition})

starting := allow(["ec2:RunInstances", "lambda:CreateFunction"])

for_lambda := inline([passing({"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}), starting])

for_ec2 := inline([passing({"StringLike": {"iam:PassedToService": ["lambda.amazonaws.com", "ec2.amazonaws.*"]}}), starting])

maybe := inline([passing({"StringEqualsIfExists": {"iam:PassedToService": "lambda.amazonaws.com"}}), starting])

test_a_role_that_is_passed_elsewhere if {
	messages == set() with input as for_lambda
	count(messages) == 1 with input as for_ec2
	count(messages) == 1 with input as maybe
}

denied := inline([allow("iam:CreateAccessKey"), {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}])

denied_half := inline([allow("iam:PassRole"), allow("ec2:RunInstances"), {"Effect": "Deny", "Action": "ec2:RunInstances", "Resource": "*"}])

test_denied_whole_is_clean if {
	messages == set() with input as denied
	messages == set() with input as denied_half
}

kept := object.union(apart, {"parameters": {"keep": ["arn:aws:iam::111122223333:role/app", "arn:aws:sqs:eu-west-1:111122223333:q"]}})

test_what_is_kept_is_on_the_resources_of_its_service if {
	{finding.params.keep | some finding in privilege_escalation.violation} == {[{
		"Effect": "Allow",
		"Action": ["iam:PassRole"],
		"Resource": ["arn:aws:iam::111122223333:role/app"],
	}]} with input as kept
}

version := {"Effect": "Allow", "Action": "iam:CreatePolicyVersion", "Resource": "arn:aws:iam::111122223333:policy/team"}

customer_managed := {
	"id": "support",
	"arn": "arn:aws:iam::111122223333:role/support",
	"parameters": {"keep": []},
	"properties": {"ManagedPolicyArns": ["arn:aws:iam::111122223333:policy/team"]},
	"related": {"policies": [{
		"id": "arn:aws:iam::111122223333:policy/team",
		"properties": {"PolicyDocument": {"Statement": [version]}},
	}]},
}

test_a_policy_that_may_be_rewritten_by_its_holder if {
	found := privilege_escalation.violation with input as customer_managed
	found == {{
		"msg": "The attached policy arn:aws:iam::111122223333:policy/team opens a way to more rights: iam:CreatePolicyVersion.",
		"path": "/ManagedPolicyArns",
		"params": {
			"source": "customer_managed",
			"policy": "arn:aws:iam::111122223333:policy/team",
			"statement": version,
			"keep": [{"Sid": "RectifyRemovedWildcard", "Effect": "Deny", "Action": "none:null", "Resource": "*"}],
			"fixable": true,
		},
	}}
}

aws_managed := {
	"id": "support",
	"arn": "arn:aws:iam::111122223333:role/support",
	"parameters": {"keep": []},
	"properties": {"ManagedPolicyArns": ["arn:aws:iam::aws:policy/Some"]},
	"facts": {"AttachedPolicies": [{"PolicyArn": "arn:aws:iam::aws:policy/Some", "Document": {"Statement": [users]}}]},
	"related": {"policies": []},
}

test_an_aws_managed_policy_is_for_a_person if {
	privilege_escalation.violation == {{
		"msg": "The attached policy arn:aws:iam::aws:policy/Some opens a way to more rights: iam:CreateAccessKey.",
		"path": "/ManagedPolicyArns",
		"params": {"source": "aws_managed", "policy": "arn:aws:iam::aws:policy/Some", "fixable": false},
	}} with input as aws_managed
}

of_aws := object.union(inline([users]), {"properties": {"Path": "/aws-service-role/support.amazonaws.com/"}})

test_a_role_of_aws_is_left_out if messages == set() with input as of_aws

test_absent_and_malformed_are_clean if {
	messages == set() with input as {"id": "x", "properties": {}, "parameters": {"keep": []}, "related": {"policies": []}}
	messages == set() with input as {
		"id": "x",
		"properties": {"Policies": [{"PolicyName": "x", "PolicyDocument": [1]}]},
		"parameters": {"keep": []},
	}
}

test_the_table_says_what_it_means if {
	every service, entries in escalation_paths.paths {
		every key, entry in entries {
			key == lower(entry.action)
			startswith(key, sprintf("%s:", [service]))
			every path in entry.paths {
				startswith(path.source, "https://")
				object.get(path, "own", "policy") in {"policy", "principal"}
				not entry.action in path["with"]
				every action in path["with"] { action in escalation_paths.beside[lower(split(action, ":")[0])] }
			}
		}
	}
	every path in escalation_paths.paths.iam["iam:passrole"].paths { count(path.passed_to) > 0 }
}
