# METADATA
# title: Lambda functions in a VPC span two Availability Zones
# description: >-
#   Outside a VPC Lambda runs a function in several zones by itself; in a VPC only in those of its subnets. With subnets of one zone
#   the function fails when the zone does.
# related_resources:
#   - ref: https://docs.aws.amazon.com/lambda/latest/dg/security-resilience.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/lambda-controls.html#lambda-5
# custom:
#   id: lambda-multi-az
#   severity: medium
#   resource_types: [AWS::Lambda::Function]
#   related: []
#   controls:
#     fsbp: [Lambda.5]
#     nist_800_53: [CP-6(2), CP-10, SC-5(2), SC-36, SI-13(5)]
#     owasp_serverless: [SAS-8]
#   parameters: {}
package rectify.lambda.multi_az

# A subnet whose zone is not known may be in another one.
violation contains {"msg": msg, "path": "/VpcConfig/SubnetIds", "params": {"zone": zone}} if {
	subnets := input.properties.VpcConfig.SubnetIds
	zones := {zone_of(subnet) | some subnet in subnets}
	count(zones) == 1
	some zone in zones
	zone != ""
	msg := sprintf("All subnets of the function are in the zone %s.", [zone])
}

zone_of(subnet) := object.get(input.facts.SubnetZones, subnet, "")
