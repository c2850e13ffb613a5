# METADATA
# title: Functions use the newest version of the account's own layers
# description: >-
#   A layer's fixes reach only the functions that name its new version: an old one keeps the vulnerable library, and a version that
#   was deleted can no longer be looked at while it still runs.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/adding-layers.html
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
# custom:
#   id: lambda-layer-current
#   severity: low
#   resource_types: [AWS::Lambda::Function]
#   related: [layers]
#   controls:
#     owasp_serverless: [SAS-6]
#   parameters: {}
package rectify.lambda.layer_current

import data.rectify.lib.layer

violation contains {"msg": msg, "path": "/Layers", "params": {"layers": layers}} if {
	outdated := [arn | some arn in input.properties.Layers; newer(arn)]
	count(outdated) > 0
	layers := [current(arn) | some arn in input.properties.Layers]
	msg := sprintf("There is a newer version of %s.", [concat(", ", outdated)])
}

newer(arn) if newest(arn) > layer.parts(arn).number

current(arn) := sprintf("%s:%d", [layer.parts(arn).layer, newest(arn)]) if {
	newer(arn)
} else := arn

# The highest number of the layer's versions that are made for a function like this one.
newest(arn) := max(numbers(arn))

numbers(arn) := [found.number |
	some version in input.related.layers
	found := layer.parts(version.id)
	found.layer == layer.parts(arn).layer
	fits(version)
]

# A version says with what it was tried; one that says nothing is for all.
fits(version) if {
	for_runtime(version)
	for_architecture(version)
}

for_runtime(version) if not version.properties.CompatibleRuntimes

for_runtime(version) if input.properties.Runtime in version.properties.CompatibleRuntimes

for_architecture(version) if not version.properties.CompatibleArchitectures

for_architecture(version) if {
	some architecture in architectures
	architecture in version.properties.CompatibleArchitectures
}

architectures := input.properties.Architectures

# https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html
architectures := ["x86_64"] if not input.properties.Architectures
