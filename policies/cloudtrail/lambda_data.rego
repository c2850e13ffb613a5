# METADATA
# title: Invocations of functions are recorded
# description: >-
#   A trail records who changes functions, and not who invokes them unless it is told to. For functions that are invoked through other
#   ways than an API of one's own, such a record is the only one that names the caller.
# related_resources:
#   - ref: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html
# custom:
#   id: cloudtrail-lambda-data
#   severity: low
#   resource_types: [AWS::CloudTrail::Trail]
#   enabled: false
#   related: []
#   controls:
#     owasp_serverless: [SAS-5]
#   parameters: {}
package rectify.cloudtrail.lambda_data

import data.rectify.lib.trail

violation contains {
	"msg": "The trail does not record invocations of all functions.",
	"path": "/EventSelectors",
	"params": {"selectors": wanted},
} if {
	trail.own(input)
	input.properties.S3BucketName
	not recorded
}

recorded if {
	some selector in input.properties.EventSelectors
	object.get(selector, "ReadWriteType", "All") == "All"
	some data_resource in selector.DataResources
	data_resource.Type == "AWS::Lambda::Function"
	everything in data_resource.Values
}

# https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
recorded if {
	some selector in input.properties.AdvancedEventSelectors
	some field in selector.FieldSelectors
	field.Field == "resources.type"
	"AWS::Lambda::Function" in field.Equals
	count([1 | some narrowing in selector.FieldSelectors; not narrowing.Field in {"eventCategory", "resources.type"}]) == 0
}

# Not all of it is known yet.
recorded if is_object(input.properties.EventSelectors)

recorded if is_object(input.properties.AdvancedEventSelectors)

# This prefix is every function, now and later.
# https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DataResource.html
everything := sprintf("arn:%s:lambda", [split(input.arn, ":")[1]])

# A trail that was told nothing records the management events, and goes on doing so.
present := object.get(input.properties, "EventSelectors", [{"ReadWriteType": "All", "IncludeManagementEvents": true}])

wanted := array.concat(present, [{
	"ReadWriteType": "All",
	"IncludeManagementEvents": false,
	"DataResources": [{"Type": "AWS::Lambda::Function", "Values": [everything]}],
}])
