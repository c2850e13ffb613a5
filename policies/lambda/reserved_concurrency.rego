# METADATA
# title: The concurrency of Lambda functions is bounded
# description: >-
#   Every function may run as often at once as the account allows. A flood of events for one of them is paid for in full, and
#   starves the others, whose requests are throttled then.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
#   - ref: https://docs.aws.amazon.com/config/latest/developerguide/lambda-concurrency-check.html
# custom:
#   id: lambda-reserved-concurrency
#   severity: low
#   resource_types: [AWS::Lambda::Function]
#   related: []
#   controls:
#     nist_800_53: [AU-12(3), AU-14, CA-7, PM-14, PM-31, SC-6]
#     owasp_serverless: [SAS-8]
#   parameters: {}
package rectify.lambda.reserved_concurrency

# A limit of 0 stops the function, which is a bound too.
violation contains {"msg": msg, "path": "/ReservedConcurrentExecutions", "params": {}} if {
	unbounded
	msg := "Nothing but the account's limit bounds how often the function runs at once."
}

unbounded if not input.properties.ReservedConcurrentExecutions

unbounded if input.properties.ReservedConcurrentExecutions in {null, ""}
