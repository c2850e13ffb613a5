# METADATA
# title: A failed asynchronous event of a Lambda function goes somewhere
# description: >-
#   Lambda gives an asynchronous event up after two retries. Without a dead letter queue or a destination for failures it is gone, and
#   with it an order, an alarm, or the trace of an attack.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
#   - ref: https://docs.aws.amazon.com/config/latest/developerguide/lambda-dlq-check.html
# custom:
#   id: lambda-dead-letter
#   severity: low
#   resource_types: [AWS::Lambda::Function]
#   related: [role, event_invoke_configs]
#   controls:
#     nist_800_53: [AU-12(3), AU-14, CA-2(2), CA-7, PM-14, PM-31, SC-36(1), SI-2]
#     owasp_serverless: [SAS-5]
#   parameters: {}
package rectify.lambda.dead_letter

violation contains {
	"msg": "An asynchronous event that fails is lost.",
	"path": "/DeadLetterConfig/TargetArn",
	"params": {},
} if {
	not has_target
	is_array(input.related.event_invoke_configs)
	not has_destination
	# Who may send, or be let send, has to be known.
	input.related.role.properties.RoleName
}

has_target if {
	input.properties.DeadLetterConfig.TargetArn
	input.properties.DeadLetterConfig.TargetArn != ""
}

# Of the function, or of a version or an alias by which it is invoked.
has_destination if {
	some config in input.related.event_invoke_configs
	config.properties.DestinationConfig.OnFailure.Destination
}
