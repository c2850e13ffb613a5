package rectify.s3.no_acl_test

import data.rectify.s3.no_acl

bucket(ownership) := {"properties": {"OwnershipControls": {"Rules": [{"ObjectOwnership": ownership}]}}, "facts": {"AclGrants": []}}

test_the_writer_owns_the_object if {
	no_acl.violation == {{
		"msg": "The bucket's ACLs count (ObjectWriter).",
		"path": "/OwnershipControls",
		"params": {"grantees": ""},
	}} with input as bucket("ObjectWriter")
}

test_preferred_is_not_enforced if count(no_acl.violation) == 1 with input as bucket("BucketOwnerPreferred")

granted := object.union(bucket("ObjectWriter"), {"facts": {"AclGrants": [{"Grantee": "http://acs.amazonaws.com/groups/global/AllUsers", "Permission": "READ"}]}})

test_whom_the_acl_lets_in_is_told if {
	found := {finding.params.grantees | some finding in no_acl.violation} with input as granted
	found == {"http://acs.amazonaws.com/groups/global/AllUsers (READ)"}
}

test_enforced_is_clean if no_acl.violation == set() with input as bucket("BucketOwnerEnforced")

test_absent_is_the_default_of_new_buckets if no_acl.violation == set() with input as {"properties": {"BucketName": "uploads"}}

test_unknown_is_clean if no_acl.violation == set() with input as bucket({"Ref": "Ownership"})
