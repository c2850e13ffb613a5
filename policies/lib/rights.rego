# Wildcard rights: what an Allow statement gives with `*`, `*:*` or `service:*`, or with all but a NotAction, on every
# resource. A condition on the statement does not make its rights fewer, only rarer, and so does not matter here.
#
# Each edit is a violation in the making, {"msg", "path", "params"}, and params hold the change that takes away the
# wildcard and nothing else. They depend only on the one policy document, whoever asks: so a role, a function that
# uses it and the customer managed policy itself get the same change, which is then one.
#   source     inline | aws_managed | customer_managed
#   policy     the inline policy's name, else the policy's ARN
#   statement  the statement to remove (not of an AWS managed policy, which is detached)
#   keep       the statements to put in its place: what it allows beside the wildcard
#   keep_policy  for an AWS managed policy that allows more: the inline policy that goes on allowing it
package rectify.lib.rights

import data.rectify.lib.iam

inline(policies, denies) := {edit |
	some policy in iam.as_list(policies)
	some statement in wildcard_statements(policy.PolicyDocument, denies)
	edit := {
		"msg": sprintf("The inline policy %s allows %s on every resource.", [policy.PolicyName, granted(statement)]),
		"path": sprintf(`/Policies/[PolicyName="%s"]/PolicyDocument/Statement`, [policy.PolicyName]),
		"params": {
			"source": "inline",
			"policy": policy.PolicyName,
			"statement": statement,
			"keep": kept(statement, policy.PolicyDocument),
		},
	}
}

# Of the AWS managed policies, those that are attached and whose document is known.
aws_managed(arns, attached, denies) := {edit |
	some policy in attached_policies(arns, attached)
	statements := wildcard_statements(policy.Document, denies)
	count(statements) > 0
	stays := beside_wildcards(policy.Document)
	edit := {
		"msg": sprintf("The attached policy %s allows %s on every resource.", [
			policy.PolicyArn,
			concat(", ", [granted(statement) | some statement in statements]),
		]),
		"path": "/ManagedPolicyArns",
		"params": object.union(
			{"source": "aws_managed", "policy": policy.PolicyArn, "keep": stays},
			kept_policy(policy, stays),
		),
	}
}

customer_managed(policies, denies) := {edit |
	some policy in policies
	some statement in wildcard_statements(policy.properties.PolicyDocument, denies)
	edit := {
		"msg": sprintf("The attached policy %s allows %s on every resource.", [policy.id, granted(statement)]),
		"path": "/ManagedPolicyArns",
		"params": customer_managed_params(policy.id, statement, policy.properties.PolicyDocument),
	}
}

customer_managed_params(arn, statement, document) := {
	"source": "customer_managed",
	"policy": arn,
	"statement": statement,
	"keep": array.concat(kept(statement, document), stand_in(beside_wildcards(document))),
}

# IAM accepts no document without a statement, so where none would be left there stands one that gives nothing:
# no service is called `none`.
stand_in(stays) := [] if count(stays) > 0

stand_in(stays) := [{
	"Sid": "RectifyRemovedWildcard",
	"Effect": "Deny",
	"Action": "none:null",
	"Resource": "*",
}] if {
	count(stays) == 0
}

attached_policies(arns, attached) := [policy |
	some policy in iam.as_list(attached)
	policy.PolicyArn in iam.as_list(arns)
]

# All Deny statements of a principal's policies. A Deny in one of them is stronger than an Allow in any other.
denies(documents) := [statement |
	some document in documents
	some statement in iam.statements(document)
	iam.unconditional_deny(statement)
]

# A document's statements with a wildcard right that no Deny covers, neither one of its own nor a given one.
wildcard_statements(document, given) := [statement |
	all := iam.statements(document)
	some statement in all
	grants_wildcard(statement, array.concat(all, given))
]

grants_wildcard(statement, all) if count(wildcard_actions(statement, all)) > 0

grants_wildcard(statement, all) if grants_the_rest(statement, all)

wildcard_actions(statement, all) := [action |
	statement.Effect == "Allow"
	iam.on_all_resources(statement)
	some action in iam.actions(statement)
	# Most actions end here: a policy of AWS's own may have a thousand.
	endswith(action, "*")
	iam.wildcard_action(action)
	not iam.denied(all, action, "*")
]

# NotAction: every action but those named, unless it names them all.
grants_the_rest(statement, all) if {
	statement.Effect == "Allow"
	iam.on_all_resources(statement)
	excluded := iam.texts(statement, "NotAction")
	count(excluded) > 0
	every action in excluded { not iam.all_actions(action) }
	not iam.denied(all, "*", "*")
}

granted(statement) := concat(", ", [action | some action in iam.actions(statement); iam.wildcard_action(action)]) if {
	not statement.NotAction
}

granted(statement) := sprintf("all but %s", [concat(", ", iam.texts(statement, "NotAction"))]) if statement.NotAction

# What a wildcard statement of a document goes on allowing: its other actions, and on the resources that it names
# beside `*` the wildcard too. A Sid has to stay the only one of its name.
kept(statement, document) := array.concat(other_actions, named_resources) if {
	wild := wildcard_actions(statement, iam.statements(document))
	others := [action | some action in iam.actions(statement); not action in wild]
	other_actions := [object.union(statement, {"Action": others}) | count(others) > 0]
	named := [resource | some resource in iam.resources(statement); not iam.all_resources(resource)]
	named_resources := [object.union(object.remove(statement, ["Sid"]), object.union({"Resource": named}, only(wild))) |
		count(named) > 0
	]
}

only(wild) := {"Action": wild} if count(wild) > 0

only(wild) := {} if count(wild) == 0

# What is left of a document when every wildcard right is taken from it.
beside_wildcards(document) := [rest |
	all := iam.statements(document)
	some statement in all
	some rest in statement_beside_wildcards(statement, document, all)
]

statement_beside_wildcards(statement, document, all) := kept(statement, document) if grants_wildcard(statement, all)

statement_beside_wildcards(statement, _, all) := [statement] if not grants_wildcard(statement, all)

kept_policy(_, stays) := {} if count(stays) == 0

kept_policy(policy, stays) := {"keep_policy": {
	"PolicyName": kept_policy_name(policy.PolicyArn),
	"PolicyDocument": {"Version": "2012-10-17", "Statement": stays},
}} if {
	count(stays) > 0
}

# A policy's name is the end of its ARN; IAM's limit for one is 128 characters.
kept_policy_name(arn) := substring(sprintf("rectify-kept-%s", [regex.replace(arn, `^.*/`, "")]), 0, 128)

# Roles that only AWS changes: service-linked ones, and those that IAM Identity Center reserves.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
# https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
owned_by_aws(path) if startswith(path, "/aws-service-role/")

owned_by_aws(path) if startswith(path, "/aws-reserved/")
