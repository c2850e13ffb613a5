package rectify.lambda.in_vpc_test

import data.rectify.lambda.in_vpc

vpc_access := "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"

inside := {"properties": {"FunctionName": "checkout", "VpcConfig": {
	"SubnetIds": ["subnet-0a1b2c3d4e5f60718"],
	"SecurityGroupIds": ["sg-0a1b2c3d4e5f60718"],
}}}

outside := {"properties": {"FunctionName": "checkout"}}

# As some services answer for a function that has left its VPC.
emptied := {"properties": {"FunctionName": "checkout", "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []}}}

unresolved := {"properties": {"FunctionName": "checkout", "VpcConfig": {"Fn::If": ["Private", {"SubnetIds": ["a"]}, {"Ref": "AWS::NoValue"}]}}}

unresolved_subnets := {"properties": {"FunctionName": "checkout", "VpcConfig": {"SubnetIds": {"Ref": "Subnets"}}}}

bare_role := {
	"properties": {"FunctionName": "checkout"},
	"related": {"role": {"id": "checkout", "properties": {"RoleName": "checkout"}}},
}

granted_role := {
	"properties": {"FunctionName": "checkout"},
	"related": {"role": {"id": "checkout", "properties": {"RoleName": "checkout", "ManagedPolicyArns": [vpc_access]}}},
}

half_granted_role := {
	"properties": {"FunctionName": "checkout"},
	"related": {"role": {"id": "checkout", "properties": {"RoleName": "checkout", "Policies": [{
		"PolicyName": "own",
		"PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"}]},
	}]}}},
}

finding(grants) := {{"msg": "The function is in no VPC.", "path": "/VpcConfig", "params": {"grant_interfaces": grants}}}

test_outside if {
	in_vpc.violation == finding(false) with input as outside
	in_vpc.violation == finding(false) with input as emptied
}

test_the_role_needs_a_grant if {
	in_vpc.violation == finding(true) with input as bare_role
	in_vpc.violation == finding(true) with input as half_granted_role
}

test_the_role_has_the_grant if {
	in_vpc.violation == finding(false) with input as granted_role
}

test_inside_is_clean if {
	count(in_vpc.violation) == 0 with input as inside
}

test_unresolved_is_unknown if {
	count(in_vpc.violation) == 0 with input as unresolved
	count(in_vpc.violation) == 0 with input as unresolved_subnets
}
