# METADATA
# title: No policy allows decryption with every key
# description: >-
#   Who may decrypt with every key reads all that anyone in the account has encrypted, wherever he gets at it. Naming the keys keeps
#   what one key protects apart from what another does.
# related_resources:
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/kms-controls.html#kms-1
#   - ref: https://docs.aws.amazon.com/config/latest/developerguide/iam-customer-policy-blocked-kms-actions.html
#   - ref: https://docs.aws.amazon.com/config/latest/developerguide/iam-inline-policy-blocked-kms-actions.html
# custom:
#   id: iam-kms-decrypt-all
#   severity: medium
#   resource_types: [AWS::IAM::ManagedPolicy, AWS::IAM::Role, AWS::IAM::User, AWS::IAM::Group]
#   related: []
#   controls:
#     fsbp: [KMS.1, KMS.2]
#     nist_800_53: [AC-2, AC-2(1), AC-3, AC-3(7), AC-3(15), AC-5, AC-6, AC-6(3)]
#   parameters:
#     keys:
#       type: list(arn:aws:kms)
#       default: []
#       description: ARNs of the keys that may be decrypted with.
package rectify.iam.kms_decrypt_all

import data.rectify.lib.iam
import data.rectify.lib.narrow
import data.rectify.lib.rights

violation contains {
	"msg": sprintf("The inline policy %s allows decryption with every key (%s).", [policy.PolicyName, concat(", ", decrypting(statement))]),
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
	some statement in decrypting_statements(policy.PolicyDocument)
	not rights.owned_by_aws(input.properties.Path)
}

# An AWS managed policy cannot be narrowed, only replaced, and by what is a person's choice.
violation contains {
	"msg": sprintf("The attached policy %s allows decryption with every key.", [policy.PolicyArn]),
	"path": "/ManagedPolicyArns",
	"params": {"source": "aws_managed", "policy": policy.PolicyArn, "fixable": false},
} if {
	some policy in attached
	count(decrypting_statements(policy.Document)) > 0
	not rights.owned_by_aws(input.properties.Path)
}

# A customer managed policy is reported once, and not again for everyone whom it is attached to.
violation contains {
	"msg": sprintf("The policy allows decryption with every key (%s).", [concat(", ", decrypting(statement))]),
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

customer_managed := decrypting_statements(input.properties.PolicyDocument)

attached := rights.attached_policies(input.properties.ManagedPolicyArns, input.facts.AttachedPolicies)

denies := rights.denies(documents)

documents contains policy.PolicyDocument if some policy in iam.as_list(input.properties.Policies)

documents contains policy.Document if some policy in attached

# As KMS.1 and KMS.2 do, this looks at no condition.
decrypting_statements(document) := [statement |
	all := array.concat(iam.statements(document), denies)
	some statement in iam.statements(document)
	statement.Effect == "Allow"
	with_every_key(statement)
	decrypts(statement, all)
]

decrypts(statement, all) if {
	some action in {"kms:Decrypt", "kms:ReEncryptFrom"}
	some pattern in decrypting(statement)
	iam.action_covers(pattern, action)
	not iam.denied(all, action, "*")
}

# The action patterns that decrypt. The full wildcards on every resource are other findings, of other policies.
decrypting(statement) := [pattern |
	some pattern in iam.actions(statement)
	# A policy of AWS's own may have a thousand others.
	regex.match(`^(kms:.*|[^:]*[*?].*)$`, lower(pattern))
	takes_in(pattern)
	not elsewhere(statement, pattern)
]

takes_in(pattern) if iam.action_covers(pattern, "kms:Decrypt")

takes_in(pattern) if iam.action_covers(pattern, "kms:ReEncryptFrom")

elsewhere(statement, pattern) if {
	iam.wildcard_action(pattern)
	iam.on_all_resources(statement)
}

with_every_key(statement) if iam.on_all_resources(statement)

with_every_key(statement) if {
	some resource in iam.resources(statement)
	every_key(resource)
}

every_key(resource) if iam.all_resources(resource)

# All keys of one Region of the own account are few enough, as AWS says of this control.
every_key(resource) if regex.match(`^arn:[^:]+:kms:([*]+:[^:]*|[^:]*:[*]+):(key/)?[*]+$`, resource)

# A pattern like kms:De* takes in more than decryption, and what of it is needed nobody can tell from here.
fixable(statement) := count([pattern | some pattern in decrypting(statement); not decrypts_alone(pattern)]) == 0

decrypts_alone(pattern) if lower(pattern) in {"kms:decrypt", "kms:reencryptfrom", "kms:reencrypt*"}

# Decryption under the same conditions with the keys of the parameter, and with those that the statement named itself. What
# encrypts again with another key goes on as it was.
narrowed(statement) := array.concat(narrow.statements(statement, decrypting(statement), keys), encrypting) if {
	keys := array.concat(input.parameters.keys, [key |
		some key in iam.resources(statement)
		regex.match(`^arn:[^:]+:kms:`, key)
		not every_key(key)
	])
	encrypting := [object.union(object.remove(statement, ["Sid"]), {"Action": "kms:ReEncryptTo"}) |
		some pattern in decrypting(statement)
		iam.action_matches(pattern, "kms:ReEncryptTo")
	]
}

stand_in := rights.stand_in([rest |
	some statement in iam.statements(input.properties.PolicyDocument)
	some rest in {true: narrowed(statement), false: [statement]}[statement in customer_managed]
])
