//! The comparison.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;

use super::check::{Check, Says};
use super::documents::{self, Named};
use super::explained::{self, Alike, Asked, Explained, Side, Word, put_alike};
use super::ours::Ours;
use super::theirs::{Known, Theirs};

/// How many entries may be needed together to explain one difference.
const TOGETHER: usize = 4;

/// What came out.
#[derive(Default)]
struct Outcome {
    /// How often each check was asked, and how often both sides gave the same answer.
    asked: BTreeMap<Check, (usize, usize)>,
    /// How many answers each entry explains, alone or with others.
    explained: BTreeMap<&'static str, usize>,
    /// What no entry explains.
    unexplained: Vec<String>,
}

/// Both sides, in one thread.
struct Judge<'a> {
    ours: &'a Ours,
    theirs: Theirs,
    known: &'a Known,
}

#[test]
fn every_difference_from_what_others_say_is_explained() {
    let processes = [Theirs::start(), Theirs::start()];
    let known = processes[0].known.clone();
    let (documents, ours) = (documents::all(&known), Ours::new());
    let (next, outcome) = (AtomicUsize::new(0), Mutex::new(Outcome::default()));
    thread::scope(|scope| {
        for theirs in processes {
            let mut judge = Judge { ours: &ours, theirs, known: &known };
            let (documents, next, outcome) = (&documents, &next, &outcome);
            scope.spawn(move || {
                while let Some(document) = documents.get(next.fetch_add(1, Ordering::Relaxed)) {
                    judge.compare(document, outcome);
                }
            });
        }
    });
    let Outcome { asked, explained, unexplained } = outcome.into_inner().unwrap();
    let (of, same) = asked.values().fold((0, 0), |(of, same), (more, alike)| (of + more, same + alike));
    println!("{} documents, {of} answers compared, {same} the same, {} explained", documents.len(), of - same);
    for (check, (of, same)) in &asked {
        println!("{of:6} asked {}, {same} the same", check.name());
    }
    for Explained { what, why, .. } in explained::all() {
        println!("{:6} differ by {what}: {why}", explained.get(what).unwrap_or(&0));
    }
    let idle: Vec<&str> =
        explained::all().map(|entry| entry.what).filter(|what| !explained.contains_key(what)).collect();
    let count = unexplained.len();
    assert!(count == 0, "{count} of the {} are not explained:\n{}", of - same, unexplained.join("\n"));
    assert_eq!(idle, Vec::<&str>::new(), "these entries explain nothing");
    assert!(known.managed.len() > 1_400 && of - same > 500, "{of} answers of {} managed policies", known.managed.len());
}

impl Judge<'_> {
    fn compare(&mut self, Named { name, kind, document }: &Named, outcome: &Mutex<Outcome>) {
        let checks = Check::of(*kind);
        // They work while we do.
        self.theirs.ask(checks, document);
        let ours: Vec<Says> = checks.iter().map(|check| self.ours.says(*check, document, self.known)).collect();
        let torn = self.ours.torn(*kind, document);
        let theirs = self.theirs.answers(checks);
        outcome.lock().unwrap().unexplained.extend(torn.map(|told| format!("{name} is judged by {told}: {document}")));
        for ((check, ours), theirs) in checks.iter().zip(&ours).zip(&theirs) {
            let (entries, left) = self.explain(*check, document, ours, theirs);
            let mut outcome = outcome.lock().unwrap();
            let (asked, same) = outcome.asked.entry(*check).or_default();
            *asked += 1;
            *same += usize::from(ours == theirs);
            entries.into_iter().for_each(|entry| *outcome.explained.entry(entry).or_default() += 1);
            if !left.is_empty() {
                let (says, silent): (Vec<&str>, Vec<&str>) = left.iter().partition(|word| ours.contains(**word));
                outcome.unexplained.push(format!(
                    "{check:?} of {name}: we alone say {says:?}, they alone say {silent:?}, of {document}"
                ));
            }
        }
    }

    /// The entries that explain the differences between two answers, the fewest that do, and what none explains.
    fn explain<'a>(
        &mut self,
        check: Check,
        document: &Value,
        ours: &'a Says,
        theirs: &'a Says,
    ) -> (BTreeSet<&'static str>, Vec<&'a str>) {
        let mut open: Vec<&str> = ours.symmetric_difference(theirs).map(String::as_str).collect();
        let mut entries = BTreeSet::new();
        for word in [Word::Says, Word::Silent] {
            let fits = |entry: &&Explained| entry.ours == word && entry.checks.contains(&check);
            let candidates: Vec<&'static Explained> = explained::all().filter(fits).collect();
            for chain in (1..=TOGETHER).flat_map(|count| chains(&candidates, count)) {
                if !open.iter().any(|subject| ours.contains(*subject) == (word == Word::Says)) {
                    break;
                }
                let only = |side: Side| chain.iter().all(|entry| entry.moves == side);
                let put = |subject: &str| {
                    let alike = put_alike(&chain, document, &Asked { subject, known: self.known })?;
                    let text = alike.to_string();
                    Some((alike, text))
                };
                let whole = !chain.iter().any(|entry| matches!(entry.alike, Alike::Each(_)));
                // There may be hundreds of subjects, and one document for all of them.
                let for_all = if whole { put("") } else { None };
                if whole && for_all.is_none() {
                    continue;
                }
                let mut asked_before: BTreeMap<String, (Says, Option<Says>)> = BTreeMap::new();
                open.retain(|subject| {
                    let (said, they_said) = (ours.contains(*subject), theirs.contains(*subject));
                    if said != (word == Word::Says) {
                        return true;
                    }
                    let for_this = if whole { None } else { put(subject) };
                    let Some((alike, text)) = for_all.as_ref().or(for_this.as_ref()) else { return true };
                    if !asked_before.contains_key(text) {
                        asked_before.insert(text.clone(), (self.ours.says(check, alike, self.known), None));
                    }
                    let (our_new, their_new) = asked_before.get_mut(text).unwrap();
                    let says = our_new.contains(*subject);
                    // Theirs takes longer, and is not always needed.
                    if (only(Side::Theirs) && says != said) || (only(Side::Ours) && says != they_said) {
                        return true;
                    }
                    let their_new = their_new.get_or_insert_with(|| {
                        self.theirs.ask(&[check], alike);
                        self.theirs.answers(&[check]).remove(0)
                    });
                    let they_say = their_new.contains(*subject);
                    let explains = says == they_say && (!only(Side::Ours) || they_say == they_said);
                    if explains {
                        entries.extend(chain.iter().map(|entry| entry.what));
                    }
                    !explains
                });
            }
        }
        (entries, open)
    }
}

/// Every choice of so many entries, in their order.
fn chains(entries: &[&'static Explained], count: usize) -> Vec<Vec<&'static Explained>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let with = |(first, entry): (usize, &&'static Explained)| {
        let rest = chains(&entries[first + 1..], count - 1);
        let entry = *entry;
        rest.into_iter().map(move |chain| [vec![entry], chain].concat())
    };
    entries.iter().enumerate().flat_map(with).collect()
}
