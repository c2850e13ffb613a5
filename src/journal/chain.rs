//! How the records of a run hang together, so that one that was edited, taken away, moved or put in between is noticed.
//!
//! A record is the text `{"at":…,"event":…,"hash":"sha256:…"}`. Its hash is the SHA-256 over the run, the record's number, the
//! link of the record before it, and its own text up to the hash, byte by byte. The link of a record is its hash. How many
//! records there are, and the last one's link, stand once more in the run's line, so that a cut at the end is noticed too.
//!
//! A last record that is cut off or has lost a part is *torn*: its writer, or what kept it, ended in the middle of it. It
//! stays, and whoever goes on with the run writes the next number: that record says how many torn ones stand before it, and is
//! chained to what is left of them.
//!
//! What a chain without a secret cannot notice: that all of it was written anew from some record on, together with the
//! line; that records and line were cut back to the same record; that a whole run was taken away, line and all; and that of a
//! run whose writer died between a record and its line, this one record was taken away. Whoever wants to know that too keeps
//! the last hash somewhere else.

use serde::{Deserialize, Serialize};

use crate::engine::sha256;
use crate::model::{Event, Hash, Head, RunId};

/// A record that is as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Which one, from 0.
    pub number: u64,
    /// When it was written, RFC 3339.
    pub at: String,
    /// What it says.
    pub event: Event,
    /// Its hash.
    pub hash: Hash,
}

/// A record that is cut off, or has lost a part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Torn {
    /// Which one, from 0.
    pub number: u64,
    /// What is missing.
    pub why: String,
}

/// The first record of a run that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// Which one, from 0.
    pub record: u64,
    /// What is wrong with it, to be read after its number.
    pub what: String,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "record {} {}", self.record, self.what)
    }
}

/// What stands of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    /// The records that are as they were written, up to the first that is not.
    pub records: Vec<Record>,
    /// The torn ones: where one is the last, the run did not go on since.
    pub torn: Vec<Torn>,
    /// The first record that is not as it was written, or not there.
    pub broken: Option<Broken>,
    /// What the next record is chained to.
    pub head: Head,
}

impl Chain {
    /// The torn record that is the run's last.
    pub fn torn_end(&self) -> Option<&Torn> {
        self.torn.last().filter(|torn| torn.number.checked_add(1) == Some(self.head.next))
    }
}

/// A run's line, which tells of its last record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    /// When the run was started.
    pub at: String,
    /// The number of its last record.
    pub number: u64,
    /// That record's link.
    pub hash: Hash,
}

/// What stands of a run in a store: each record's sort key with its text, or with why it cannot be read; and the line
/// with its version.
pub(super) struct Found {
    pub records: Vec<(String, Result<String, String>)>,
    pub line: Option<(String, u64)>,
}

/// A record without its hash.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    at: String,
    event: Event,
    /// How many torn records stand right before this one.
    #[serde(default)]
    torn: u64,
}

#[derive(Serialize)]
struct Written<'a> {
    at: &'a str,
    event: &'a Event,
    #[serde(skip_serializing_if = "Option::is_none")]
    torn: Option<u64>,
}

/// What stands between a record's content and the digits of its hash.
const SEAM: &str = ",\"hash\":\"sha256:";
/// What stands after them.
const END: &str = "\"}";
/// Hexadecimal digits of a SHA-256.
const DIGITS: usize = 64;

/// The sort key of a record.
pub(super) fn sort_of(number: u64) -> String {
    format!("{number:010}")
}

/// The text of the record that comes after a head, and its hash.
pub(super) fn encode(run: &RunId, head: &Head, at: &str, event: &Event) -> serde_json::Result<(String, Hash)> {
    let content = serde_json::to_string(&Written { at, event, torn: (head.torn > 0).then_some(head.torn) })?;
    let hash = link(run, head.next, head.link.as_ref(), &content);
    let open = content.strip_suffix('}').unwrap_or(&content);
    let digits = hash.0.strip_prefix("sha256:").unwrap_or(&hash.0);
    Ok((format!("{open}{SEAM}{digits}{END}"), hash))
}

/// A record's content and hash; none where the text is cut off.
fn split(text: &str) -> Option<(String, Hash)> {
    let (rest, digits) = text.strip_suffix(END)?.split_at_checked(text.len().checked_sub(END.len() + DIGITS)?)?;
    let digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let open = rest.strip_suffix(SEAM).filter(|_| digits.as_bytes().iter().all(digit))?;
    Some((format!("{open}}}"), Hash(format!("sha256:{digits}"))))
}

