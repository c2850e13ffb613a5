package rectify.cloudtrail.enabled_test

import data.rectify.cloudtrail.enabled

account(trails) := {"id": "111122223333", "properties": {}, "related": {"trails": trails}}

audit(properties) := {
	"id": "audit",
	"properties": object.union({"TrailName": "audit", "IsMultiRegionTrail": true, "IsLogging": true}, properties),
}

test_no_trail if {
	enabled.violation == {{
		"msg": "No trail records the management events of all Regions.",
		"path": "",
		"params": {},
	}} with input as account([])
}

test_a_trail_of_all_regions_is_clean if enabled.violation == set() with input as account([audit({})])

test_a_trail_of_one_region if {
	count(enabled.violation) == 1 with input as account([audit({"IsMultiRegionTrail": false})])
}

test_a_stopped_trail if count(enabled.violation) == 1 with input as account([audit({"IsLogging": false})])

writing := [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": true}]

test_a_trail_of_writes_alone if count(enabled.violation) == 1 with input as account([audit({"EventSelectors": writing})])

without_kms := [{"ReadWriteType": "All", "ExcludeManagementEventSources": ["kms.amazonaws.com"]}]

test_a_trail_without_keys if count(enabled.violation) == 1 with input as account([audit({"EventSelectors": without_kms})])

data_too := [{"ReadWriteType": "All", "IncludeManagementEvents": true, "DataResources": []}]

test_data_events_besides_are_clean if enabled.violation == set() with input as account([audit({"EventSelectors": data_too})])

management := [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]

test_advanced_selectors_are_clean if {
	enabled.violation == set() with input as account([audit({"AdvancedEventSelectors": management})])
}

reads := [{"FieldSelectors": [
	{"Field": "eventCategory", "Equals": ["Management"]},
	{"Field": "readOnly", "Equals": ["true"]},
]}]

test_advanced_selectors_of_reads if {
	count(enabled.violation) == 1 with input as account([audit({"AdvancedEventSelectors": reads})])
}

organization := {"id": "arn:aws:cloudtrail:us-east-1:444455556666:trail/all", "properties": {"IsMultiRegionTrail": true}}

test_the_organizations_trail_is_clean if enabled.violation == set() with input as account([organization])

test_unread_is_unknown if {
	enabled.violation == set() with input as {"id": "111122223333", "properties": {}, "related": {}}
}
