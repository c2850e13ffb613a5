# METADATA
# title: Lambda functions have the tags that are required
# description: >-
#   A tag says whose function it is, what it is for and who pays for it. Without one nobody knows whom to ask when it has to be
#   changed, and access that depends on tags cannot be granted.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/configuration-tags.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/lambda-controls.html#lambda-6
# custom:
#   id: lambda-tags
#   severity: low
#   resource_types: [AWS::Lambda::Function]
#   related: []
#   controls: {}
#   parameters:
#     tags:
#       type: object
#       default: {}
#       description: >-
#         The tags that are required, each with the value that a function without it gets. Without any, one tag of whatever key is
#         enough.
package rectify.lambda.tags

violation contains {"msg": msg, "path": "/Tags", "params": {"missing": missing}} if {
	known
	missing := [{"Key": key, "Value": value} | some key, value in input.parameters.tags; not key in keys]
	count(missing) > 0
	msg := sprintf("The function has no tag %s.", [concat(", ", [tag.Key | some tag in missing])])
}

violation contains {"msg": msg, "path": "/Tags", "params": {"missing": []}} if {
	known
	count(input.parameters.tags) == 0
	count(keys) == 0
	msg := "The function has no tags."
}

# What a template makes of a function of its own nobody knows yet.
known if not input.properties.Tags

known if {
	every tag in input.properties.Tags { is_string(tag.Key) }
}

# AWS's own tags say nothing of whose it is.
keys contains tag.Key if {
	some tag in input.properties.Tags
	not startswith(tag.Key, "aws:")
}
