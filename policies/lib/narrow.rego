# Takes single actions out of a statement, or leaves them on named resources alone. What the statement allows beside them
# stays, and its conditions too.
package rectify.lib.narrow

import data.rectify.lib.iam

# The statements to put in the place of one: it without the action patterns, and these on the resources, as far as it
# let them through itself.
statements(statement, patterns, resources) := array.concat(without(statement, patterns), on(statement, patterns, resources))

without(statement, patterns) := [object.union(statement, {"Action": others}) |
	others := [action | some action in iam.actions(statement); not action in patterns]
	count(others) > 0
]

# A Sid has to stay the only one of its name.
on(statement, patterns, resources) := [object.union(rest, {"Action": patterns, "Resource": named}) |
	rest := object.remove(statement, ["Sid", "NotResource"])
	named := [resource | some resource in resources; iam.has_resource(statement, resource)]
	count(named) > 0
	count(patterns) > 0
]
