# How IAM reads a policy document: statements, members that are one value or a list, and patterns.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
# Every helper takes what an account may hold: of a malformed document nothing is read, so it grants nothing.
package rectify.lib.iam

# The statements of a document, as a list. A single statement may stand there without its list.
statements(document) := [statement |
	is_object(document)
	some statement in as_list(object.get(document, "Statement", []))
	is_object(statement)
]

# A value that may be one or many, as a list.
as_list(value) := value if is_array(value)

as_list(value) := [value] if not is_array(value)

# The texts of a statement's member, as a list; nothing when it is absent.
texts(statement, member) := [text |
	some text in as_list(object.get(statement, member, []))
	is_string(text)
]

actions(statement) := texts(statement, "Action")

resources(statement) := texts(statement, "Resource")

# Whether everything that `text` stands for is matched by `pattern`. `*` spans any characters, `:` and `/` too, and `?`
# is exactly one. The text may be a pattern itself, for then its `*` is only spanned by a `*`: so this also says whether
# one pattern covers another. Resources are case-sensitive.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
matches(pattern, text) if pattern == text

matches(pattern, text) if {
	pattern != text
	contains_wildcard(pattern)
	# Most patterns end here, before an expression has to be compiled for them.
	startswith(text, fixed_start(pattern))
	regex.match(sprintf("(?s)^%s$", [expression(pattern)]), text)
}

# The same for actions, which are not case-sensitive.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
action_matches(pattern, action) if matches(lower(pattern), lower(action))

contains_wildcard(text) if contains(text, "*")

contains_wildcard(text) if contains(text, "?")

# All that a regular expression would read as its own is escaped before the two wildcards become one.
expression(pattern) := replace(replace(escaped, "*", ".*"), "?", "[^*]") if {
	escaped := regex.replace(pattern, `[\\.+^$(){}|\[\]]`, `\$0`)
}

# Whether two patterns surely have no text in common: what stands before their first wildcard differs.
disjoint(one, other) if {
	a := lower(fixed_start(one))
	b := lower(fixed_start(other))
	not startswith(a, b)
	not startswith(b, a)
}

fixed_start(pattern) := split(replace(pattern, "?", "*"), "*")[0]

# `*`, `**`, `*:*`: an action pattern that stands for every action of every service.
all_actions(pattern) if regex.match(`^[*]+(:[*]+)?$`, pattern)

# `s3:*`, and whatever covers every action of one or more services.
service_wildcard(pattern) if regex.match(`^[A-Za-z0-9*?-]+:[*]+$`, pattern)

wildcard_action(pattern) if all_actions(pattern)

wildcard_action(pattern) if service_wildcard(pattern)

# A resource pattern that names nothing: `*`, `*:*`, `arn:*`, `arn:aws:*:*:*:*`.
all_resources(pattern) if regex.match(`^(arn:((aws[a-z-]*|[*]):)?)?[*:]*[*]$`, pattern)

# Whether a statement is about every resource, or about all but those that NotResource names.
on_all_resources(statement) if {
	some resource in resources(statement)
	all_resources(resource)
}

on_all_resources(statement) if {
	excluded := texts(statement, "NotResource")
	count(excluded) > 0
	every resource in excluded { not all_resources(resource) }
}

# Whether a statement's Action or NotAction takes in an action or an action pattern.
has_action(statement, action) if {
	some pattern in actions(statement)
	action_covers(pattern, action)
}

has_action(statement, action) if {
	excluded := texts(statement, "NotAction")
	count(excluded) > 0
	every pattern in excluded { disjoint_action(pattern, action) }
}

action_covers(pattern, _) if all_actions(pattern)

action_covers(pattern, action) if {
	not all_actions(pattern)
	action_matches(pattern, action)
}

# Of one action it is known whether a pattern matches it; of two patterns only the surely disjoint ones are.
disjoint_action(pattern, action) if {
	not contains_wildcard(action)
	not action_matches(pattern, action)
}

disjoint_action(pattern, action) if disjoint(pattern, action)

# Whether a statement's Resource or NotResource takes in a resource or a resource pattern.
has_resource(statement, resource) if {
	some pattern in resources(statement)
	resource_covers(pattern, resource)
}

has_resource(statement, resource) if {
	excluded := texts(statement, "NotResource")
	count(excluded) > 0
	every pattern in excluded { disjoint_resource(pattern, resource) }
}

resource_covers(pattern, _) if all_resources(pattern)

resource_covers(pattern, resource) if {
	not all_resources(pattern)
	matches(pattern, resource)
}

disjoint_resource(pattern, resource) if {
	not contains_wildcard(resource)
	not matches(pattern, resource)
}

disjoint_resource(pattern, resource) if {
	a := fixed_start(pattern)
	b := fixed_start(resource)
	not startswith(a, b)
	not startswith(b, a)
}

# A Deny that always holds. One with a condition may not, and is not counted on.
unconditional_deny(statement) if {
	statement.Effect == "Deny"
	not conditional(statement)
}

conditional(statement) if not object.get(statement, "Condition", {}) in [{}, null]

# Whether one of the statements is an unconditional Deny of this action on this resource. Both may be patterns, which
# one Deny then has to cover whole.
denied(statements, action, resource) if {
	some statement in statements
	unconditional_deny(statement)
	has_action(statement, action)
	has_resource(statement, resource)
}

# Whether statements let their holder do this action on this resource: some Allow says so, with a condition or
# without, and no unconditional Deny stands against it.
allowed(statements, action, resource) if {
	some statement in statements
	statement.Effect == "Allow"
	has_action(statement, action)
	has_resource(statement, resource)
	not denied(statements, action, resource)
}
