# METADATA
# title: No version of a layer is open to every AWS account
# description: >-
#   A statement for the principal * that names no organization lets every AWS account download the layer: its code, and whatever
#   was packed with it. What was once downloaded cannot be taken back.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/permissions-layer-cross-account.html
#   - ref: https://docs.aws.amazon.com/lambda/latest/api/API_AddLayerVersionPermission.html
# custom:
#   id: lambda-layer-public
#   severity: high
#   resource_types: [AWS::Lambda::LayerVersionPermission]
#   related: []
#   controls:
#     owasp_serverless: [SAS-3]
#   parameters: {}
package rectify.lambda.layer_public

import data.rectify.lib.principal

violation contains {
	"msg": "The statement lets every AWS account use and download this version of the layer.",
	"path": "",
	"params": {},
} if public

# The statement as it stands in the policy says more than the properties.
public if principal.public(input.facts.Statement)

# Without it (in a template) the properties are all there is.
public if {
	not input.facts.Statement
	input.properties.Principal == "*"
	not organization
}

# One that nobody knows yet, a reference in a template, narrows it too.
organization if input.properties.OrganizationId != ""
