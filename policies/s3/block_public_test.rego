package rectify.s3.block_public_test

import data.rectify.s3.block_public

off := {"BlockPublicAcls": false, "BlockPublicPolicy": false, "IgnorePublicAcls": false, "RestrictPublicBuckets": false}

on := {"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true}

bucket(block) := {
	"arn": "arn:aws:s3:::uploads",
	"properties": {"BucketName": "uploads", "PublicAccessBlockConfiguration": block},
	"facts": {"AclGrants": []},
	"related": {"policies": []},
}

public := {"properties": {"PolicyDocument": {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}]}}}

test_off if {
	block_public.violation == {{
		"msg": "The bucket does not block public access: BlockPublicAcls, BlockPublicPolicy, IgnorePublicAcls, RestrictPublicBuckets.",
		"path": "/PublicAccessBlockConfiguration",
		"params": {"public_policy": false, "public_acl": false},
	}} with input as bucket(off)
}

half := bucket({"BlockPublicAcls": true, "IgnorePublicAcls": true})

test_half if {
	found := {finding.msg | some finding in block_public.violation} with input as half
	found == {"The bucket does not block public access: BlockPublicPolicy, RestrictPublicBuckets."}
}

open := object.union(bucket(off), {
	"facts": {"AclGrants": [{"Grantee": "http://acs.amazonaws.com/groups/global/AllUsers", "Permission": "READ"}]},
	"related": {"policies": [public]},
})

test_what_it_would_close_is_told if {
	found := {finding.params | some finding in block_public.violation} with input as open
	found == {{"public_policy": true, "public_acl": true}}
}

test_on_is_clean if block_public.violation == set() with input as bucket(on)

test_absent_is_the_default_of_new_buckets if block_public.violation == set() with input as {"properties": {"BucketName": "uploads"}}

unresolved := bucket({name: {"Ref": "Block"} | some name, _ in on})

test_unknown_is_clean if {
	block_public.violation == set() with input as bucket("text")
	block_public.violation == set() with input as unresolved
}