/// The link of a record: over what it is chained to and all of its text.
fn link(run: &RunId, number: u64, before: Option<&Hash>, content: &str) -> Hash {
    let before = before.map_or("", |before| before.0.as_str());
    sha256(format!("{run}\n{number}\n{before}\n{content}").as_bytes())
}

/// The link of a record that is torn: over whatever is left of it.
fn torn_link(run: &RunId, number: u64, before: Option<&Hash>, left: &Result<String, String>) -> Hash {
    link(run, number, before, &format!("torn\n{}", left.as_deref().unwrap_or_default()))
}

/// Reads what stands of a run as far as it is as it was written.
pub(super) fn check(run: &RunId, found: &Found) -> Chain {
    let mut chain = Chain { records: Vec::new(), torn: Vec::new(), broken: None, head: Head::default() };
    // The links by number, for the line.
    let mut links = Vec::new();
    for (sort, text) in &found.records {
        let number = chain.head.next;
        if *sort != sort_of(number) {
            let missing = *sort > sort_of(number) && sort.parse().is_ok_and(|other: u64| *sort == sort_of(other));
            let what = if missing { "is missing".to_owned() } else { format!("is missing, and {sort:?} is no record") };
            chain.broken = Some(Broken { record: number, what });
            return chain;
        }
        match next(run, &chain.head, text) {
            Ok(Next::Whole(record)) => {
                let started_at = if number == 0 { record.at.clone() } else { chain.head.started_at };
                chain.head = Head { link: Some(record.hash.clone()), torn: 0, started_at, ..chain.head };
                chain.records.push(record);
            }
            Ok(Next::Torn(why)) => {
                let link = torn_link(run, number, chain.head.link.as_ref(), text);
                chain.head = Head { link: Some(link), torn: chain.head.torn.saturating_add(1), ..chain.head };
                chain.torn.push(Torn { number, why });
            }
            Err(broken) => {
                chain.broken = Some(broken);
                return chain;
            }
        }
        chain.head.next = number.saturating_add(1);
        links.extend(chain.head.link.clone());
    }
    chain.head.line = found.line.as_ref().map(|(_, version)| *version);
    chain.broken = against_line(&chain, &links, found.line.as_ref().map(|(text, _)| text.as_str()));
    chain
}

#[expect(clippy::large_enum_variant, reason = "there is one at a time")]
enum Next {
    Whole(Record),
    Torn(String),
}

/// Reads the record that comes after a head.
fn next(run: &RunId, head: &Head, text: &Result<String, String>) -> Result<Next, Broken> {
    let number = head.next;
    let broken = |record: u64, what: String| Broken { record, what };
    let text = match text {
        Ok(text) => text,
        Err(why) => return Ok(Next::Torn(why.clone())),
    };
    let Some((content, hash)) = split(text) else { return Ok(Next::Torn("is cut off".to_owned())) };
    let torn_inside = || broken(number.saturating_sub(head.torn), "is cut off, and others follow it".to_owned());
    if link(run, number, head.link.as_ref(), &content) != hash {
        let edited = || broken(number, "is not what was written there".to_owned());
        return Err(if head.torn > 0 { torn_inside() } else { edited() });
    }
    let Content { at, event, torn } =
        serde_json::from_str(&content).map_err(|error| broken(number, format!("cannot be read: {error}")))?;
    if torn != head.torn {
        return Err(torn_inside());
    }
    Ok(Next::Whole(Record { number, at, event, hash }))
}

