# METADATA
# title: Lambda stops functions that call themselves
# description: >-
#   A function that writes to the queue, topic or bucket that invokes it runs again and again, and is paid for each time. Lambda
#   detects such a loop and ends it after about 16 rounds, unless the function says that it may go on.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
# custom:
#   id: lambda-recursion
#   severity: medium
#   resource_types: [AWS::Lambda::Function]
#   related: []
#   controls:
#     owasp_serverless: [SAS-8]
#   parameters: {}
package rectify.lambda.recursion

violation contains {"msg": msg, "path": "/RecursiveLoop", "params": {}} if {
	input.properties.RecursiveLoop == "Allow"
	msg := "Lambda lets the function call itself without end."
}
