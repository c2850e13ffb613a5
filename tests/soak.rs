//! A soak: changes by others, storms, kills, resumes and undos, at random and for as long as there is time, with the real binary
//! over HTTP. After each the documents are what the journal says.
//!
//! Three minutes at the most, everything counted; `RECTIFY_SOAK=30m` soaks longer. What happens follows from a seed, which is
//! printed; `RECTIFY_SOAK_SEED` takes one again.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test says what it expects by failing, and has a process of its own"
)]

mod support;

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use rectify::model::{Run, RunOutcome, Snapshot};
use serde_json::json;
use support::journal_says::not_as_told;
use support::{Field, Kept};

/// Until then a new round may begin.
const ENOUGH: Duration = Duration::from_secs(120);
const KEYS: usize = 4;
const GROUPS: usize = 3;
const TYPES: &str = "AWS::KMS::Key,AWS::Logs::LogGroup,AWS::DynamoDB::Table";
const POLICIES: [&str; 4] = ["kms-rotation", "logs-retention", "dynamodb-pitr", "dynamodb-deletion-protection"];

/// Numbers that follow from a seed (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end).unwrap()).unwrap()
    }

    /// One time of so many.
    fn one_of(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// How long, as it is written: `90s`, `30m`.
fn enough() -> Duration {
    let Ok(text) = std::env::var("RECTIFY_SOAK") else { return ENOUGH };
    let (number, unit) = text.split_at(text.len().saturating_sub(1));
    let number: u64 = number.parse().expect("RECTIFY_SOAK is a time as 90s or 30m");
    match unit {
        "s" => Duration::from_secs(number),
        "m" => Duration::from_secs(number * 60),
        _ => panic!("RECTIFY_SOAK is a time as 90s or 30m"),
    }
}

/// An account that is soaked.
struct Soak {
    field: Field,
    dice: Dice,
    keys: Vec<String>,
    /// How often each thing was done.
    count: BTreeMap<&'static str, usize>,
    wrong: Vec<String>,
}

impl Soak {
    fn new(seed: u64) -> Self {
        let field = Field::new(Kept::Sqlite);
        for n in 0..KEYS {
            field.ask("kms", "TrentService.CreateKey", &json!({"Description": format!("key {n}")}));
        }
        for n in 0..GROUPS {
            field.ask("logs", "Logs_20140328.CreateLogGroup", &json!({"logGroupName": format!("/aws/lambda/f{n}")}));
        }
        field.make_orders();
        let keys = field.keys();
        Self { field, dice: Dice(seed | 1), keys, count: BTreeMap::new(), wrong: Vec::new() }
    }

    fn did(&mut self, what: &'static str) {
        *self.count.entry(what).or_default() += 1;
    }

    /// Somebody else spoils something.
    fn spoil(&mut self) {
        for _ in 0..=self.dice.below(3) {
            let ask = |service: &str, target: &str, input: serde_json::Value| {
                self.field.ask(service, target, &input);
            };
            match self.dice.below(4) {
                0 => {
                    let key = &self.keys[self.dice.below(KEYS)];
                    ask("kms", "TrentService.DisableKeyRotation", json!({"KeyId": key}));
                }
                1 => {
                    let group = format!("/aws/lambda/f{}", self.dice.below(GROUPS));
                    ask("logs", "Logs_20140328.DeleteRetentionPolicy", json!({"logGroupName": group}));
                }
                2 => {
                    let key = &self.keys[self.dice.below(KEYS)];
                    let text = format!("changed {}", self.dice.below(1000));
                    ask("kms", "TrentService.UpdateKeyDescription", json!({"KeyId": key, "Description": text}));
                }
                _ => ask(
                    "dynamodb",
                    "DynamoDB_20120810.UpdateTable",
                    json!({"TableName": "orders", "DeletionProtectionEnabled": false}),
                ),
            }
        }
        self.did("changes by others");
    }

    /// The weather for what comes next.
    fn weather(&mut self) {
        let percent = [0, 10, 30][self.dice.below(3)];
        let seed = u64::try_from(self.dice.below(1 << 30)).unwrap();
        self.field.proxy.storm(seed, percent);
        if percent > 0 {
            self.did("storms");
        }
    }

    /// Runs the binary to its end, or kills it.
    fn act(&mut self, arguments: &[&str]) {
        let mut child = self.field.start(arguments);
        if self.dice.one_of(3) {
            sleep(Duration::from_millis(u64::try_from(300 + self.dice.below(1700)).unwrap()));
            if child.try_wait().unwrap().is_none() {
                child.kill().unwrap();
                self.did("kills");
            }
        }
        child.wait().unwrap();
    }

    /// Brings every run to its end.
    fn finish(&mut self) {
        for attempt in 0.. {
            let open: Vec<Run> = self.field.runs().into_iter().filter(|run| run.state.outcome.is_none()).collect();
            let Some(run) = open.first() else { return };
            if attempt == 6 {
                self.wrong.push(format!("run {} does not come to its end", run.id));
                return;
            }
            // The weather may go on for a while.
            if attempt == 2 {
                self.field.proxy.calm();
            }
            self.did("resumes");
            let id = run.id.to_string();
            self.act(&["runs", "resume", &id, "--hold", "1"]);
        }
    }

    /// What a command has done to the account, as its run tells.
    fn check(&mut self, before: &Snapshot, known: usize, what: &str) -> Option<Run> {
        let runs = self.field.runs();
        let after = self.field.snapshot(TYPES);
        let new: Vec<Run> = runs.into_iter().skip(known).collect();
        assert!(new.len() <= 1, "a command makes one run");
        let Some(run) = new.into_iter().next() else {
            let told = support::same::unlike(before, &after, &Default::default());
            self.wrong.extend(told.into_iter().map(|told| format!("{what} made no run, and {told}")));
            return None;
        };
        let told = not_as_told(&run, before, &after);
        self.wrong.extend(told.into_iter().map(|told| format!("{what}, run {}: {told}", run.id)));
        let outcome = match run.state.outcome {
            Some(RunOutcome::Verified) => "runs verified",
            Some(RunOutcome::Incomplete) => "runs incomplete",
            Some(RunOutcome::Stuck) => "runs stuck",
            Some(RunOutcome::Stopped) | None => "runs that did not end",
        };
        self.did(outcome);
        Some(run)
    }

    /// One round: something is spoilt, put right, and perhaps taken back.
    fn round(&mut self) {
        self.spoil();
        let before = self.field.snapshot(TYPES);
        let known = self.field.runs().len();
        self.weather();
        let some: Vec<&str> = POLICIES.into_iter().filter(|_| !self.dice.one_of(3)).collect();
        let policies = if some.is_empty() { POLICIES.join(",") } else { some.join(",") };
        self.act(&["apply", "--policies", &policies, "--yes", "--approve", "all", "--hold", "1"]);
        self.finish();
        self.field.proxy.calm();
        let Some(run) = self.check(&before, known, "apply") else { return };
        if self.dice.one_of(2) {
            let before = self.field.snapshot(TYPES);
            self.weather();
            let id = run.id.to_string();
            self.act(&["undo", &id, "--yes", "--hold", "1"]);
            self.finish();
            self.field.proxy.calm();
            self.did("undos");
            self.check(&before, known + 1, "undo");
        }
    }
}

#[test]
fn the_documents_are_what_the_journal_says() {
    let begun = Instant::now();
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    let seed = std::env::var("RECTIFY_SOAK_SEED").ok().map(|seed| seed.parse().expect("a seed is a number"));
    let seed = seed.unwrap_or(u64::try_from(now).unwrap());
    println!("RECTIFY_SOAK_SEED={seed}");
    let mut soak = Soak::new(seed);
    let mut rounds = 0;
    while begun.elapsed() < enough() && soak.wrong.is_empty() {
        soak.round();
        rounds += 1;
    }
    println!("{rounds} rounds in {:?}: {:?}", begun.elapsed(), soak.count);
    assert!(soak.wrong.is_empty(), "seed {seed}, round {rounds}:\n{}", soak.wrong.join("\n"));
    assert!(rounds >= 3, "{rounds} rounds in {:?}", begun.elapsed());
}
