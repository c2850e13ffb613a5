//! The comparison.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;

use super::check::{Check, Says};
use super::documents::{self, Named};
use super::explained::{EXPLAINED, Explained, Side, Word};
use super::ours::Ours;
use super::theirs::{Known, Theirs};

/// How many entries may be needed together to explain one difference.
const TOGETHER: usize = 3;

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
    println!("{} documents, {of} answers compared: {same} the same", documents.len());
    for (check, (of, same)) in &asked {
        println!("{of:6} asked {}: {same} the same", check.name());
    }
    for Explained { what, .. } in EXPLAINED {
        println!("{:6} differ by {what}", explained.get(what).unwrap_or(&0));
    }
    let idle: Vec<&str> =
        EXPLAINED.iter().map(|entry| entry.what).filter(|what| !explained.contains_key(what)).collect();
    assert!(unexplained.is_empty(), "{} are not explained:\n{}", unexplained.len(), unexplained.join("\n"));
    assert_eq!(idle, Vec::<&str>::new(), "they explain nothing");
    assert!(known.managed.len() > 1_400 && of - same > 500, "{of} answers of {} managed policies", known.managed.len());
}

impl Judge<'_> {
    fn compare(&mut self, named: &Named, outcome: &Mutex<Outcome>) {
        let checks = Check::of(named.kind);
        for (check, (ours, theirs)) in checks.iter().zip(self.both(checks, &named.document)) {
            let (mut entries, mut unexplained) = (BTreeSet::new(), Vec::new());
            match &theirs {
                Err(why) => unexplained.push(why.clone()),
                Ok(theirs) if ours == *theirs => {}
                Ok(theirs) => (entries, unexplained) = self.explain(*check, &named.document, &ours, theirs),
            }
            let mut outcome = outcome.lock().unwrap();
            let (asked, same) = outcome.asked.entry(*check).or_default();
            *asked += 1;
            *same += usize::from(theirs.as_ref() == Ok(&ours));
            for entry in entries {
                *outcome.explained.entry(entry).or_default() += 1;
            }
            if !unexplained.is_empty() {
                let (name, document) = (&named.name, &named.document);
                outcome.unexplained.push(format!(
                    "{check:?} of {name}: {unexplained:?}\n   ours {ours:?}\n   theirs {theirs:?}\n   {document}"
                ));
            }
        }
    }

    /// The answers of both sides to some checks.
    fn both(&mut self, checks: &[Check], document: &Value) -> Vec<(Says, Result<Says, String>)> {
        // They work while we do.
        self.theirs.ask(checks, document);
        let ours: Vec<Says> = checks.iter().map(|check| self.ours.says(*check, document, self.known)).collect();
        ours.into_iter().zip(self.theirs.answers(checks)).collect()
    }

    /// The entries that explain the differences between two answers, the fewest that do, and what none explains.
    fn explain(
        &mut self,
        check: Check,
        document: &Value,
        ours: &Says,
        theirs: &Says,
    ) -> (BTreeSet<&'static str>, Vec<String>) {
        let mut open: Vec<&String> = ours.symmetric_difference(theirs).collect();
        let mut entries = BTreeSet::new();
        let candidates: Vec<&Explained> = EXPLAINED.iter().filter(|entry| entry.checks.contains(&check)).collect();
        for chain in (1..=TOGETHER).flat_map(|count| chains(&candidates, count)) {
            let word = |subject: &String| if ours.contains(subject) { Word::Says } else { Word::Silent };
            let concerned = |subject: &&String| chain.iter().all(|entry| entry.ours == word(subject));
            if !open.iter().any(concerned) {
                continue;
            }
            let alike = chain.iter().try_fold(document.clone(), |document, entry| (entry.alike)(&document));
            let Some(alike) = alike else { continue };
            let Some((our_new, Ok(their_new))) = self.both(&[check], &alike).pop() else { continue };
            let before = open.len();
            open.retain(|subject| {
                let stays = |side: Side, old: &Says, new: &Says| {
                    chain.iter().any(|entry| entry.moves == side) || old.contains(*subject) == new.contains(*subject)
                };
                let explains = concerned(subject)
                    && our_new.contains(*subject) == their_new.contains(*subject)
                    && stays(Side::Ours, ours, &our_new)
                    && stays(Side::Theirs, theirs, &their_new);
                !explains
            });
            if open.len() < before {
                entries.extend(chain.iter().map(|entry| entry.what));
            }
        }
        (entries, open.into_iter().cloned().collect())
    }
}

/// Every choice of so many entries, in their order.
fn chains<'a>(entries: &[&'a Explained], count: usize) -> Vec<Vec<&'a Explained>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let with = |(first, entry): (usize, &&'a Explained)| {
        let rest = chains(&entries[first + 1..], count - 1);
        let entry = *entry;
        rest.into_iter().map(move |mut chain| {
            chain.insert(0, entry);
            chain
        })
    };
    entries.iter().enumerate().flat_map(with).collect()
}
