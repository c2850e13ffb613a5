package rectify.lambda.multi_az_test

import data.rectify.lambda.multi_az

function(subnets, zones) := {
	"properties": {"FunctionName": "checkout", "VpcConfig": {"SubnetIds": subnets, "SecurityGroupIds": ["sg-1"]}},
	"facts": {"SubnetZones": zones},
}

finding := {{
	"msg": "All subnets of the function are in the zone eu-west-1a.",
	"path": "/VpcConfig/SubnetIds",
	"params": {"zone": "eu-west-1a"},
}}

test_one_subnet if {
	multi_az.violation == finding with input as function(["subnet-1"], {"subnet-1": "eu-west-1a"})
}

test_two_subnets_of_one_zone if {
	multi_az.violation == finding with input as function(
		["subnet-1", "subnet-2"],
		{"subnet-1": "eu-west-1a", "subnet-2": "eu-west-1a"},
	)
}

test_two_zones_are_clean if {
	count(multi_az.violation) == 0 with input as function(
		["subnet-1", "subnet-2"],
		{"subnet-1": "eu-west-1a", "subnet-2": "eu-west-1b"},
	)
}

test_a_zone_that_is_not_known_may_be_another if {
	count(multi_az.violation) == 0 with input as function(["subnet-1", "subnet-2"], {"subnet-1": "eu-west-1a"})
	count(multi_az.violation) == 0 with input as function(["subnet-1"], {})
}

test_zones_that_were_not_read_are_unknown if {
	count(multi_az.violation) == 0 with input as {"properties": {"VpcConfig": {"SubnetIds": ["subnet-1"]}}, "facts": {}}
}

test_outside_a_vpc_is_clean if {
	count(multi_az.violation) == 0 with input as {"properties": {"FunctionName": "checkout"}, "facts": {}}
	count(multi_az.violation) == 0 with input as function([], {})
}

test_unresolved_is_unknown if {
	count(multi_az.violation) == 0 with input as function({"Ref": "Subnets"}, {})
}
