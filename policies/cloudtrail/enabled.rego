# METADATA
# title: A trail records the management events of all Regions
# description: >-
#   Without one nobody knows who did what: the event history goes back ninety days, is kept for each Region by itself, and is not
#   protected. A trail of one Region misses what an intruder does in the others.
# related_resources:
#   - ref: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/receive-cloudtrail-log-files-from-multiple-regions.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/cloudtrail-controls.html#cloudtrail-1
# custom:
#   id: cloudtrail-enabled
#   severity: high
#   resource_types: [AWS::Account]
#   related: [trails]
#   controls:
#     fsbp: [CloudTrail.1]
#     cis_aws: ["3.0.0/3.1"]
#     nist_800_53: [AC-2(4), AC-4(26), AC-6(9), AU-2, AU-3, AU-6(3), AU-6(4), AU-10, AU-12, AU-14(1), CA-7, SA-8(22), SC-7(9), SI-3(8), SI-4(20), SI-7(8)]
#     pci_dss: ["10.2.1"]
#     owasp_serverless: [SAS-5]
#   parameters: {}
package rectify.cloudtrail.enabled

violation contains {
	"msg": "No trail records the management events of all Regions.",
	"path": "",
	"params": {},
} if {
	is_array(input.related.trails)
	count([1 | some trail in input.related.trails; records(trail)]) == 0
}

# The organization's counts as well as one's own. What is not known of it, as of one in another account, is not held against it.
records(trail) if {
	trail.properties.IsMultiRegionTrail == true
	not trail.properties.IsLogging == false
	not trail.properties.IncludeGlobalServiceEvents == false
	everything(trail.properties)
}

# A trail that was told nothing records every management event.
everything(properties) if {
	not properties.EventSelectors
	not properties.AdvancedEventSelectors
}

everything(properties) if {
	some selector in properties.EventSelectors
	object.get(selector, "ReadWriteType", "All") == "All"
	object.get(selector, "IncludeManagementEvents", true) == true
	count(object.get(selector, "ExcludeManagementEventSources", [])) == 0
}

# Any field but the category leaves something out.
# https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
everything(properties) if {
	some selector in properties.AdvancedEventSelectors
	every field in selector.FieldSelectors {
		field.Field == "eventCategory"
		"Management" in field.Equals
	}
}
