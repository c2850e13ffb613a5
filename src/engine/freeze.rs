//! Freeze windows: times in which nothing is changed.
//!
//! A window is told by the clock on the wall of its time zone. One from Friday 18:00 for 62 hours ends on Monday at 8:00, also
//! where the clocks were changed in between, and an hour that comes twice is in it twice.

use std::fmt;

use cronexpr::{Crontab, FallbackTimezoneOption, ParseOptions, parse_crontab_with};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{Span, SpanRelativeTo, Timestamp, Unit};

/// The longest length of a window that recurs, in hours: five weeks.
const LONGEST: f64 = 35.0 * 24.0;

/// How many windows that follow each other without a break are looked at for the end.
const FOLLOWING: usize = 2000;

/// Times in which nothing is changed.
#[derive(Clone, Debug, Default)]
pub struct Freeze {
    /// In any order; they may overlap.
    pub windows: Vec<Window>,
}

/// A time in which nothing is changed.
#[derive(Clone, Debug)]
pub struct Window {
    /// The time.
    pub when: When,
    /// The accounts that it is for; all where there are none.
    pub accounts: Vec<String>,
    /// Why.
    pub reason: String,
}

/// When a window is.
#[derive(Clone, Debug)]
pub enum When {
    /// Once.
    Between {
        /// The first moment.
        from: Timestamp,
        /// The first moment after it.
        to: Timestamp,
    },
    /// Again and again, each time for as long.
    Recurring {
        /// The beginnings, as if there were only UTC: a clock on a wall knows no more. Never one that begins never.
        begins: Box<Crontab>,
        /// In days, hours and minutes; longer than nothing.
        length: Span,
        /// Where the clock hangs.
        zone: TimeZone,
    },
}

/// That nothing is changed now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frozen {
    /// The first moment in which no window is open any more; none where no such moment is in sight.
    pub until: Option<Timestamp>,
    /// The reasons of the windows that are open now.
    pub because: Vec<String>,
}

impl fmt::Display for Frozen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.until {
            Some(until) => write!(f, "frozen until {until}: ")?,
            None => f.write_str("frozen, and no end is in sight: ")?,
        }
        f.write_str(&self.because.join("; "))
    }
}

impl Freeze {
    /// What is open at a time in an account.
    pub fn at(&self, now: Timestamp, account: &str) -> Option<Frozen> {
        let here =
            |window: &&Window| window.accounts.is_empty() || window.accounts.iter().any(|named| named == account);
        let here: Vec<&Window> = self.windows.iter().filter(here).collect();
        let end = |at: Timestamp| here.iter().filter_map(|window| window.when.end(at)).max();
        let open = here.iter().filter(|window| window.when.end(now).is_some());
        let because: Vec<String> = open.map(|window| window.reason.clone()).collect();
        let mut until = end(now)?;
        for _ in 0..FOLLOWING {
            match end(until) {
                Some(later) => until = later,
                None => return Some(Frozen { until: Some(until), because }),
            }
        }
        Some(Frozen { until: None, because })
    }
}

impl When {
    /// A window that is once: each end a date (`2026-12-20`; the second one is in it to its end), a date and time
    /// (`2026-12-24T12:00`), or the same with an offset from UTC (`2026-12-24T12:00:00Z`), which no zone changes.
    pub fn between(from: &str, to: &str, zone: &TimeZone) -> Result<Self, String> {
        let begin = moment(from, zone, Side::From)?;
        let end = moment(to, zone, Side::To)?;
        if begin >= end {
            return Err(format!("it ends at `{to}`, before it has begun at `{from}`"));
        }
        Ok(Self::Between { from: begin, to: end })
    }

    /// A window that recurs: it begins as five fields of cron say (`0 18 * * FRI`), and each is as long (`62h`, `2d`).
    pub fn recurring(cron: &str, length: &str, zone: TimeZone) -> Result<Self, String> {
        // A sixth field would be another time zone.
        if cron.split_whitespace().count() != 5 {
            return Err(format!("`{cron}` has not the five fields of cron: minute, hour, day, month, weekday"));
        }
        let mut options = ParseOptions::default();
        options.fallback_timezone_option = FallbackTimezoneOption::UTC;
        let begins = parse_crontab_with(cron, options)
            .map_err(|error| format!("`{cron}` cannot be read as cron: {}", reason(&error.to_string())))?;
        // A leap year is among any four: what does not begin within them never does.
        begins.find_next(Timestamp::UNIX_EPOCH).map_err(|_| format!("`{cron}` never begins"))?;
        let length = parse_length(length)?;
        Ok(Self::Recurring { begins: Box::new(begins), length, zone })
    }

