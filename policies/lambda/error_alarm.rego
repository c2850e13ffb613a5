# METADATA
# title: An alarm watches the errors and the throttles of a Lambda function
# description: >-
#   A function that fails or is throttled does so in silence: nobody sees it until data is missing. An attack that floods or breaks
#   it shows in the same two numbers first.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
#   - ref: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html#Lambda
# custom:
#   id: lambda-error-alarm
#   severity: medium
#   resource_types: [AWS::Lambda::Function]
#   related: [alarms]
#   controls:
#     owasp_serverless: [SAS-5]
#   parameters: {}
package rectify.lambda.error_alarm

import data.rectify.lib.alarm

violation contains {"msg": msg, "path": "", "params": {"metric": metric, "alarm": name}} if {
	is_array(input.related.alarms)
	some metric in ["Errors", "Throttles"]
	not watched(metric)
	msg := sprintf("No alarm watches the function's %s.", [lower(metric)])
	name := sprintf("lambda-%s-%s", [input.id, lower(metric)])
}

watched(metric) if {
	some found in input.related.alarms
	alarm.watches(found, "AWS/Lambda", metric, of_the_function)
}

# The function's own metric, under either of its names, or that of all functions together.
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html#monitoring-metrics-dimensions
of_the_function := [{"FunctionName": input.id}, {"FunctionName": input.id, "Resource": input.id}, {}]
