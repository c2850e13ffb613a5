# METADATA
# title: Lambda functions run signed code only
# description: >-
#   With a code signing configuration Lambda takes only code that a trusted publisher has signed and nobody has changed since.
#   Without one, whoever may update the function, or gets between it and its build, puts in what he likes.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/governance-code-signing.html
# custom:
#   id: lambda-code-signing
#   severity: medium
#   resource_types: [AWS::Lambda::Function]
#   related: []
#   controls:
#     owasp_serverless: [SAS-3]
#   parameters: {}
package rectify.lambda.code_signing

violation contains {"msg": msg, "path": "/CodeSigningConfigArn", "params": {}} if {
	unsigned
	not is_image
	msg := "The function takes code that nobody has signed."
}

unsigned if not input.properties.CodeSigningConfigArn

unsigned if input.properties.CodeSigningConfigArn == ""

# Container images are signed in the registry, not by AWS Signer.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-codesigning.html
is_image if input.properties.PackageType == "Image"

is_image if input.properties.Code.ImageUri
