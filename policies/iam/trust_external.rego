# METADATA
# title: A role trusts foreign accounts that are known, or asks them for an external id
# description: >-
#   A partner whose account is trusted without an external id can be made to use the role for somebody else who knows its ARN.
#   And an account that nobody knows any more may belong to anyone by now.
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html
# custom:
#   id: iam-trust-external
#   severity: medium
#   resource_types: [AWS::IAM::Role]
#   related: []
#   controls: {}
#   parameters:
#     accounts:
#       type: list(account)
#       default: []
#       description: The ids of the foreign accounts that are known, such as the other ones of the organization.
package rectify.iam.trust_external

import data.rectify.lib.condition
import data.rectify.lib.iam
import data.rectify.lib.rights

violation contains {
	"msg": sprintf("The role trusts the foreign account %s without an external id.", [account]),
	"path": "/AssumeRolePolicyDocument/Statement",
	"params": {"account": account},
} if {
	not rights.owned_by_aws(input.properties.Path)
	some statement in iam.statements(input.properties.AssumeRolePolicyDocument)
	statement.Effect == "Allow"
	some account in accounts(statement)
	account != input.account
	not account in input.parameters.accounts
	not asks(statement)
}

# The accounts of the principals: 111122223333, or an ARN of that account. Everyone is another policy's finding.
accounts(statement) := {account |
	is_object(statement.Principal)
	some name in iam.as_list(object.get(statement.Principal, "AWS", []))
	is_string(name)
	account := account_of(name)
	regex.match(`^[0-9]{12}$`, account)
}

account_of(name) := name if not contains(name, ":")

account_of(name) := split(name, ":")[4] if count(split(name, ":")) > 4

# An external id that is fixed, or an organization: whose account it is is then known.
asks(statement) if {
	some operator, entries in statement.Condition
	is_object(entries)
	some key, value in entries
	lower(key) in {"sts:externalid", "aws:principalorgid", "aws:principalorgpaths"}
	condition.bare(operator) in {"stringequals", "stringequalsignorecase", "stringlike"}
	condition.needs_key(statement.Condition, lower(operator), lower(key))
	values := iam.as_list(value)
	count(values) > 0
	every one in values { fixed(one) }
}

fixed(value) if condition.plain(split(sprintf("%v", [value]), "/")[0])
