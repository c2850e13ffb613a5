# METADATA
# title: The password policy of the account's users is strong
# description: >-
#   Without a password policy of its own an account takes eight characters and lets a password live for ever. A long password of
#   every kind of character that is not used again keeps out who guesses, and who has found an old one.
# related_resources:
#   - ref: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
#   - ref: https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-7
# custom:
#   id: iam-password-policy
#   severity: medium
#   resource_types: [AWS::Account]
#   related: []
#   controls:
#     fsbp: [IAM.7]
#     cis_aws: ["3.0.0/1.8", "3.0.0/1.9"]
#     nist_800_53: [AC-2(1), AC-2(3), AC-3(15), IA-5(1)]
#     pci_dss: ["8.3.6", "8.3.7", "8.3.9", "8.3.10.1", "8.6.3"]
#   parameters:
#     minimum_length:
#       type: integer
#       default: 14
#       description: The fewest characters that a password may have.
#     reuse_prevention:
#       type: integer
#       default: 24
#       description: How many of his last passwords a user may not use again; 24 is the most that IAM remembers.
#     max_age_days:
#       type: integer
#       default: 90
#       description: The days after which a password has to be changed at the latest; 0 asks for no change.
package rectify.iam.password_policy

violation contains {
	"msg": sprintf("The password policy is weak: %s.", [concat(", ", weak)]),
	"path": "/PasswordPolicy",
	"params": params,
} if {
	is_object(input.properties.PasswordPolicy)
	count(weak) > 0
}

# That there is none has been read: a document without the part says nothing.
violation contains {
	"msg": "The account has no password policy.",
	"path": "/PasswordPolicy",
	"params": params,
} if {
	not input.properties.PasswordPolicy
	input.facts.HasPasswordPolicy == false
}

params := {
	"minimum_length": input.parameters.minimum_length,
	"reuse_prevention": input.parameters.reuse_prevention,
	"max_age_days": input.parameters.max_age_days,
	"expires": input.parameters.max_age_days > 0,
	"locks_out": locks_out,
}

policy := input.properties.PasswordPolicy

weak contains sprintf("%s is off", [name]) if {
	some name in ["RequireLowercaseCharacters", "RequireNumbers", "RequireSymbols", "RequireUppercaseCharacters"]
	object.get(policy, name, false) == false
}

weak contains sprintf("MinimumPasswordLength is %v and not %v", [length, input.parameters.minimum_length]) if {
	# https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html
	length := object.get(policy, "MinimumPasswordLength", 6)
	is_number(length)
	length < input.parameters.minimum_length
}

weak contains sprintf("PasswordReusePrevention is %v and not %v", [remembered, input.parameters.reuse_prevention]) if {
	remembered := object.get(policy, "PasswordReusePrevention", 0)
	is_number(remembered)
	remembered < input.parameters.reuse_prevention
}

weak contains "passwords never expire" if {
	input.parameters.max_age_days > 0
	object.get(policy, "MaxPasswordAge", 0) == 0
}

weak contains older if some older in too_old

too_old contains sprintf("MaxPasswordAge is %v and not %v", [policy.MaxPasswordAge, input.parameters.max_age_days]) if {
	input.parameters.max_age_days > 0
	is_number(policy.MaxPasswordAge)
	policy.MaxPasswordAge > input.parameters.max_age_days
}

# With HardExpiry nobody whose password is too old by then gets in without an administrator, and an administrator neither.
default locks_out := false

locks_out if {
	policy.HardExpiry == true
	ages
}

ages if count(too_old) > 0

ages if "passwords never expire" in weak
