//! What is let be for a while, where, and who says so.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};

use super::{Arn, Finding, Hash, PolicyId, ResourceKey, TypeName};

/// Findings of these policies on these resources are let be until a day. All that it names has to fit; of `id`, `arn` and
/// `tags` it names one at least.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waiver {
    /// The policies, each by its id.
    pub policies: BTreeSet<PolicyId>,
    /// The resource's id, exactly.
    pub id: Option<String>,
    /// A pattern of the resource's ARN; what has none fits none.
    pub arn: Option<ArnPattern>,
    /// Tags of the resource itself, all of them; a value of `*` is any value.
    pub tags: BTreeMap<String, String>,
    /// Account ids; any where there is none.
    pub accounts: BTreeSet<String>,
    /// Regions; any where there is none. What is global stands in none and fits none.
    pub regions: BTreeSet<String>,
    /// Resource types; any where there is none.
    pub types: BTreeSet<TypeName>,
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Until when.
    pub expires: Expiry,
    /// Where it is written: the file, and its line where that is known.
    #[serde(skip)]
    pub place: String,
}

impl Waiver {
    /// Whether it is about a finding, on a resource with these tags.
    pub fn covers(&self, finding: &Finding, tags: &BTreeMap<String, String>) -> bool {
        self.may_cover(finding, Some(tags))
    }

    /// The same where the tags may not be known: then whatever it asks of them counts as fitting.
    pub fn may_cover(&self, finding: &Finding, tags: Option<&BTreeMap<String, String>>) -> bool {
        let ResourceKey { type_name, account, region, id } = &finding.resource;
        let tagged = |(name, value): (&String, &String)| {
            tags.is_none_or(|tags| tags.get(name).is_some_and(|found| value == "*" || value == found))
        };
        self.policies.contains(&finding.policy)
            && self.id.as_ref().is_none_or(|wanted| wanted == id)
            && self.arn.as_ref().is_none_or(|pattern| pattern.fits(&finding.arn))
            && self.tags.iter().all(tagged)
            && (self.accounts.is_empty() || self.accounts.contains(account))
            && (self.regions.is_empty() || self.regions.contains(region))
            && (self.types.is_empty() || self.types.contains(type_name))
    }

    /// Whether anything that stands in an account and these Regions, or is global there, could fit.
    pub fn is_about(&self, account: &str, regions: &[String]) -> bool {
        let in_account = self.accounts.is_empty() || self.accounts.contains(account);
        let in_region = self.regions.is_empty() || regions.iter().any(|region| self.regions.contains(region));
        in_account && in_region && self.arn.as_ref().is_none_or(|pattern| pattern.is_about(account, regions))
    }
}

/// Every waiver of a file, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Waivers {
    /// The waivers.
    pub list: Vec<Waiver>,
    /// Over what they say; none where there is no file.
    pub digest: Option<Hash>,
}

/// What a finding tells of the waiver that it is waived by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waived {
    /// Who answers for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Until when, as the file has it: a day, or RFC 3339.
    pub expires: String,
    /// Where it is written: the file, and its line where that is known.
    pub waiver: String,
}

/// Until when: a day, to its end in UTC, or a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "String")]
pub struct Expiry {
    text: String,
    until: Timestamp,
}

impl Expiry {
    /// Reads `2026-12-31`, or RFC 3339; none where the text is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let until = match text.parse::<civil::Date>() {
            // jiff takes a moment for its day too, and `20261231`, which may be any number.
            Ok(day) if day.to_string() == text => day.tomorrow().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp(),
            _ => text.parse().ok()?,
        };
        Some(Self { text: text.to_owned(), until })
    }

    /// The first moment at which it is over.
    pub fn until(&self) -> Timestamp {
        self.until
    }

    /// Whether it is over.
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.until
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl From<Expiry> for String {
    fn from(expiry: Expiry) -> Self {
        expiry.text
    }
}

/// A pattern of ARNs as in IAM's policies: in each of the parts between the colons `*` is any text and `?` any one character, and
/// the service has to be named. What stands after the account is one part
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ArnPattern(String);

/// Why a text is no pattern of ARNs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPattern {
    /// It has not the parts of an ARN.
    #[error("is no ARN, which is arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE")]
    NoArn,
    /// Its service is a pattern.
    #[error("has a wildcard for the service, which has to be named")]
    Service,
    /// It is as wide as a service.
    #[error("names no resource: after the account there is nothing but wildcards")]
    Everything,
}

impl ArnPattern {
    /// Reads a pattern. One that names nothing of a service is none.
    pub fn parse(text: &str) -> Result<Self, NoPattern> {
        let arn = Arn::parse(text).ok_or(NoPattern::NoArn)?;
        if arn.service.contains(['*', '?']) {
            return Err(NoPattern::Service);
        }
        if !arn.resource.contains(char::is_alphanumeric) {
            return Err(NoPattern::Everything);
        }
        Ok(Self(text.to_owned()))
    }

    /// Whether an ARN fits.
    pub fn fits(&self, arn: &str) -> bool {
        let (Some(wanted), Some(arn)) = (Arn::parse(&self.0), Arn::parse(arn)) else { return false };
        wanted.service == arn.service
            && like(wanted.partition, arn.partition)
            && like(wanted.region, arn.region)
            && like(wanted.account, arn.account)
            && like(wanted.resource, arn.resource)
    }

