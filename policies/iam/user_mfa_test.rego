package rectify.iam.user_mfa_test

import data.rectify.iam.user_mfa

user(facts) := {"id": "ann", "properties": {"UserName": "ann"}, "facts": facts}

test_a_password_alone if {
	user_mfa.violation == {{
		"msg": "The user signs in to the console with a password alone.",
		"path": "",
		"params": {},
	}} with input as user({"HasPassword": true, "MFADevices": []})
}

test_with_a_device_is_clean if {
	user_mfa.violation == set() with input as user({"HasPassword": true, "MFADevices": ["arn:aws:iam::111122223333:mfa/ann"]})
}

test_without_a_password_is_clean if user_mfa.violation == set() with input as user({"HasPassword": false, "MFADevices": []})

test_unread_is_unknown if {
	user_mfa.violation == set() with input as user({})
	user_mfa.violation == set() with input as user({"HasPassword": true})
	user_mfa.violation == set() with input as user({"MFADevices": []})
}
