# METADATA
# title: iam:PassRole names the roles that may be passed
# description: >-
#   Who may pass every role may hand the strongest one of the account to a function or an instance of his own, and act
#   with it. Naming the roles is what closes this: a condition on iam:PassedToService names the service and leaves the
#   strongest role in reach, so it is accepted only where the parameter says so.
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html#access-analyzer-reference-policy-checks-security-warning-pass-role-with-star-in-resource
# custom:
#   id: iam-pass-role
#   severity: high
#   resource_types: [AWS::IAM::ManagedPolicy, AWS::IAM::Role, AWS::IAM::User, AWS::IAM::Group]
#   related: []
#   controls: {}
#   parameters:
#     roles:
#       type: list
#       default: []
#       description: ARNs, or patterns of ARNs, of the roles that may be passed.
#     accept_passed_to_service:
#       type: boolean
#       default: false
#       description: Accept every role where iam:PassedToService fixes the service that it may be passed to.
package rectify.iam.pass_role

import data.rectify.lib.condition
import data.rectify.lib.iam
import data.rectify.lib.rights

violation contains {
	"msg": sprintf("The inline policy %s lets every role be passed (%s).", [policy.PolicyName, concat(", ", passing(statement))]),
	"path": sprintf(`/Policies/[PolicyName="%s"]/PolicyDocument/Statement`, [policy.PolicyName]),
	"params": {
		"source": "inline",
		"policy": policy.PolicyName,
		"statement": statement,
		"keep": narrowed(statement),
		"fixable": fixable(statement),
	},
} if {
	some policy in iam.as_list(input.properties.Policies)
	some statement in passing_statements(policy.PolicyDocument)
	not rights.owned_by_aws(input.properties.Path)
}

# An AWS managed policy cannot be narrowed, only replaced, and by what is a person's choice.
violation contains {
	"msg": sprintf("The attached policy %s lets every role be passed.", [policy.PolicyArn]),
	"path": "/ManagedPolicyArns",
	"params": {"source": "aws_managed", "policy": policy.PolicyArn, "fixable": false},
} if {
	some policy in attached
	count(passing_statements(policy.Document)) > 0
	not rights.owned_by_aws(input.properties.Path)
}

# A customer managed policy is reported once, and not again for everyone whom it is attached to.
violation contains {
	"msg": sprintf("The policy lets every role be passed (%s).", [concat(", ", passing(statement))]),
	"path": "/PolicyDocument/Statement",
	"params": {
		"source": "customer_managed",
		"policy": input.id,
		"statement": statement,
		"keep": array.concat(narrowed(statement), stand_in),
		"fixable": fixable(statement),
	},
} if {
	some statement in customer_managed
}

customer_managed := passing_statements(input.properties.PolicyDocument)

attached := rights.attached_policies(input.properties.ManagedPolicyArns, input.facts.AttachedPolicies)

denies := rights.denies(documents)

documents contains policy.PolicyDocument if some policy in iam.as_list(input.properties.Policies)

documents contains policy.Document if some policy in attached

passing_statements(document) := [statement |
	all := array.concat(iam.statements(document), denies)
	some statement in iam.statements(document)
	statement.Effect == "Allow"
	on_every_role(statement)
	count(passing(statement)) > 0
	not accepted(statement)
	not iam.denied(all, "iam:PassRole", "*")
]

# The action patterns that take in iam:PassRole. The full wildcards are other findings, of other policies.
passing(statement) := [action |
	some action in iam.actions(statement)
	# A policy of AWS's own may have a thousand others.
	regex.match(`^(iam:.*|[^:]*[*?].*)$`, lower(action))
	iam.action_matches(action, "iam:PassRole")
	not iam.wildcard_action(action)
]

on_every_role(statement) if iam.on_all_resources(statement)

on_every_role(statement) if {
	some resource in iam.resources(statement)
	every_role(resource)
}

every_role(resource) if iam.all_resources(resource)

# arn:aws:iam::111122223333:role/* is every role too: accounts cannot pass the roles of others.
every_role(resource) if regex.match(`^arn:[^:]+:iam::[^:]*:(role/)?[*]+$`, resource)

accepted(statement) if {
	input.parameters.accept_passed_to_service == true
	is_object(statement.Condition)
	some operator, entries in statement.Condition
	is_object(entries)
	some key, value in entries
	lower(key) == "iam:passedtoservice"
	condition.bare(operator) in {"stringequals", "stringequalsignorecase", "stringlike"}
	condition.needs_key(statement.Condition, lower(operator), lower(key))
	every service in iam.as_list(value) { condition.plain(service) }
}

# A pattern like iam:*Role takes in more than PassRole, and what of it is needed nobody can tell from here.
fixable(statement) := count([action | some action in passing(statement); not startswith(lower(action), "iam:pass")]) == 0

# The statement without PassRole, and PassRole under the same conditions for the roles that may be passed: those of the
# parameter that the statement let through, and those that it named itself.
narrowed(statement) := array.concat(without_pass, pass) if {
	passed := passing(statement)
	others := [action | some action in iam.actions(statement); not action in passed]
	without_pass := [object.union(statement, {"Action": others}) | count(others) > 0]
	roles := array.concat(
		[role | some role in input.parameters.roles; not excluded(statement, role)],
		[role | some role in iam.resources(statement); regex.match(`^arn:[^:]+:iam:`, role); not every_role(role)],
	)
	rest := object.remove(statement, ["Sid", "NotResource"])
	pass := [object.union(rest, {"Action": "iam:PassRole", "Resource": roles}) | count(roles) > 0]
}

excluded(statement, role) if {
	some resource in iam.texts(statement, "NotResource")
	iam.matches(resource, role)
}

stand_in := rights.stand_in([rest |
	all := iam.statements(input.properties.PolicyDocument)
	some statement in all
	some rest in {true: narrowed(statement), false: [statement]}[statement in customer_managed]
])