    /// Whether it may fit what stands in an account and in these Regions; an ARN of some services has no account or no Region.
    fn is_about(&self, account: &str, regions: &[String]) -> bool {
        let Some(wanted) = Arn::parse(&self.0) else { return false };
        let in_region = wanted.region.is_empty() || regions.iter().any(|region| like(wanted.region, region));
        in_region && (wanted.account.is_empty() || like(wanted.account, account))
    }
}

/// Whether a text fits a pattern in which `*` is any text, also none, and `?` any one character.
fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut place) = (0, 0);
    // Where the last `*` stands, and how far it reaches: when nothing fits it takes one character more, so that no pattern takes
    // longer than the product of both lengths.
    let mut star: Option<(usize, usize)> = None;
    while let Some(found) = text.get(place) {
        match (pattern.get(at), star) {
            (Some('*'), _) => {
                star = Some((at, place));
                at += 1;
            }
            (Some(wanted), _) if *wanted == '?' || wanted == found => {
                at += 1;
                place += 1;
            }
            (_, Some((from, reach))) => {
                star = Some((from, reach + 1));
                at = from + 1;
                place = reach + 1;
            }
            (_, None) => return false,
        }
    }
    pattern.get(at..).is_some_and(|rest| rest.iter().all(|sign| *sign == '*'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fits(pattern: &str, arn: &str) -> bool {
        ArnPattern::parse(pattern).unwrap().fits(arn)
    }

    #[test]
    fn an_arn_fits_part_by_part() {
        let function = "arn:aws:lambda:eu-west-1:111122223333:function:shop-checkout";
        assert!(fits(function, function));
        assert!(fits("arn:aws:lambda:*:111122223333:function:shop-*", function));
        assert!(fits("arn:aws*:lambda:eu-west-?:*:function:shop-check???", function));
        assert!(!fits("arn:aws:lambda:eu-west-1:111122223333:function:shop-check", function), "it is whole");
        assert!(!fits("arn:aws:lambda:eu-west-1:111122223333:function:Shop-*", function), "case counts");
        assert!(!fits("arn:aws:lambda:*:function:shop-checkout:x", function), "a wildcard does not cross a colon");
        // The last part is all that is left, as with IAM.
        assert!(fits("arn:aws:lambda:*:*:function:*", "arn:aws:lambda:r:1:function:pay:live"));
        assert!(fits(
            "arn:aws:apigateway:eu-west-1::/restapis/*/stages/prod",
            "arn:aws:apigateway:eu-west-1::/restapis/a/stages/prod"
        ));
        assert!(!fits("arn:aws:lambda:*:*:function:*", ""), "what has no ARN fits no pattern");
    }

    #[test]
    fn what_names_nothing_is_no_pattern() {
        for (text, why) in [
            ("*", NoPattern::NoArn),
            ("**", NoPattern::NoArn),
            ("arn:*", NoPattern::NoArn),
            ("arn:aws:lambda:*shop", NoPattern::NoArn),
            ("arn:*:*:*:*:*", NoPattern::Service),
            ("arn:aws:*:*:*:function:shop", NoPattern::Service),
            ("arn:aws:s3:::*", NoPattern::Everything),
            ("arn:aws:lambda:*:*:*:?*", NoPattern::Everything),
        ] {
            assert_eq!(ArnPattern::parse(text), Err(why), "{text}");
        }
    }

    #[test]
    fn a_day_ends_with_its_end_in_utc() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let day = Expiry::parse("2026-12-31").unwrap();
        assert!(!day.is_over(at("2026-12-31T23:59:59.999999999Z")));
        assert!(day.is_over(at("2027-01-01T00:00:00Z")));
        let moment = Expiry::parse("2026-12-31T12:00:00+02:00").unwrap();
        assert_eq!(moment.until(), at("2026-12-31T10:00:00Z"));
        assert!(!moment.is_over(at("2026-12-31T09:59:59Z")));
        assert!(moment.is_over(at("2026-12-31T10:00:00Z")));
        for text in
            ["", "never", "2026-13-01", "2026-02-30", "20261231", "2026-12-31T12:00:00", "31.12.2026", "9999-12-31"]
        {
            assert_eq!(Expiry::parse(text), None, "{text}");
        }
    }

    /// The plainest matcher that there is.
    fn reference(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, _) => text.is_empty(),
            (Some(('*', rest)), _) => (0..=text.len()).any(|skipped| reference(rest, &text[skipped..])),
            (Some((_, _)), None) => false,
            (Some((sign, rest)), Some((found, more))) => (*sign == '?' || sign == found) && reference(rest, more),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn patterns_agree_with_the_reference(pattern in "[ab*?]{0,8}", text in "[ab*?]{0,10}") {
            let signs = |text: &str| text.chars().collect::<Vec<char>>();
            prop_assert_eq!(like(&pattern, &text), reference(&signs(&pattern), &signs(&text)));
        }
    }

    #[test]
    fn no_pattern_takes_for_ever() {
        let pattern = "a*".repeat(2000) + "b";
        assert!(!like(&pattern, &"a".repeat(20_000)));
    }
}
