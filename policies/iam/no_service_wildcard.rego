# METADATA
# title: A customer managed policy does not allow a whole service
# description: >-
#   Nobody needs every action of a service, and service:* takes in those that AWS will add, and those that delete or open what the
#   others build. Naming the actions keeps a stolen session to what its owner does.
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-21
#   - ref: https://docs.aws.amazon.com/config/latest/developerguide/iam-policy-no-statements-with-full-access.html
# custom:
#   id: iam-no-service-wildcard
#   severity: low
#   resource_types: [AWS::IAM::ManagedPolicy]
#   related: []
#   controls:
#     fsbp: [IAM.21]
#     nist_800_53: [AC-2, AC-2(1), AC-3, AC-3(7), AC-3(15), AC-5, AC-6, AC-6(2), AC-6(3), AC-6(10)]
#   parameters:
#     actions:
#       type: list
#       default: []
#       description: >-
#         The actions that were observed, of all services, such as IAM Access Analyzer finds in CloudTrail; a wildcard becomes those of
#         them that it takes in.
package rectify.iam.no_service_wildcard

import data.rectify.lib.iam

# As IAM.21 does, this looks at no resource: a whole service on one bucket is one too.
violation contains {
	"msg": sprintf("The policy allows every action of a service: %s.", [concat(", ", wild(statement))]),
	"path": "/PolicyDocument/Statement",
	"params": fix(statement),
} if {
	all := iam.statements(input.properties.PolicyDocument)
	some statement in all
	statement.Effect == "Allow"
	not covered(statement, all)
	count(wild(statement)) > 0
}

# All but one service is every action of the others, and which of them are needed is a person's to say.
violation contains {
	"msg": sprintf("The policy allows every action but those of %s.", [concat(", ", excluded)]),
	"path": "/PolicyDocument/Statement",
	"params": {"fixable": false},
} if {
	all := iam.statements(input.properties.PolicyDocument)
	some statement in all
	statement.Effect == "Allow"
	excluded := iam.texts(statement, "NotAction")
	count(excluded) > 0
	every action in excluded { not iam.all_actions(action) }
	not iam.denied(all, "*", "*")
}

# The wildcard of every service is another finding, of another policy.
wild(statement) := [action |
	some action in iam.actions(statement)
	iam.service_wildcard(action)
	not iam.all_actions(action)
]

covered(statement, all) if {
	every action in wild(statement) { iam.denied(all, action, "*") }
}

observed(pattern) := [action |
	some action in input.parameters.actions
	is_string(action)
	not iam.wildcard_action(action)
	iam.action_matches(pattern, action)
]

fix(statement) := {"statement": statement, "keep": [narrowed(statement)], "fixable": true} if fixable(statement)

fix(statement) := {"fixable": false} if not fixable(statement)

# Of a service that nobody was seen to use nothing is known: its wildcard is not taken away for that.
fixable(statement) := count([pattern | some pattern in wild(statement); count(observed(pattern)) == 0]) == 0

narrowed(statement) := object.union(statement, {"Action": array.concat(others, seen)}) if {
	patterns := wild(statement)
	others := [action | some action in iam.actions(statement); not action in patterns]
	seen := [action | some pattern in patterns; some action in observed(pattern); not action in others]
}