    /// When the window ends that is open at a time; none where none is open.
    fn end(&self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Between { from, to } => (*from <= now && now < *to).then_some(*to),
            Self::Recurring { begins, length, zone } => {
                let clock = zone.to_datetime(now);
                // All are equally long: one is open if the first that began less than that ago has begun by now.
                let since = wall(clock.checked_sub(*length).ok()?)?;
                let begun = Offset::UTC.to_datetime(begins.find_next(since).ok()?.timestamp());
                let end = begun.checked_add(*length).ok()?;
                (begun <= clock).then(|| shown(zone, end, now)).flatten()
            }
        }
    }
}

/// A time on the wall as if it were one of UTC.
fn wall(clock: DateTime) -> Option<Timestamp> {
    Offset::UTC.to_timestamp(clock).ok()
}

/// The first moment after another at which a clock shows a time. Where it shows that time never, since it is set forward over
/// it, that is when it is set.
fn shown(zone: &TimeZone, clock: DateTime, after: Timestamp) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(clock);
    match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => ambiguous.unambiguous().ok(),
        AmbiguousOffset::Gap { .. } => {
            let before = ambiguous.earlier().ok()?;
            zone.following(before).next().map(|transition| transition.timestamp())
        }
        AmbiguousOffset::Fold { .. } => {
            let earlier = ambiguous.earlier().ok()?;
            if earlier > after { Some(earlier) } else { ambiguous.later().ok() }
        }
    }
}

/// Which end of a window.
#[derive(Clone, Copy)]
enum Side {
    From,
    To,
}

fn moment(text: &str, zone: &TimeZone, side: Side) -> Result<Timestamp, String> {
    let wrong = || {
        format!("`{text}` is no time: it is a date such as `2026-12-20`, `2026-12-20T18:00`, or `2026-12-20T18:00:00Z`")
    };
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment);
    }
    // A date alone is read as its first moment too: what has a time says so.
    let clock = match (text.contains(['T', 't', ' ']), side) {
        (true, _) => text.parse::<DateTime>().map_err(|_| wrong())?,
        (false, Side::From) => text.parse::<Date>().map_err(|_| wrong())?.to_datetime(Time::midnight()),
        (false, Side::To) => {
            let date = text.parse::<Date>().map_err(|_| wrong())?;
            date.tomorrow().map_err(|_| wrong())?.to_datetime(Time::midnight())
        }
    };
    // Of a time that comes twice, the whole of both is in the window.
    let after = match side {
        Side::From => Timestamp::MIN,
        Side::To => Timestamp::MAX,
    };
    shown(zone, clock, after).ok_or_else(wrong)
}

fn parse_length(text: &str) -> Result<Span, String> {
    let wrong =
        || format!("`{text}` is no duration of at least a minute and at most 35 days, such as `62h`, `2d` or `90m`");
    let span: Span = text.parse().map_err(|_| wrong())?;
    // A month is longer or shorter by where it begins.
    if span.get_years() != 0 || span.get_months() != 0 {
        return Err(wrong());
    }
    let relative = SpanRelativeTo::days_are_24_hours();
    let hours = span.total((Unit::Hour, relative)).map_err(|_| wrong())?;
    if !(1.0 / 60.0..=LONGEST).contains(&hours) {
        return Err(wrong());
    }
    Ok(span)
}

