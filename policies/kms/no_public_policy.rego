# METADATA
# title: A key policy does not let everyone in
# description: >-
#   A key policy that allows the principal * without saying whose it must be gives the key to every AWS account: to read
#   what it encrypted, or to take it over. kms:ViaService alone does not help, since everyone can use the service.
# related_resources:
#   - ref: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
#   - ref: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
#   - ref: https://docs.aws.amazon.com/config/latest/developerguide/kms-key-policy-no-public-access.html
# custom:
#   id: kms-no-public-policy
#   severity: critical
#   resource_types: [AWS::KMS::Key]
#   related: []
#   controls:
#     fsbp: [KMS.5]
#   parameters: {}
package rectify.kms.no_public_policy

import data.rectify.lib.iam
import data.rectify.lib.principal

violation contains {
	"msg": "The key policy allows every AWS account.",
	"path": "/KeyPolicy/Statement",
	"params": {"statement": statement, "keep": array.concat(principal.without_everyone(statement), administration)},
} if {
	some statement in public_statements
}

public_statements := principal.public_statements(input.properties.KeyPolicy)

remaining := [rest |
	some statement in iam.statements(input.properties.KeyPolicy)
	some rest in {true: principal.without_everyone(statement), false: [statement]}[statement in public_statements]
]

# A key that nobody in its account may administer is lost but to AWS Support, so where no statement would be left for
# it there stands the one that AWS KMS gives a new key: the account's own IAM policies decide.
administration := [] if administered

administration := [{
	"Sid": "Enable IAM User Permissions",
	"Effect": "Allow",
	"Principal": {"AWS": sprintf("arn:%s:iam::%s:root", [partition, input.account])},
	"Action": "kms:*",
	"Resource": "*",
}] if {
	not administered
}

administered if {
	some statement in remaining
	statement.Effect == "Allow"
	not iam.conditional(statement)
	iam.has_action(statement, "kms:PutKeyPolicy")
	iam.has_resource(statement, "*")
	some name in iam.as_list(statement.Principal.AWS)
	of_account(name)
}

of_account(name) if name == input.account

of_account(name) if split(name, ":")[4] == input.account

default partition := "aws"

partition := split(input.arn, ":")[1]
