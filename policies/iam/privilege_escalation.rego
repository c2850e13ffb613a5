# METADATA
# title: Nobody can give himself more rights by a known path
# description: >-
#   Some actions, alone or together, are worth all others: who may attach a policy to himself, or run code as any role, is an
#   administrator who has not taken the trouble yet. The paths are known to everyone who looks for one.
# related_resources:
#   - ref: https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation/
#   - ref: https://pathfinding.cloud/paths/
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege
# custom:
#   id: iam-privilege-escalation
#   severity: high
#   resource_types: [AWS::IAM::Role, AWS::IAM::User, AWS::IAM::Group]
#   related: [policies]
#   controls:
#     owasp_serverless: [SAS-4]
#   parameters:
#     keep:
#       type: list
#       default: []
#       description: >-
#         ARNs, or patterns of ARNs, on which an action that opens a path stays allowed, such as the roles that may be passed.
package rectify.iam.privilege_escalation

import data.rectify.data.escalation_paths
import data.rectify.lib.condition
import data.rectify.lib.iam
import data.rectify.lib.narrow
import data.rectify.lib.rights

violation contains finding if {
	all := opened
	some finding in array.concat(inline(all), array.concat(aws_managed(all), customer_managed(all)))
}

inline(all) := [finding |
	some found in all
	some policy in iam.as_list(object.get(input.properties, "Policies", []))
	found.statement in iam.statements(policy.PolicyDocument)
	finding := {
		"msg": sprintf("The inline policy %s opens a way to more rights: %s.", [policy.PolicyName, told(found.openers)]),
		"path": sprintf(`/Policies/[PolicyName="%s"]/PolicyDocument/Statement`, [policy.PolicyName]),
		"params": object.union({"source": "inline", "policy": policy.PolicyName}, fix(found, [])),
	}
]

# An AWS managed policy cannot be narrowed, only replaced, and by what is a person's choice.
aws_managed(all) := [finding |
	some found in all
	some policy in attached
	found.statement in iam.statements(policy.Document)
	finding := {
		"msg": sprintf("The attached policy %s opens a way to more rights: %s.", [policy.PolicyArn, told(found.openers)]),
		"path": "/ManagedPolicyArns",
		"params": {"source": "aws_managed", "policy": policy.PolicyArn, "fixable": false},
	}
]

customer_managed(all) := [finding |
	some found in all
	some policy in input.related.policies
	found.statement in iam.statements(policy.properties.PolicyDocument)
	finding := {
		"msg": sprintf("The attached policy %s opens a way to more rights: %s.", [policy.id, told(found.openers)]),
		"path": "/ManagedPolicyArns",
		"params": object.union({"source": "customer_managed", "policy": policy.id}, fix(found, stand_in(policy, all))),
	}
]

attached := rights.attached_policies(input.properties.ManagedPolicyArns, input.facts.AttachedPolicies)

documents contains policy.PolicyDocument if some policy in iam.as_list(input.properties.Policies)

documents contains policy.Document if some policy in attached

documents contains policy.properties.PolicyDocument if some policy in input.related.policies

denies := rights.denies(documents)

allows contains statement if {
	some document in documents
	some statement in iam.statements(document)
	statement.Effect == "Allow"
}

# The statements that open something, each with what it opens. What takes long is worked out once, and only where it is
# needed.
opened := [{"statement": statement, "openers": openers} |
	suspected := suspects
	count(suspected) > 0
	others := held
	denied := denies
	some statement in suspected
	openers := openers_of(statement, others, denied)
	count(openers) > 0
]

suspects contains statement if {
	not rights.owned_by_aws(object.get(input.properties, "Path", "/"))
	some statement in allows
	some pattern in concerned(statement)
	count(entries(pattern)) > 0
	count(reached(statement)) > 0
}

# Of each open path the statement's own action pattern, and the path in words. The full wildcards are other findings, of
# other policies.
openers_of(statement, others, denied) := {opener |
	reach := reached(statement)
	some pattern in concerned(statement)
	some entry in entries(pattern)
	not iam.denied(denied, entry.action, "*")
	some path in entry.paths
	opens_here(path, reach)
	not passed_elsewhere(statement, path)
	every action in path["with"] { action in others }
	opener := {"pattern": pattern, "path": concat(" with ", array.concat([entry.action], path["with"]))}
}

# The action patterns that may take in something of the table: a policy of AWS's own may have a thousand others.
concerned(statement) := [pattern |
	services := of_the_table
	named := actions_of_the_table
	some pattern in iam.actions(statement)
	regex.match(services, lower(pattern))
	regex.replace(lower(pattern), `^.*[*?].*$`, "*") in named
]

# A pattern with a wildcard may be any of them.
actions_of_the_table := {"*"} | {lower(action) | some action in every_beside} | {action |
	some by_action in escalation_paths.paths
	some action, _ in by_action
}

of_the_table := sprintf(`^((%s):|[^:]*[*?])`, [concat("|", services_of_the_table)])

services_of_the_table := object.keys(escalation_paths.paths) | object.keys(escalation_paths.beside)

opens_here(_, reach) if "everything" in reach

opens_here(path, reach) if path.own in reach

