# How long ago something was. The clock is the assessment's, input.now.
package rectify.lib.age

# The whole days since a moment, an RFC 3339 text; undefined where it is no such text.
days(moment, now) := floor((time.parse_rfc3339_ns(now) - time.parse_rfc3339_ns(moment)) / 86400000000000) if {
	is_moment(moment)
	is_moment(now)
}

# The builtin's error would end the evaluation.
is_moment(text) if {
	is_string(text)
	regex.match(`^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`, text)
}
