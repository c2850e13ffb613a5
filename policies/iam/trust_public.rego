# METADATA
# title: A role does not trust everyone
# description: >-
#   A trust policy that lets the principal * in without saying whose it must be lets anyone with an AWS account become the
#   role. All that the role may do is then public.
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-anonymous
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
# custom:
#   id: iam-trust-public
#   severity: critical
#   resource_types: [AWS::IAM::Role]
#   related: []
#   controls: {}
#   parameters: {}
package rectify.iam.trust_public

import data.rectify.lib.iam
import data.rectify.lib.principal
import data.rectify.lib.rights

# An external id alone does not narrow: it is no secret, as AWS says of it.
violation contains {
	"msg": "The trust policy lets every AWS principal assume the role.",
	"path": "/AssumeRolePolicyDocument/Statement",
	"params": {"statement": statement, "keep": array.concat(principal.without_everyone(statement), stand_in)},
} if {
	some statement in public_statements
	not rights.owned_by_aws(input.properties.Path)
}

public_statements := principal.public_statements(input.properties.AssumeRolePolicyDocument)

remaining := [rest |
	some statement in iam.statements(input.properties.AssumeRolePolicyDocument)
	some rest in {true: principal.without_everyone(statement), false: [statement]}[statement in public_statements]
]

# IAM accepts no trust policy without a statement, so where none would be left there stands one that lets nobody in.
stand_in := [] if count(remaining) > 0

stand_in := [{
	"Sid": "RectifyTrustsNobody",
	"Effect": "Deny",
	"Principal": {"AWS": "*"},
	"Action": "sts:AssumeRole",
}] if {
	count(remaining) == 0
}