# What of the table an action pattern takes in. Most patterns have no wildcard, and are looked up.
entries(pattern) := [entry | entry := escalation_paths.paths[service(pattern)][lower(pattern)]] if {
	not iam.contains_wildcard(pattern)
}

entries(pattern) := [entry |
	some name in services(pattern)
	some action, entry in escalation_paths.paths[name]
	iam.matches(lower(pattern), action)
] if {
	iam.contains_wildcard(pattern)
	not iam.wildcard_action(pattern)
}

service(pattern) := split(lower(pattern), ":")[0]

services(pattern) := [service(pattern)] if not iam.contains_wildcard(service(pattern))

services(pattern) := object.keys(escalation_paths.paths) if iam.contains_wildcard(service(pattern))

# What a statement is on. What is limited to named resources is taken to be what the principal is for, but for the principal
# itself, and for the policies that it has.
reached(statement) := {kind | some kind in ["everything", "principal", "policy"]; is_on(statement, kind)}

is_on(statement, "everything") if iam.on_all_resources(statement)

is_on(statement, "everything") if {
	some resource in iam.resources(statement)
	everything(resource)
}

is_on(statement, "principal") if {
	input.arn != ""
	some resource in iam.resources(statement)
	iam.matches(resource, input.arn)
}

is_on(statement, "policy") if {
	some policy in input.related.policies
	some resource in iam.resources(statement)
	iam.matches(resource, policy.id)
}

# Every resource of a kind too: arn:aws:iam::111122223333:role/*, arn:aws:lambda:*:*:function:*
everything(resource) if {
	regex.match(`^arn:[^:]*:[^:]*:[^:]*:[^:]*:([A-Za-z-]+[/:])?[*]+$`, resource)
	# arn:aws:s3:::shop/* is what is in one bucket.
	not regex.match(`^arn:[^:]*:s3:`, resource)
}

# The actions that paths need beside, as far as the principal may do them on everything, by whichever of its policies.
held := {action |
	denied := denies
	some statement in allows
	is_on(statement, "everything")
	some action in beside(statement)
	not iam.denied(denied, action, "*")
}

beside(statement) := {action |
	some pattern in concerned(statement)
	some action in matched(pattern)
} if {
	not statement.NotAction
}

beside(statement) := {action |
	some action in every_beside
	iam.has_action(statement, action)
} if {
	statement.NotAction
}

every_beside contains action if {
	some list in escalation_paths.beside
	some action in list
}

matched(pattern) := every_beside if iam.all_actions(pattern)

matched(pattern) := {action |
	some name, list in escalation_paths.beside
	iam.matches(service(pattern), name)
	some action in list
	iam.action_matches(pattern, action)
} if {
	not iam.all_actions(pattern)
	iam.contains_wildcard(service(pattern))
}

matched(pattern) := {action |
	some action in escalation_paths.beside[service(pattern)]
	iam.action_matches(pattern, action)
} if {
	not iam.all_actions(pattern)
	not iam.contains_wildcard(service(pattern))
}

# A role that may be passed to some services alone opens the paths of these.
passed_elsewhere(statement, path) if {
	services := path.passed_to
	some operator, members in statement.Condition
	is_object(members)
	some key, value in members
	lower(key) == "iam:passedtoservice"
	condition.bare(operator) in {"stringequals", "stringequalsignorecase", "stringlike"}
	condition.needs_key(statement.Condition, lower(operator), lower(key))
	every pattern in iam.as_list(value) { passes_none(pattern, services) }
}

passes_none(pattern, services) if {
	is_string(pattern)
	every service in services { not iam.matches(lower(pattern), service) }
}

# Of many paths the first three are told.
told(openers) := concat("; ", names) if {
	names := sort([opener.path | some opener in openers])
	count(names) < 4
}

told(openers) := sprintf("%s; %s; %s; and %d more", [names[0], names[1], names[2], count(names) - 3]) if {
	names := sort([opener.path | some opener in openers])
	count(names) > 3
}

# A pattern like iam:Put* takes in more than what opens the path, and what of it is needed nobody can tell from here.
fixable(openers) := count([opener | some opener in openers; iam.contains_wildcard(opener.pattern)]) == 0

fix(found, rest) := {
	"statement": found.statement,
	"keep": array.concat(narrowed(found), rest),
	"fixable": true,
} if {
	fixable(found.openers)
}

fix(found, _) := {"fixable": false} if not fixable(found.openers)

# The statement without what opens the paths, and that on the resources of its own service that the parameter keeps.
narrowed(found) := array.concat(narrow.without(found.statement, patterns), limited) if {
	patterns := {opener.pattern | some opener in found.openers}
	limited := [rest |
		some pattern in patterns
		some rest in narrow.on(found.statement, [pattern], of_service(pattern))
	]
}

of_service(pattern) := [resource |
	some resource in input.parameters.keep
	is_string(resource)
	split(resource, ":")[2] == lower(split(pattern, ":")[0])
]

stand_in(policy, all) := rights.stand_in(array.concat(untouched, narrower)) if {
	statements := iam.statements(policy.properties.PolicyDocument)
	touched := [found | some found in all; found.statement in statements]
	untouched := [statement | some statement in statements; not statement in [found.statement | some found in touched]]
	narrower := [rest | some found in touched; some rest in narrowed(found)]
}
