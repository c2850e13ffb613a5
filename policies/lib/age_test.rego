package rectify.lib.age_test

import data.rectify.lib.age

now := "2026-11-22T10:00:00Z"

test_whole_days_count if {
	age.days("2026-11-21T10:00:00Z", now) == 1
	age.days("2026-11-21T10:00:01Z", now) == 0
	age.days("2026-11-21T12:00:00+02:00", now) == 1
	age.days("2026-08-24T09:59:59.999Z", now) == 90
}

test_what_is_to_come_is_negative if age.days("2026-11-23T10:00:00Z", now) < 0

test_what_is_no_moment_has_no_age if {
	every text in ["", "2026-11-21", "yesterday", "2026-13-01T00:00:00Z", null, 5, {"Ref": "Date"}] {
		not age.days(text, now)
	}
	not age.days(now, "")
}
