//! What the journal promises.

use std::collections::BTreeMap;

use rectify::journal::{Journal, JournalError, Store, load};
use rectify::model::{Event, Hash, Head, Limits, PLAN_FORMAT, Plan, Proof, RunId, RunOutcome};

use crate::store::large;
use crate::stores::Fixture;

over_every_store![
    a_number_is_taken_once,
    events_come_in_their_order,
    runs_are_listed_the_newest_first,
    a_run_is_found_by_its_beginning,
    a_run_that_is_not_listed_is_found_by_its_name,
    events_may_be_large,
    events_outlive_the_process,
    of_two_that_go_on_with_a_run_one_is_told,
];

fn skipped(reason: &str) -> Event {
    Event::ChangeSkipped { change: "c".into(), reason: reason.into() }
}

fn finished() -> Event {
    Event::RunFinished { outcome: RunOutcome::Verified }
}

/// A plan of nothing.
pub fn plan(digest: &str) -> Plan {
    let hash = |text: &str| Hash(format!("sha256:{text}"));
    Plan {
        format_version: PLAN_FORMAT,
        digest: hash(digest),
        created_at: "2026-01-01T00:00:00Z".into(),
        expires_at: "2126-01-02T00:00:00Z".into(),
        account: "111122223333".into(),
        partition: "aws".into(),
        regions: vec!["eu-west-1".into()],
        bundle_digest: hash("b"),
        waivers_digest: None,
        fingerprint_key: "k".into(),
        version: "0.1.0".into(),
        limits: Limits::default(),
        parameters: BTreeMap::new(),
        census: BTreeMap::new(),
        findings: Vec::new(),
        changes: Vec::new(),
        unread: Vec::new(),
        errors: Vec::new(),
        proof: Proof::default(),
    }
}

/// The first event of a run.
pub fn started() -> Event {
    let first = serde_json::json!({"event": "run_started", "kind": "apply", "plan": plan("aa"), "of": null});
    serde_json::from_value(first).unwrap()
}

/// A run that is being written.
#[derive(Clone)]
pub struct Writer {
    pub run: RunId,
    pub head: Head,
}

impl Writer {
    pub fn new(run: &str) -> Self {
        Self { run: RunId::from(run), head: Head::default() }
    }

    /// Goes on with a run from where its records end.
    pub async fn of(store: &dyn Store, run: &str) -> Self {
        let run = RunId::from(run);
        let head = store.chain(&run).await.unwrap().head;
        Self { run, head }
    }

    pub async fn try_write(&mut self, store: &dyn Store, at: &str, event: &Event) -> Result<(), JournalError> {
        store.append(&self.run, &mut self.head, at, event).await
    }

    pub async fn write(&mut self, store: &dyn Store, at: &str, event: &Event) {
        self.try_write(store, at, event).await.unwrap();
    }
}

async fn a_number_is_taken_once(fixture: Fixture) {
    let (journal, mut one) = (fixture.store.as_ref(), Writer::new("01a"));
    let mut other = one.clone();
    one.write(journal, "t", &finished()).await;
    let told = other.try_write(journal, "t", &finished()).await.unwrap_err();
    assert!(matches!(&told, JournalError::Taken { number: 0, .. }), "{told}");
    assert!(told.to_string().ends_with("event 0 of run 01a is written already; another process goes on with this run"));
    assert_eq!(journal.events(&one.run).await.unwrap(), [("t".to_owned(), finished())]);
}

async fn events_come_in_their_order(fixture: Fixture) {
    let (journal, mut one) = (fixture.store.as_ref(), Writer::new("01a"));
    assert_eq!(journal.events(&one.run).await.unwrap(), []);
    for number in 0..12 {
        one.write(journal, &format!("t{number}"), &skipped(&number.to_string())).await;
    }
    Writer::new("01aa").write(journal, "t", &finished()).await;
    let expected: Vec<_> = (0..12).map(|number| (format!("t{number}"), skipped(&number.to_string()))).collect();
    assert_eq!(journal.events(&one.run).await.unwrap(), expected);
}

