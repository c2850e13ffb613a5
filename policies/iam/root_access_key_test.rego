package rectify.iam.root_access_key_test

import data.rectify.iam.root_access_key

with_key := {"properties": {}, "facts": {"Summary": {"AccountAccessKeysPresent": 1, "AccountMFAEnabled": 1}}}

test_a_key_of_root if {
	root_access_key.violation == {{"msg": "The root user has an access key.", "path": "", "params": {}}} with input as with_key
}

without := {"properties": {}, "facts": {"Summary": {"AccountAccessKeysPresent": 0, "AccountMFAEnabled": 0}}}

test_none_is_clean if root_access_key.violation == set() with input as without

test_unread_is_unknown if {
	root_access_key.violation == set() with input as {"properties": {}}
	root_access_key.violation == set() with input as {"properties": {}, "facts": {"Summary": {"AccountMFAEnabled": 1}}}
	root_access_key.violation == set() with input as {"properties": {}, "facts": {"Summary": {"AccountAccessKeysPresent": "1"}}}
}
