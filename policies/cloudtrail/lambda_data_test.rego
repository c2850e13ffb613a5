package rectify.cloudtrail.lambda_data_test

import data.rectify.cloudtrail.lambda_data

audit(properties) := {
	"id": "audit",
	"arn": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/audit",
	"properties": object.union({"TrailName": "audit", "S3BucketName": "audit-logs"}, properties),
}

management := {"ReadWriteType": "All", "IncludeManagementEvents": true}

functions(values) := {
	"ReadWriteType": "All",
	"IncludeManagementEvents": false,
	"DataResources": [{"Type": "AWS::Lambda::Function", "Values": values}],
}

test_only_management_events if {
	lambda_data.violation == {{
		"msg": "The trail does not record invocations of all functions.",
		"path": "/EventSelectors",
		"params": {"selectors": [management, functions(["arn:aws:lambda"])]},
	}} with input as audit({})
}

one := "arn:aws:lambda:eu-west-1:111122223333:function:checkout"

test_one_function if {
	{finding.params.selectors | some finding in lambda_data.violation} == {
		[
			functions(["arn:aws:lambda:eu-west-1:111122223333:function:checkout"]),
			functions(["arn:aws:lambda"]),
		],
	} with input as audit({"EventSelectors": [functions([one])]})
}

test_all_functions_are_clean if {
	lambda_data.violation == set() with input as audit({"EventSelectors": [management, functions(["arn:aws:lambda"])]})
}

reading := object.union(functions(["arn:aws:lambda"]), {"ReadWriteType": "ReadOnly"})

test_only_some_events_of_all_functions if {
	count(lambda_data.violation) == 1 with input as audit({"EventSelectors": [reading]})
}

category := {"Field": "eventCategory", "Equals": ["Data"]}

type := {"Field": "resources.type", "Equals": ["AWS::Lambda::Function"]}

test_advanced_selectors_are_clean if {
	lambda_data.violation == set() with input as audit({"AdvancedEventSelectors": [{"FieldSelectors": [category, type]}]})
}

narrowed := {"FieldSelectors": [category, type, {"Field": "resources.ARN", "Equals": [one]}]}

test_advanced_selectors_of_some_functions if {
	count(lambda_data.violation) == 1 with input as audit({"AdvancedEventSelectors": [narrowed]})
}

test_what_is_not_known_yet_is_clean if {
	lambda_data.violation == set() with input as audit({"EventSelectors": {"Ref": "Selectors"}})
}

test_nothing_was_read if {
	lambda_data.violation == set() with input as {"id": "audit", "arn": "", "properties": {"TrailName": "audit"}}
}
