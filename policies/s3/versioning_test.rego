package rectify.s3.versioning_test

import data.rectify.s3.versioning

found := {{"msg": "The bucket keeps no versions of its objects.", "path": "/VersioningConfiguration", "params": {}}}

test_suspended if versioning.violation == found with input as {"properties": {"VersioningConfiguration": {"Status": "Suspended"}}}

test_absent_is_off if versioning.violation == found with input as {"properties": {"BucketName": "uploads"}}

test_enabled_is_clean if versioning.violation == set() with input as {"properties": {"VersioningConfiguration": {"Status": "Enabled"}}}

test_unknown_is_clean if {
	versioning.violation == set() with input as {"properties": {"VersioningConfiguration": {"Status": {"Ref": "Status"}}}}
	versioning.violation == set() with input as {"properties": {"VersioningConfiguration": {"Ref": "Versioning"}}}
}
