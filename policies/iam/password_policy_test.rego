package rectify.iam.password_policy_test

import data.rectify.iam.password_policy

parameters := {"minimum_length": 14, "reuse_prevention": 24, "max_age_days": 90}

strong := {
	"MinimumPasswordLength": 14,
	"RequireSymbols": true,
	"RequireNumbers": true,
	"RequireUppercaseCharacters": true,
	"RequireLowercaseCharacters": true,
	"AllowUsersToChangePassword": true,
	"MaxPasswordAge": 90,
	"PasswordReusePrevention": 24,
	"HardExpiry": false,
}

account(policy) := {"id": "111122223333", "properties": {"PasswordPolicy": policy}, "parameters": parameters}

params := {"minimum_length": 14, "reuse_prevention": 24, "max_age_days": 90, "expires": true, "locks_out": false}

weak := account(object.union(strong, {"MinimumPasswordLength": 8, "RequireSymbols": false, "MaxPasswordAge": 180}))

test_weak_fields_are_told if {
	password_policy.violation == {{
		"msg": "The password policy is weak: MaxPasswordAge is 180 and not 90, MinimumPasswordLength is 8 and not 14, RequireSymbols is off.",
		"path": "/PasswordPolicy",
		"params": params,
	}} with input as weak
}

silent := account({"RequireSymbols": true, "RequireNumbers": true, "RequireUppercaseCharacters": true, "RequireLowercaseCharacters": true})

test_what_is_not_said_is_the_default if {
	{finding.msg | some finding in password_policy.violation} == {concat("", [
		"The password policy is weak: MinimumPasswordLength is 6 and not 14, ",
		"PasswordReusePrevention is 0 and not 24, passwords never expire.",
	])} with input as silent
}

none := {"properties": {}, "facts": {"HasPasswordPolicy": false}, "parameters": parameters}

test_none_at_all if {
	password_policy.violation == {{
		"msg": "The account has no password policy.",
		"path": "/PasswordPolicy",
		"params": params,
	}} with input as none
}

unread := {"properties": {}, "facts": {}, "parameters": parameters}

test_unread_is_unknown if password_policy.violation == set() with input as unread

unknown := account(object.union(strong, {"MinimumPasswordLength": {"Ref": "Length"}, "RequireSymbols": {"Ref": "Symbols"}, "MaxPasswordAge": "90"}))

test_unknown_values_are_clean if password_policy.violation == set() with input as unknown

test_strong_is_clean if password_policy.violation == set() with input as account(strong)

stricter := account(object.union(strong, {"MinimumPasswordLength": 20, "MaxPasswordAge": 30, "HardExpiry": true}))

test_stricter_is_clean if password_policy.violation == set() with input as stricter

lasting := object.union(
	account(object.union(strong, {"MaxPasswordAge": 0})),
	{"parameters": object.union(parameters, {"max_age_days": 0})},
)

test_no_expiry_may_be_asked_for if password_policy.violation == set() with input as lasting

hard := account(object.union(object.remove(strong, ["MaxPasswordAge"]), {"HardExpiry": true}))

hard_and_short := account(object.union(strong, {"HardExpiry": true, "MinimumPasswordLength": 8}))

test_a_hard_expiry_may_lock_everyone_out if {
	{finding.params.locks_out | some finding in password_policy.violation} == {true} with input as hard
	{finding.params.locks_out | some finding in password_policy.violation} == {false} with input as hard_and_short
}
