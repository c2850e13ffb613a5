//! The file of waivers, as people write it.
//!
//! What is wrong anywhere in it is wrong with all of it: nothing is waived by a file that cannot be read whole.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::{SignedDuration, Timestamp};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use super::bundle::Bundle;
use super::hash::digest_of;
use crate::model::{ArnPattern, Expiry, PolicyId, ResourceTypes, TypeName, Waiver, Waivers};
use crate::text::{Diagnostic, Source, nearest, yaml};

/// How far away the end of a waiver may be: a year with its leap day. One that nobody lives to see is none.
pub const LONGEST_WAIVER: SignedDuration = SignedDuration::from_hours(366 * 24);

/// The characters of an owner and of a reason, at most: they stand in every report and notice.
const MOST_CHARACTERS: usize = 1000;

/// Complaints about one file, at most.
const MOST_TOLD: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    // `null` would be no waivers, and may be a file that was cut off.
    waivers: Option<Vec<Entry>>,
}

/// A waiver as it is written. What is there and empty is no waiver that is wider: it is refused.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    policies: Vec<PolicyId>,
    #[serde(default, deserialize_with = "given")]
    id: Option<String>,
    #[serde(default, deserialize_with = "given")]
    arn: Option<String>,
    #[serde(default, deserialize_with = "given")]
    tags: Option<BTreeMap<String, String>>,
    #[serde(default, deserialize_with = "given")]
    accounts: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    regions: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given")]
    types: Option<Vec<TypeName>>,
    #[serde(deserialize_with = "filled")]
    owner: String,
    #[serde(deserialize_with = "filled")]
    reason: String,
    #[serde(deserialize_with = "filled")]
    expires: String,
}

/// A key that is there has a value: `null` is neither its absence nor a text.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    filled(deserializer).map(Some)
}

fn filled<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Option::deserialize(deserializer)?
        .ok_or_else(|| D::Error::custom("a key has no value: take it out, or give it one"))
}

/// Reads a file of waivers, for the policies of a bundle and as of a time.
///
/// # Errors
/// Everything that is wrong with it, each with its place.
pub fn parse_waivers(
    source: &Source,
    bundle: &Bundle,
    types: &ResourceTypes,
    now: Timestamp,
) -> Result<Waivers, Vec<Diagnostic>> {
    let file: File = yaml::parse(source).map_err(|told| vec![helped(told)])?;
    let none = || vec![helped(source.complain_at("waivers", "there is no list of waivers"))];
    let entries = file.waivers.ok_or_else(none)?;
    let digest = digest_of(&entries);
    let starts = Some(yaml::elements(source, "waivers")).filter(|starts| starts.len() == entries.len());
    let end = source.text.lines().count() + 1;
    let (mut list, mut told) = (Vec::new(), Vec::new());
    for (index, entry) in entries.into_iter().enumerate() {
        if told.len() >= MOST_TOLD {
            // Each complaint looks for its place in the whole text.
            told.push(Diagnostic::about(source.name.as_ref(), "there may be more that is wrong"));
            break;
        }
        let lines =
            starts.as_ref().and_then(|starts| Some(*starts.get(index)?..starts.get(index + 1).copied().unwrap_or(end)));
        let place = Place { source, number: index + 1, lines };
        let reader = Reader { place, bundle, types, now };
        match reader.waiver(entry) {
            Ok(waiver) => list.push(waiver),
            Err(more) => told.extend(more),
        }
    }
    if told.is_empty() { Ok(Waivers { list, digest: Some(digest) }) } else { Err(told) }
}

fn helped(told: Diagnostic) -> Diagnostic {
    match told.help {
        Some(_) => told,
        None => told.help(
            "each of `waivers` has `policies`, what says which resources (`id`, `arn`, `tags`), `owner`, `reason` and `expires`; a file without any says `waivers: []`",
        ),
    }
}

/// Where a waiver stands in its file.
struct Place<'a> {
    source: &'a Source,
    /// Counted from 1.
    number: usize,
    /// Its lines, counted from 1, where each has its own.
    lines: Option<Range<usize>>,
}

