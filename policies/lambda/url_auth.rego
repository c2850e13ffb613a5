# METADATA
# title: Lambda function URLs ask for IAM authentication
# description: >-
#   A function URL with AuthType NONE skips IAM: whoever knows the address can run the function, and pay for it with the
#   account's money. With AWS_IAM only signed requests of principals that were allowed to call it get through.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
#   - ref: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-url.html
# custom:
#   id: lambda-url-auth
#   severity: high
#   resource_types: [AWS::Lambda::Url]
#   related: []
#   controls:
#     nist_800_53: [AC-2(6), AC-3, AC-3(7), AC-4(21), AC-6]
#     owasp_serverless: [SAS-2]
#   parameters: {}
package rectify.lambda.url_auth

violation contains {"msg": msg, "path": "/AuthType", "params": {}} if {
	input.properties.AuthType == "NONE"
	msg := "The function URL answers everyone without authentication."
}
