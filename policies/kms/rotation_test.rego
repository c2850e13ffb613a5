package rectify.kms.rotation_test

import data.rectify.kms.rotation

key := {"properties": {"KeySpec": "SYMMETRIC_DEFAULT", "Origin": "AWS_KMS", "Enabled": true, "EnableKeyRotation": false}}

test_a_key_that_does_not_rotate if {
	rotation.violation == {{
		"msg": "The key is not rotated automatically.",
		"path": "/EnableKeyRotation",
		"params": {},
	}} with input as key
}

unset := {"properties": {"KeySpec": "SYMMETRIC_DEFAULT", "Origin": "AWS_KMS", "Enabled": true}}

test_unset_is_off if count(rotation.violation) == 1 with input as unset

rotating := object.union(key, {"properties": {"EnableKeyRotation": true}})

test_a_rotating_key_is_clean if rotation.violation == set() with input as rotating

asymmetric := object.union(key, {"properties": {"KeySpec": "RSA_4096"}})

hmac := object.union(key, {"properties": {"KeySpec": "HMAC_256"}})

imported := object.union(key, {"properties": {"Origin": "EXTERNAL"}})

hardware := object.union(key, {"properties": {"Origin": "AWS_CLOUDHSM"}})

disabled := object.union(key, {"properties": {"Enabled": false}})

test_keys_that_cannot_rotate_are_clean if {
	rotation.violation == set() with input as asymmetric
	rotation.violation == set() with input as hmac
	rotation.violation == set() with input as imported
	rotation.violation == set() with input as hardware
	rotation.violation == set() with input as disabled
}

test_an_unknown_key_is_clean if rotation.violation == set() with input as {"properties": {}}

# As it will be once the deletion is cancelled: what KMS did not tell is not known, and what it did tell counts.
kept := object.union(unset, {"facts": {"KeyState": "PendingDeletion"}})

test_a_hidden_setting_is_clean if rotation.violation == set() with input as kept

told := object.union(key, {"facts": {"KeyState": "PendingDeletion"}})

test_a_told_setting_counts if count(rotation.violation) == 1 with input as told