impl Place<'_> {
    fn told(&self) -> String {
        match &self.lines {
            Some(lines) => format!("{}:{}", self.source.name, lines.start),
            None => format!("{}, waiver {}", self.source.name, self.number),
        }
    }

    /// A complaint about the first of the waiver's lines that has the text, or about its first; about its number where it has none.
    fn complain(&self, at: &str, message: String) -> Diagnostic {
        let Some(lines) = &self.lines else {
            return Diagnostic::about(self.source.name.as_ref(), format!("waiver {}: {message}", self.number));
        };
        let own = self.source.text.lines().enumerate().skip(lines.start.saturating_sub(1)).take(lines.len());
        let found = own.map(|(line, text)| (line, text.split_once(at))).find_map(|(line, parts)| {
            let (before, _) = parts?;
            Some((line + 1, before.chars().count() + 1))
        });
        let (line, column) = found.unwrap_or((lines.start, 1));
        self.source.complain(line, column, message)
    }
}

struct Reader<'a> {
    place: Place<'a>,
    bundle: &'a Bundle,
    types: &'a ResourceTypes,
    now: Timestamp,
}

impl Reader<'_> {
    fn waiver(&self, entry: Entry) -> Result<Waiver, Vec<Diagnostic>> {
        let mut told = Vec::new();
        let mut keep = |complaint: Option<Diagnostic>| told.extend(complaint);
        keep(self.no_policy(&entry));
        keep(self.no_resource(&entry));
        keep(self.no_id(&entry));
        keep(self.no_tags(&entry));
        keep(self.no_place(&entry));
        keep(self.no_type(&entry));
        let arn = entry.arn.as_deref().map(|text| (text, ArnPattern::parse(text)));
        if let Some((text, Err(why))) = &arn {
            let help = "`*` is any text and `?` any one character of one part, as in arn:aws:lambda:*:111122223333:function:shop-*";
            keep(Some(self.place.complain("arn:", format!("`{text}` {why}")).help(help)));
        }
        let owner = self.line("owner", &entry.owner).map_err(|complaint| keep(Some(complaint)));
        let reason = self.line("reason", &entry.reason).map_err(|complaint| keep(Some(complaint)));
        let expires = self.expires(&entry.expires).map_err(|complaint| keep(Some(complaint)));
        match (owner, reason, expires) {
            (Ok(owner), Ok(reason), Ok(expires)) if told.is_empty() => Ok(Waiver {
                policies: entry.policies.into_iter().collect(),
                id: entry.id,
                arn: arn.and_then(|(_, pattern)| pattern.ok()),
                tags: entry.tags.unwrap_or_default(),
                accounts: entry.accounts.into_iter().flatten().collect(),
                regions: entry.regions.into_iter().flatten().collect(),
                types: entry.types.into_iter().flatten().collect(),
                owner,
                reason,
                expires,
                place: self.place.told(),
            }),
            _ => Err(told),
        }
    }

    fn no_policy(&self, entry: &Entry) -> Option<Diagnostic> {
        let none = "every waiver names its policies by their ids; there is no wildcard";
        if entry.policies.is_empty() {
            return Some(self.place.complain("policies", "the waiver names no policy".to_owned()).help(none));
        }
        let policies = &self.bundle.policies;
        let unknown = entry.policies.iter().find(|id| policies.find(id.as_str()).is_none())?;
        let complaint = self.place.complain(unknown.as_str(), format!("there is no policy `{unknown}`"));
        Some(match nearest(unknown.as_str(), policies.all().map(|policy| policy.id().as_str())) {
            _ if unknown.as_str().contains(['*', '?']) => complaint.help(none),
            Some(near) => complaint.help(format!("did you mean `{near}`?")),
            None => complaint.help("`rectify policies` lists them"),
        })
    }

    fn no_resource(&self, entry: &Entry) -> Option<Diagnostic> {
        let none = entry.id.is_none() && entry.arn.is_none() && entry.tags.is_none();
        none.then(|| {
            self.place.complain("policies", "the waiver names no resource".to_owned()).help(
                "`id`, `arn` or `tags` say which resources it is about; `accounts`, `regions` and `types` only narrow that down",
            )
        })
    }

    fn no_id(&self, entry: &Entry) -> Option<Diagnostic> {
        let id = entry.id.as_ref().filter(|id| id.is_empty() || *id == "*")?;
        let told = format!("`{id}` is no id of a resource, which is exact");
        Some(self.place.complain("id:", told).help("`arn` may have wildcards"))
    }

    fn no_tags(&self, entry: &Entry) -> Option<Diagnostic> {
        let tags = entry.tags.as_ref()?;
        if tags.is_empty() {
            return Some(self.place.complain("tags", "`tags` names no tag".to_owned()));
        }
        let pattern = |text: &&String| text.contains('*') && text.as_str() != "*";
        if let Some(name) = tags.keys().find(|name| name.is_empty() || name.contains('*')) {
            return Some(self.place.complain("tags", format!("`{name}` is no name of a tag, which is exact")));
        }
        let value = tags.values().find(pattern)?;
        let told = format!("`{value}` is no value of a tag, which is exact, or `*` alone for any");
        Some(self.place.complain(value, told))
    }

    fn no_place(&self, entry: &Entry) -> Option<Diagnostic> {
        let is_account = |id: &str| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit());
        let is_region = |name: &str| {
            !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        for (name, given) in [("accounts", &entry.accounts), ("regions", &entry.regions)] {
            if given.as_ref().is_some_and(Vec::is_empty) {
                return Some(self.place.complain(name, format!("`{name}` is empty")).help("leave it out for any"));
            }
        }
        if let Some(id) = entry.accounts.iter().flatten().find(|id| !is_account(id)) {
            return Some(self.place.complain(id, format!("`{id}` is no account, which has twelve digits")));
        }
        let region = entry.regions.iter().flatten().find(|name| !is_region(name))?;
        Some(self.place.complain(region, format!("`{region}` is no Region")))
    }

    fn no_type(&self, entry: &Entry) -> Option<Diagnostic> {
        let types = entry.types.as_ref()?;
        if types.is_empty() {
            return Some(self.place.complain("types", "`types` is empty".to_owned()).help("leave it out for any"));
        }
        let unknown = types.iter().find(|name| self.types.find(name).is_none())?;
        let complaint = self.place.complain(unknown.as_str(), format!("there is no resource type `{unknown}`"));
        Some(match nearest(unknown.as_str(), self.types.all().map(|kind| kind.name())) {
            Some(near) => complaint.help(format!("did you mean `{near}`?")),
            None => complaint,
        })
    }

    /// A text on one line.
    fn line(&self, name: &str, text: &str) -> Result<String, Diagnostic> {
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let complain = |what: String| Err(self.place.complain(&format!("{name}:"), format!("`{name}` {what}")));
        if line.is_empty() {
            return complain("is empty: a waiver says who answers for it, and why".to_owned());
        }
        if line.chars().any(char::is_control) {
            return complain("has a control character".to_owned());
        }
        if line.chars().count() > MOST_CHARACTERS {
            return complain(format!("is longer than {MOST_CHARACTERS} characters"));
        }
        Ok(line)
    }

    fn expires(&self, text: &str) -> Result<Expiry, Diagnostic> {
        let complain = |what: String| self.place.complain("expires:", format!("`{text}` {what}"));
        let expires = Expiry::parse(text).ok_or_else(|| {
            complain("is no day and no moment".to_owned())
                .help("a day is 2026-12-31, to its end in UTC; a moment is RFC 3339, as 2026-12-31T12:00:00Z")
        })?;
        let days = LONGEST_WAIVER.as_hours() / 24;
        // A day counts to its end.
        let latest = self.now.checked_add(LONGEST_WAIVER + SignedDuration::from_hours(24)).unwrap_or(Timestamp::MAX);
        if expires.until() > latest {
            return Err(complain(format!("is more than {days} days away"))
                .help("a waiver is agreed on anew once a year at the least: until then it may be forgotten"));
        }
        Ok(expires)
    }
}
