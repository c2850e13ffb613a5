//! The programs of others, in a Python process (`verdicts.py`).

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::check::{ACTIONS, Check, Says};
use super::support::venv::Venv;

const SCRIPT: &str = include_str!("verdicts.py");

/// A process that answers.
pub struct Theirs {
    child: Child,
    /// Closed to end it.
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    pub known: Known,
}

/// What they know without being asked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The policies that AWS manages, as moto ships them, by name.
    pub managed: BTreeMap<String, Value>,
    /// The prefixes of all services that have actions.
    pub services: Vec<String>,
    /// The shortest ways to more rights that cloudsplaining knows: the actions, in lower case, that each takes.
    pub methods: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Says(Says),
    Refuses(String),
}

impl Theirs {
    /// Starts a process, which takes two seconds.
    pub fn start() -> Self {
        let mut python = Venv::shared().python();
        python.args(["-W", "ignore", "-c", SCRIPT]).args(ACTIONS);
        let mut child = python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let questions = child.stdin.take();
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        let mut known: Known = read(&mut answers);
        // What one way takes, a longer one that holds it takes too: it is no other way.
        let ways: Vec<BTreeSet<String>> = known.methods.values().cloned().collect();
        known.methods.retain(|_, actions| !ways.iter().any(|way| way != actions && way.is_subset(actions)));
        Self { child, questions, answers, known }
    }

    /// Asks some checks of a document; [`Self::answers`] has to be called before the next one.
    pub fn ask(&mut self, checks: &[Check], document: &Value) {
        let checks: Vec<&str> = checks.iter().map(|check| check.name()).collect();
        let questions = self.questions.as_mut().unwrap();
        writeln!(questions, "{}", json!({"document": document, "checks": checks})).unwrap();
        questions.flush().unwrap();
    }

    /// The answers to what was asked, in the order of the checks. Where a document could not be read, the answer is why.
    pub fn answers(&mut self, checks: &[Check]) -> Vec<Says> {
        let mut told: BTreeMap<String, Answer> = read(&mut self.answers);
        let answer = |check: &Check| match told.remove(check.name()).unwrap() {
            Answer::Says(mut says) => {
                // Of the ways the shortest are compared.
                says.retain(|word| *check != Check::Escalation || self.known.methods.contains_key(word));
                says
            }
            Answer::Refuses(why) => Says::from([why]),
        };
        checks.iter().map(answer).collect()
    }
}

impl Drop for Theirs {
    fn drop(&mut self) {
        drop(self.questions.take());
        let _ = self.child.wait();
    }
}

fn read<T: DeserializeOwned>(answers: &mut BufReader<ChildStdout>) -> T {
    let mut line = String::new();
    answers.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("verdicts.py answers {line:?}: {error}"))
}
