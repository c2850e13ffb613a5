# Who the statements of a resource's policy let in.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
package rectify.lib.principal

import data.rectify.lib.condition
import data.rectify.lib.iam

# `*`, {"AWS": "*"} and {"AWS": […, "*"]} are the same to an Allow: everyone.
everyone(principal) if principal == "*"

everyone(principal) if {
	is_object(principal)
	"*" in iam.as_list(object.get(principal, "AWS", []))
}

# An Allow for everyone, or for everyone but those that NotPrincipal names, that no condition narrows.
# A Deny elsewhere in the policy is not looked at: see public_statements.
public(statement) if {
	statement.Effect == "Allow"
	open(statement)
	not condition.narrows(statement)
}

open(statement) if everyone(statement.Principal)

open(statement) if {
	statement.NotPrincipal
	not statement.Principal
	not everyone(statement.NotPrincipal)
}

# The public statements of a policy, without those that a Deny in the same policy takes back from strangers.
public_statements(document) := [statement |
	all := iam.statements(document)
	some statement in all
	public(statement)
	not taken_back(statement, all)
]

taken_back(allow, all) if {
	some deny in all
	closes(deny)
	count(iam.actions(allow)) > 0
	every action in iam.actions(allow) { iam.has_action(deny, action) }
	every resource in iam.resources(allow) { iam.has_resource(deny, resource) }
}

# All but some actions are taken back by a Deny of all.
taken_back(allow, all) if {
	some deny in all
	closes(deny)
	count(iam.texts(allow, "NotAction")) > 0
	iam.has_action(deny, "*")
	every resource in iam.resources(allow) { iam.has_resource(deny, resource) }
}

closes(deny) if {
	iam.unconditional_deny(deny)
	everyone(deny.Principal)
}

closes(deny) if {
	condition.denies_others(deny)
	everyone(deny.Principal)
}

# What is left of a public statement for the principals that it names beside everyone: a list of one, or empty.
without_everyone(statement) := [object.union(object.remove(statement, ["Principal"]), {"Principal": named}) |
	is_object(statement.Principal)
	accounts := [name | some name in iam.as_list(object.get(statement.Principal, "AWS", [])); name != "*"]
	others := object.remove(statement.Principal, ["AWS"])
	named := with_accounts(others, accounts)
	count(named) > 0
]

with_accounts(others, accounts) := others if count(accounts) == 0

with_accounts(others, accounts) := object.union(others, {"AWS": accounts}) if count(accounts) > 0
