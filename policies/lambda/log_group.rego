# METADATA
# title: The log group of a Lambda function is there before Lambda makes one
# description: >-
#   What Lambda makes for itself at the first invocation keeps everything for ever and has no key of one's own. Made before, the
#   log group has a retention and a key from the first line on, and the function needs no right to make log groups.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html
#   - ref: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
# custom:
#   id: lambda-log-group
#   severity: medium
#   resource_types: [AWS::Lambda::Function]
#   related: [log_groups]
#   controls:
#     owasp_serverless: [SAS-5]
#   parameters: {}
package rectify.lambda.log_group

# A group that is there and keeps its events for ever is a finding of its own (logs-retention), and so is one without a key.
violation contains {"msg": msg, "path": "/LoggingConfig/LogGroup", "params": {"log_group": name}} if {
	count(input.related.log_groups) == 0
	msg := sprintf("The log group %s is not there: Lambda will make it, without a retention and a key.", [name])
}

name := sprintf("/aws/lambda/%s", [input.properties.FunctionName]) if {
	is_string(input.properties.FunctionName)
	not input.properties.LoggingConfig.LogGroup
}

name := input.properties.LoggingConfig.LogGroup if is_string(input.properties.LoggingConfig.LogGroup)