/// What the line of a run says against its records. It is written after each record: of one whose writer ended in between it
/// does not know.
fn against_line(chain: &Chain, links: &[Hash], line: Option<&str>) -> Option<Broken> {
    let broken = |record: u64, what: String| Some(Broken { record, what });
    let next = chain.head.next;
    let Some(text) = line else {
        let what = "has no line of the run, which is written before a second one".to_owned();
        return (next > 1).then_some(Broken { record: 1, what });
    };
    let parsed = serde_json::from_str::<Line>(text).ok();
    let Some(line) = parsed.filter(|line| serde_json::to_string(line).is_ok_and(|same| same == text)) else {
        return broken(next.saturating_sub(1), "has a line of the run that is not what was written there".to_owned());
    };
    if line.number >= next {
        let count = line.number.saturating_add(1);
        return broken(next, format!("is missing: there were {count}"));
    }
    // What the line tells of was whole. What is left of it is told as torn, and chained to by whoever goes on.
    if chain.torn_end().is_some_and(|torn| torn.number == line.number) {
        return None;
    }
    let there = usize::try_from(line.number).ok().and_then(|number| links.get(number));
    if there != Some(&line.hash) || line.at != chain.head.started_at {
        return broken(line.number, "is not the one that the run's line tells of".to_owned());
    }
    if line.number.saturating_add(2) < next {
        return broken(line.number.saturating_add(2), "was written without the run's line".to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RunOutcome;

    fn written(run: &RunId, count: u64) -> Found {
        let (mut head, mut records) = (Head::default(), Vec::new());
        for number in 0..count {
            let event = Event::RunFinished { outcome: RunOutcome::Verified };
            let (text, hash) = encode(run, &head, "t", &event).unwrap();
            records.push((sort_of(number), Ok(text)));
            head = Head { next: number + 1, link: Some(hash), ..Head::default() };
        }
        let line = Line { at: "t".into(), number: count - 1, hash: head.link.unwrap() };
        Found { records, line: Some((serde_json::to_string(&line).unwrap(), count)) }
    }

    #[test]
    fn a_record_is_json_whose_last_member_is_its_hash() {
        let Found { records, .. } = written(&RunId::from("r"), 1);
        let text = records[0].1.clone().unwrap();
        let (content, hash) = split(&text).unwrap();
        assert_eq!(content, r#"{"at":"t","event":{"event":"run_finished","outcome":"verified"}}"#);
        assert_eq!(hash, sha256(format!("r\n0\n\n{content}").as_bytes()));
        let parsed: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(parsed["hash"], hash.0);
        assert_eq!(parsed.as_object().unwrap().len(), 3);
    }

    #[test]
    fn a_run_goes_on_after_a_torn_record_and_says_so() {
        let run = RunId::from("r");
        let mut found = written(&run, 3);
        let cut = found.records[2].1.clone().unwrap()[..40].to_owned();
        found.records[2].1 = Ok(cut.clone());
        found.line = written(&run, 2).line;
        let chain = check(&run, &found);
        assert_eq!(chain.broken, None);
        assert_eq!(chain.torn_end(), Some(&Torn { number: 2, why: "is cut off".into() }));
        assert_eq!((chain.head.next, chain.head.torn, chain.records.len()), (3, 1, 2));

        let event = Event::RunFinished { outcome: RunOutcome::Verified };
        let (text, _) = encode(&run, &chain.head, "t", &event).unwrap();
        found.records.push((sort_of(3), Ok(text)));
        found.line = Some((
            serde_json::to_string(&Line { at: "t".into(), number: 2, hash: chain.head.link.clone().unwrap() }).unwrap(),
            3,
        ));
        let gone_on = check(&run, &found);
        assert_eq!((gone_on.broken, gone_on.torn.len(), gone_on.records.len()), (None, 1, 3));
        // What is left of the torn one is a part of the chain, and nobody else says that it was torn.
        found.records[2].1 = Ok(cut.replace('t', "u"));
        let inside = |record: u64| Some(Broken { record, what: "is cut off, and others follow it".into() });
        assert_eq!(check(&run, &found).broken, inside(2));
        let mut torn_inside = written(&run, 3);
        torn_inside.records[1].1 = Ok("{".into());
        assert_eq!(check(&run, &torn_inside).broken, inside(1));
    }

    #[test]
    fn the_line_may_be_one_behind_and_no_more() {
        let run = RunId::from("r");
        let mut found = written(&run, 4);
        for (number, broken) in [(4, None), (3, None), (2, Some(3))] {
            found.line = written(&run, number).line;
            assert_eq!(check(&run, &found).broken.map(|broken| broken.record), broken, "{number}");
        }
        found.line = None;
        assert_eq!(check(&run, &found).broken.unwrap().record, 1);
        found.records.truncate(1);
        assert_eq!(check(&run, &found).broken, None, "a process may have ended before the line");
        found.line = written(&run, 2).line;
        assert_eq!(check(&run, &found).broken, Some(Broken { record: 1, what: "is missing: there were 2".into() }));
    }
}
