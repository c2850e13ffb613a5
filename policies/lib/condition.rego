# Whether a statement's conditions narrow who the caller can be.
# A value has to be fixed, without a wildcard or a policy variable, as the AWS Config rules of public policies ask:
# https://docs.aws.amazon.com/config/latest/developerguide/kms-key-policy-no-public-access.html
package rectify.lib.condition

import data.rectify.lib.iam

# Some positive operator with a fixed value of a key that tells who calls, or whence.
narrows(statement) if {
	is_object(statement.Condition)
	some operator, entries in statement.Condition
	is_object(entries)
	some key, value in entries
	needs_key(statement.Condition, lower(operator), lower(key))
	fixes_caller(bare(operator), lower(key), iam.as_list(value))
}

# A Deny of everyone but callers that a negative operator names narrows as an Allow of these would. The members of a
# condition must all hold for the Deny to hold: each has to be of that kind.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_multi-value-conditions.html
denies_others(statement) if {
	statement.Effect == "Deny"
	is_object(statement.Condition)
	members := [{"operator": lower(operator), "key": lower(key), "values": iam.as_list(value)} |
		some operator, entries in statement.Condition
		is_object(entries)
		some key, value in entries
	]
	excluding := [member | some member in members; excludes_others(member)]
	sparing := [member | some member in members; spares_services(member)]
	count(excluding) > 0
	count(excluding) + count(sparing) == count(members)
}

excludes_others(member) if {
	not startswith(member.operator, "foranyvalue:")
	fixes_caller(positive_of[bare(member.operator)], member.key, member.values)
}

# An exception for AWS services, which such a Deny needs so as not to lock them out.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html
spares_services(member) if {
	bare(member.operator) == "bool"
	member.key in {"aws:principalisawsservice", "aws:viaawsservice"}
	every value in member.values { lower(sprintf("%v", [value])) == "false" }
}

positive_of := {
	"stringnotequals": "stringequals",
	"stringnotequalsignorecase": "stringequals",
	"stringnotlike": "stringlike",
	"arnnotequals": "arnlike",
	"arnnotlike": "arnlike",
	"notipaddress": "ipaddress",
}

# An operator without its qualifiers.
bare(operator) := trim_suffix(trim_prefix(trim_prefix(lower(operator), "foranyvalue:"), "forallvalues:"), "ifexists")

# A request without the key passes an operator with ForAllValues or IfExists, unless Null asks for the key beside it.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
needs_key(_, operator, _) if {
	not startswith(operator, "forallvalues:")
	not endswith(operator, "ifexists")
}

needs_key(condition, _, key) if {
	some operator, entries in condition
	lower(operator) == "null"
	is_object(entries)
	some name, value in entries
	lower(name) == key
	lower(sprintf("%v", [value])) == "false"
}

# The values of a key are alternatives: each one has to be fixed.
fixes_caller(operator, key, values) if {
	operator in {"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "ipaddress"}
	count(values) > 0
	every value in values { fixed(key, sprintf("%v", [value])) }
}

# Only a `Like` and the ARN operators read `*`, but to any other it would name nobody: no reason to tell them apart.
fixed(key, value) if {
	key in whole_value_keys
	plain(value)
}

fixed(key, value) if {
	key in whole_value_keys
	value in own_account_variables
}

# Of a path in an organization only the organization has to be fixed: o-a1b2c3d4e5/r-ab12/*
fixed(key, value) if {
	key in {"aws:principalorgpaths", "aws:sourceorgpaths", "aws:vpceorgpaths"}
	plain(split(value, "/")[0])
}

fixed(key, value) if {
	key in {"aws:sourcearn", "aws:principalarn", "s3:dataaccesspointarn"}
	fixes_account(value)
}

# A bucket's ARN has no account, but buckets have one owner.
fixed(key, value) if {
	key == "aws:sourcearn"
	parts := split(value, ":")
	count(parts) > 5
	parts[4] == ""
	plain(parts[5])
}

# A range of more than /8, or /32 in IPv6, is no narrower than everyone to Amazon S3's Block Public Access.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
fixed(key, value) if {
	key in {"aws:sourceip", "aws:vpcsourceip"}
	regex.match(`^([0-9.]+(/([89]|[12][0-9]|3[0-2]))?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(/(3[2-9]|[4-9][0-9]|1[0-2][0-9]))?)$`, value)
}

fixed(key, value) if {
	key == "lambda:functionurlauthtype"
	value == "AWS_IAM"
}

whole_value_keys := {
	"aws:principalaccount",
	"aws:principalorgid",
	"aws:sourceaccount",
	"aws:sourceorgid",
	"aws:sourceowner",
	"aws:sourcevpc",
	"aws:sourcevpce",
	"aws:userid",
	"aws:vpceaccount",
	"aws:vpceorgid",
	"kms:calleraccount",
	"lambda:eventsourcetoken",
	"s3:dataaccesspointaccount",
}

own_account_variables := {"${aws:ResourceAccount}", "${aws:ResourceOrgID}"}

# An ARN, or a pattern of ARNs, whose account is fixed.
fixes_account(arn) if {
	parts := split(arn, ":")
	count(parts) > 5
	parts[4] != ""
	plain(parts[4])
}

plain(value) if {
	value != ""
	not regex.match(`[*?]|\$\{`, value)
}