/// What cron's reader complains of, without its picture of the place.
fn reason(told: &str) -> &str {
    told.rsplit("^ ").next().unwrap_or(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn window(when: When, reason: &str) -> Window {
        Window { when, accounts: Vec::new(), reason: reason.to_owned() }
    }

    fn freeze(windows: impl IntoIterator<Item = Window>) -> Freeze {
        Freeze { windows: windows.into_iter().collect() }
    }

    /// Until when it is frozen at a time; `None` is not at all.
    #[track_caller]
    fn until(freeze: &Freeze, now: &str) -> Option<String> {
        let frozen = freeze.at(now.parse().unwrap(), "111122223333")?;
        Some(frozen.until.unwrap().to_string())
    }

    #[track_caller]
    fn once(from: &str, to: &str, name: &str) -> Freeze {
        freeze([window(When::between(from, to, &zone(name)).unwrap(), "once")])
    }

    #[track_caller]
    fn cron(cron: &str, length: &str, name: &str) -> Freeze {
        freeze([window(When::recurring(cron, length, zone(name)).unwrap(), "often")])
    }

    #[test]
    fn dates_are_days_of_the_time_zone_and_the_last_is_in_it() {
        let holidays = once("2026-12-20", "2027-01-04", "Europe/Berlin");
        let end = Some("2027-01-04T23:00:00Z".to_owned());
        for (now, expected) in [
            ("2026-12-19T22:59:59Z", None),
            ("2026-12-19T23:00:00Z", end.clone()),
            // Over the new year.
            ("2026-12-31T23:59:59Z", end.clone()),
            ("2027-01-04T22:59:59Z", end),
            ("2027-01-04T23:00:00Z", None),
        ] {
            assert_eq!(until(&holidays, now), expected, "{now}");
        }
    }

    #[test]
    fn a_time_is_the_zones_and_one_with_an_offset_is_nobodys_else() {
        let times = once("2026-07-01T09:00", "2026-07-01T17:30", "America/New_York");
        assert_eq!(until(&times, "2026-07-01T13:00:00Z"), Some("2026-07-01T21:30:00Z".to_owned()));
        assert_eq!(until(&times, "2026-07-01T12:59:59Z"), None);
        let offsets = once("2026-07-01T09:00:00Z", "2026-07-01T12:00:00+02:00", "America/New_York");
        assert_eq!(until(&offsets, "2026-07-01T09:59:59Z"), Some("2026-07-01T10:00:00Z".to_owned()));
        assert_eq!(until(&offsets, "2026-07-01T10:00:00Z"), None);
    }

    #[test]
    fn of_an_hour_that_comes_twice_both_are_in_the_window() {
        // On 2026-10-25 the hour from 2 to 3 comes twice in Berlin: from 00:00Z and from 01:00Z on.
        let from = once("2026-10-25T02:30", "2026-10-26", "Europe/Berlin");
        assert_eq!(until(&from, "2026-10-25T00:29:59Z"), None);
        assert!(until(&from, "2026-10-25T00:30:00Z").is_some());
        let to = once("2026-10-25", "2026-10-25T02:30", "Europe/Berlin");
        assert_eq!(until(&to, "2026-10-25T01:29:59Z"), Some("2026-10-25T01:30:00Z".to_owned()));
    }

    #[test]
    fn a_weekend_ends_on_monday_at_eight_whatever_is_done_to_the_clocks() {
        let weekends = cron("0 18 * * FRI", "62h", "Europe/Berlin");
        for (now, expected) in [
            // An ordinary one, in summer.
            ("2026-07-03T15:59:59Z", None),
            ("2026-07-03T16:00:00Z", Some("2026-07-06T06:00:00Z")),
            ("2026-07-05T12:00:00Z", Some("2026-07-06T06:00:00Z")),
            ("2026-07-06T05:59:59Z", Some("2026-07-06T06:00:00Z")),
            ("2026-07-06T06:00:00Z", None),
            // In its midst the clocks are set back: it begins in summer time and ends in winter time.
            ("2026-10-23T16:00:00Z", Some("2026-10-26T07:00:00Z")),
            ("2026-10-26T06:30:00Z", Some("2026-10-26T07:00:00Z")),
            ("2026-10-26T07:00:00Z", None),
            // And forward.
            ("2026-03-27T16:59:59Z", None),
            ("2026-03-27T17:00:00Z", Some("2026-03-30T06:00:00Z")),
            ("2026-03-30T06:00:00Z", None),
        ] {
            assert_eq!(until(&weekends, now).as_deref(), expected, "{now}");
        }
    }

    #[test]
    fn a_night_spans_midnight_and_the_new_year() {
        let nights = cron("0 22 * * *", "8h", "UTC");
        assert_eq!(until(&nights, "2026-12-31T21:59:59Z"), None);
        assert_eq!(until(&nights, "2026-12-31T22:00:00Z"), Some("2027-01-01T06:00:00Z".to_owned()));
        assert_eq!(until(&nights, "2027-01-01T05:59:59Z"), Some("2027-01-01T06:00:00Z".to_owned()));
        assert_eq!(until(&nights, "2027-01-01T06:00:00Z"), None);
    }

    #[test]
    fn a_time_that_a_clock_leaps_over_is_when_it_leaps() {
        // On 2026-03-29 there is no time between 2 and 3 in Berlin: at 01:00Z it is 3.
        let begins = cron("30 2 * * *", "1h", "Europe/Berlin");
        assert_eq!(until(&begins, "2026-03-29T00:59:59Z"), None);
        assert_eq!(until(&begins, "2026-03-29T01:00:00Z"), Some("2026-03-29T01:30:00Z".to_owned()));
        assert_eq!(until(&begins, "2026-03-29T01:30:00Z"), None);
        let ends = cron("30 1 * * *", "1h", "Europe/Berlin");
        assert_eq!(until(&ends, "2026-03-29T00:30:00Z"), Some("2026-03-29T01:00:00Z".to_owned()));
        assert_eq!(until(&ends, "2026-03-29T01:00:00Z"), None);
        let from = once("2026-03-29T02:30", "2026-03-29T04:00", "Europe/Berlin");
        assert_eq!(until(&from, "2026-03-29T00:59:59Z"), None);
        assert!(until(&from, "2026-03-29T01:00:00Z").is_some());
    }

    #[test]
    fn windows_that_overlap_or_follow_each_other_end_together() {
        let once = |from, to| When::between(from, to, &TimeZone::UTC).unwrap();
        let freeze = freeze([
            window(once("2026-12-24T00:00", "2026-12-26T12:00"), "holidays"),
            window(once("2026-12-26", "2026-12-27"), "stocktaking"),
            window(When::recurring("0 0 28 12 *", "1d", TimeZone::UTC).unwrap(), "sale"),
            window(once("2026-12-30", "2026-12-30"), "another time"),
        ]);
        let at = |now: &str| freeze.at(now.parse().unwrap(), "111122223333");
        let until = Some("2026-12-29T00:00:00Z".parse().unwrap());
        let because = |reasons: &[&str]| reasons.iter().map(|reason| (*reason).to_owned()).collect();
        assert_eq!(at("2026-12-25T00:00:00Z"), Some(Frozen { until, because: because(&["holidays"]) }));
        let both = Frozen { until, because: because(&["holidays", "stocktaking"]) };
        assert_eq!(at("2026-12-26T06:00:00Z"), Some(both.clone()));
        assert_eq!(both.to_string(), "frozen until 2026-12-29T00:00:00Z: holidays; stocktaking");
        assert_eq!(at("2026-12-29T00:00:00Z"), None);
    }

    #[test]
    fn one_that_never_ends_has_no_end_in_sight() {
        let always = cron("* * * * *", "1h", "UTC");
        let frozen = always.at("2026-12-25T00:00:00Z".parse().unwrap(), "111122223333").unwrap();
        assert_eq!(frozen, Frozen { until: None, because: vec!["often".to_owned()] });
        assert_eq!(frozen.to_string(), "frozen, and no end is in sight: often");
    }

    #[test]
    fn it_holds_in_its_accounts_alone() {
        let mut freeze = once("2026-12-20", "2027-01-04", "UTC");
        freeze.windows[0].accounts = vec!["222222222222".to_owned()];
        let now = "2026-12-25T00:00:00Z".parse().unwrap();
        assert_eq!(freeze.at(now, "111122223333"), None);
        assert!(freeze.at(now, "222222222222").is_some());
    }

    #[test]
    fn what_is_no_window_says_what_one_is() {
        let between = |from, to| When::between(from, to, &TimeZone::UTC).unwrap_err();
        let recurring = |cron, length| When::recurring(cron, length, TimeZone::UTC).unwrap_err();
        assert_eq!(
            between("2026-12-20", "Christmas"),
            "`Christmas` is no time: it is a date such as `2026-12-20`, `2026-12-20T18:00`, or `2026-12-20T18:00:00Z`"
        );
        assert_eq!(between("2026-12-20", "2026-12-19"), "it ends at `2026-12-19`, before it has begun at `2026-12-20`");
        assert_eq!(
            recurring("0 18 * * FRI Europe/Berlin", "62h"),
            "`0 18 * * FRI Europe/Berlin` has not the five fields of cron: minute, hour, day, month, weekday"
        );
        assert!(recurring("0 25 * * *", "1h").starts_with("`0 25 * * *` cannot be read as cron: "));
        assert_eq!(recurring("0 0 30 2 *", "1h"), "`0 0 30 2 *` never begins");
        for length in ["0h", "-1h", "36d", "1 month", "long", "30s"] {
            let wrong = "is no duration of at least a minute and at most 35 days, such as `62h`, `2d` or `90m`";
            assert_eq!(recurring("0 0 * * *", length), format!("`{length}` {wrong}"));
        }
    }
}
