# METADATA
# title: Layers come from trusted accounts
# description: >-
#   A layer's code runs in the function, with its role and its environment, and whoever owns the layer decides what the next version
#   holds. A layer of an account that nobody vouches for is code of a stranger in production.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/permissions-layer-cross-account.html
# custom:
#   id: lambda-layer-source
#   severity: medium
#   resource_types: [AWS::Lambda::Function]
#   related: []
#   controls:
#     owasp_serverless: [SAS-6]
#   parameters:
#     accounts:
#       type: list
#       default: []
#       description: Accounts whose layers are trusted besides the own one and those in which AWS publishes its own.
package rectify.lambda.layer_source

import data.rectify.data.aws_layers
import data.rectify.lib.layer

violation contains {"msg": msg, "path": path, "params": {"layer": arn, "account": account}} if {
	some index, arn in input.properties.Layers
	account := layer.parts(arn).account
	not trusted(account)
	msg := sprintf("The layer %s is of account %s, which nobody has said to trust.", [arn, account])
	path := sprintf("/Layers/%d", [index])
}

trusted(account) if account == input.account

trusted(account) if account in input.parameters.accounts

trusted(account) if aws_layers.accounts[account]