async fn runs_are_listed_the_newest_first(fixture: Fixture) {
    let journal = fixture.store.as_ref();
    assert_eq!(journal.runs().await.unwrap(), []);
    for run in ["01b", "01a", "01c"] {
        let mut one = Writer::new(run);
        one.write(journal, "t", &started()).await;
        one.write(journal, "t", &finished()).await;
    }
    assert_eq!(journal.runs().await.unwrap(), ["01c", "01b", "01a"].map(RunId::from));
}

async fn a_run_is_found_by_its_beginning(fixture: Fixture) {
    let journal = &fixture.store;
    for run in ["01a", "01ab", "01b"] {
        let mut one = Writer::new(run);
        one.write(journal, "t0", &started()).await;
        one.write(journal, "t1", &finished()).await;
    }
    let find = async |name: &str| load(journal, name).await.map(|run| run.id.to_string()).map_err(|e| e.to_string());
    assert_eq!(find("01a").await.unwrap(), "01a", "a whole name is that run's, whatever else begins with it");
    assert_eq!(find("01ab").await.unwrap(), "01ab");
    assert_eq!(find("01b").await.unwrap(), "01b");
    assert_eq!(find("01").await.unwrap_err(), "3 runs begin with 01; write more of its name");
    assert_eq!(find("02").await.unwrap_err(), "there is no run 02; `rectify runs` lists them");
    let run = load(journal, "01b").await.unwrap();
    assert_eq!((run.started_at.as_str(), run.updated_at.as_str(), run.head.next), ("t0", "t1", 2));
    assert_eq!(run.state.outcome, Some(RunOutcome::Verified));
}

/// A process ended between a run's first event and its line: it has done nothing, and can be gone on with by its name.
async fn a_run_that_is_not_listed_is_found_by_its_name(fixture: Fixture) {
    let (journal, mut one) = (fixture.store.as_ref(), Writer::new("01a"));
    one.write(journal, "t0", &started()).await;
    let line = rectify::journal::Key::new("runs", "01a");
    assert!(fixture.store.remove(&line, 1).await.unwrap());
    assert_eq!(journal.runs().await.unwrap(), []);
    assert_eq!(load(&fixture.store, "01a").await.unwrap().head.next, 1);
    let mut other = Writer::of(journal, "01a").await;
    journal.take_up(&other.run, &mut other.head).await.unwrap();
    assert_eq!(journal.runs().await.unwrap(), [other.run.clone()], "before anything is written or sent");
    other.write(journal, "t1", &finished()).await;
    assert_eq!(load(&fixture.store, "01a").await.unwrap().head.next, 2);
}

async fn events_may_be_large(fixture: Fixture) {
    let (journal, mut one) = (fixture.store.as_ref(), Writer::new("01a"));
    let mut late = one.clone();
    let events = [skipped(&large(7, 3)), skipped("small"), skipped(&"plan ".repeat(1 << 20))];
    for event in &events {
        one.write(journal, "t", event).await;
    }
    let told = late.try_write(journal, "t", &skipped(&large(8, 1))).await.unwrap_err();
    assert!(matches!(told, JournalError::Taken { .. }), "{told}");
    let read: Vec<Event> = journal.events(&one.run).await.unwrap().into_iter().map(|(_, event)| event).collect();
    assert!(read == events);
}

async fn events_outlive_the_process(fixture: Fixture) {
    let (journal, mut one) = (&fixture.store, Writer::new("01a"));
    one.write(journal, "t0", &started()).await;
    let other = fixture.again();
    Writer::of(&other, "01a").await.write(&other, "t1", &finished()).await;
    assert_eq!(load(journal, "01").await.unwrap(), load(&other, "01a").await.unwrap());
    assert_eq!(other.runs().await.unwrap(), [one.run]);
}

async fn of_two_that_go_on_with_a_run_one_is_told(fixture: Fixture) {
    let mut one = Writer::new("01a");
    one.write(&fixture.store, "t", &started()).await;
    let racers: Vec<_> = (0..16)
        .map(|number| {
            let (journal, mut racer) = (fixture.again(), one.clone());
            tokio::spawn(async move { racer.try_write(&journal, "t", &skipped(&number.to_string())).await })
        })
        .collect();
    let mut written = 0;
    for racer in racers {
        match racer.await.unwrap() {
            Ok(()) => written += 1,
            Err(JournalError::Taken { number: 1, .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(written, 1);
    assert_eq!(fixture.store.events(&one.run).await.unwrap().len(), 2);
}
