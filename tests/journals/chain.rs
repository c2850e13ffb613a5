//! The records of a run are a chain: whatever is done to one of them in whichever store is noticed.

use proptest::prelude::*;
use rectify::journal::{Broken, Chain, Journal, JournalError, Key, Sqlite, Store, examine, load};
use rectify::model::{Event, RunId, RunOutcome, Who};
use serde_json::{Value, json};

use crate::journal::{Writer, started};
use crate::stores::Fixture;

over_every_store![
    a_run_is_whole_however_it_was_written,
    each_record_holds_the_hash_of_the_one_before,
    an_edit_is_noticed_at_its_record,
    what_is_taken_away_is_noticed,
    records_that_changed_places_are_noticed,
    what_is_put_in_between_is_noticed,
    a_cut_at_the_end_is_noticed_by_the_line,
    a_line_that_is_edited_is_noticed,
    a_writer_that_ended_before_the_line_is_gone_on_with,
    nothing_is_done_on_the_word_of_a_broken_run,
];

const RUN: &str = "01a";

/// A run of four records, and another one beside it.
pub async fn write(store: &dyn Store) -> Writer {
    let mut one = Writer::new(RUN);
    for (at, event) in ["t0", "t1", "t2", "t3"].into_iter().zip(events()) {
        one.write(store, at, &event).await;
    }
    let mut other = Writer::new("01b");
    other.write(store, "t0", &started()).await;
    other.write(store, "t1", &events()[3]).await;
    one
}

pub fn events() -> [Event; 4] {
    let resumed = || Event::RunResumed { by: Who::default(), torn: 0, during_freeze: None };
    [started(), resumed(), resumed(), Event::RunFinished { outcome: RunOutcome::Verified }]
}

fn key(number: u64) -> Key {
    Key::new(format!("run#{RUN}"), format!("{number:010}"))
}

fn line() -> Key {
    Key::new("runs", RUN)
}

async fn body(store: &dyn Store, key: &Key) -> String {
    store.get(key).await.unwrap().unwrap().body
}

/// Puts another body in the place of the one that is there, as whoever has the store's credentials may.
async fn put(store: &dyn Store, key: &Key, body: &str) {
    match store.get(key).await.unwrap() {
        Some(item) => assert!(store.replace(key, item.version, body, None).await.unwrap()),
        None => assert!(store.create(key, body, None).await.unwrap()),
    }
}

async fn remove(store: &dyn Store, key: &Key) {
    let item = store.get(key).await.unwrap().unwrap();
    assert!(store.remove(key, item.version).await.unwrap());
}

async fn chain(store: &dyn Store) -> Chain {
    store.chain(&RunId::from(RUN)).await.unwrap()
}

/// Which record is told not to be as it was written, and why.
async fn told(store: &dyn Store) -> Option<(u64, String)> {
    chain(store).await.broken.map(|Broken { record, what }| (record, what))
}

fn is(record: u64, what: &str) -> Option<(u64, String)> {
    Some((record, what.to_owned()))
}

async fn a_run_is_whole_however_it_was_written(fixture: Fixture) {
    let store = fixture.store.as_ref();
    let one = write(store).await;
    let chain = chain(store).await;
    assert_eq!((&chain.broken, chain.torn.len(), chain.records.len()), (&None, 0, 4));
    assert_eq!(chain.head, one.head, "who reads it knows as much as who has written it");
    assert_eq!(chain.head.link.as_ref(), chain.records.last().map(|record| &record.hash));
    let events: Vec<Event> = chain.records.into_iter().map(|record| record.event).collect();
    assert_eq!(events, self::events());
    let expected = json!({"at": "t0", "number": 3, "hash": one.head.link}).to_string();
    assert_eq!(serde_json::from_str::<Value>(&body(store, &line()).await).unwrap().to_string(), expected);
}

async fn each_record_holds_the_hash_of_the_one_before(fixture: Fixture) {
    let store = fixture.store.as_ref();
    write(store).await;
    let mut before = String::new();
    for number in 0..4 {
        let body = body(store, &key(number)).await;
        let (content, hash) = body.rsplit_once(",\"hash\":").unwrap();
        let text = format!("{RUN}\n{number}\n{before}\n{content}}}");
        before = serde_json::from_str::<Value>(hash.strip_suffix('}').unwrap()).unwrap().as_str().unwrap().to_owned();
        assert_eq!(rectify::engine::sha256(text.as_bytes()).0, before);
    }
}

async fn an_edit_is_noticed_at_its_record(fixture: Fixture) {
    let store = fixture.store.as_ref();
    write(store).await;
    for number in 0..4 {
        let whole = body(store, &key(number)).await;
        put(store, &key(number), &whole.replace(&format!("t{number}"), "t9")).await;
        assert_eq!(told(store).await, is(number, "is not what was written there"));
        put(store, &key(number), &whole).await;
        assert_eq!(told(store).await, None);
    }
}

async fn what_is_taken_away_is_noticed(fixture: Fixture) {
    let store = fixture.store.as_ref();
    write(store).await;
    for number in 0..4 {
        let whole = body(store, &key(number)).await;
        remove(store, &key(number)).await;
        let what = if number == 3 { "is missing: there were 4" } else { "is missing" };
        assert_eq!(told(store).await, is(number, what));
        put(store, &key(number), &whole).await;
    }
    assert_eq!(told(store).await, None);
    for number in 0..4 {
        remove(store, &key(number)).await;
    }
    assert_eq!(told(store).await, is(0, "is missing: there were 4"));
}

async fn records_that_changed_places_are_noticed(fixture: Fixture) {
    let store = fixture.store.as_ref();
    write(store).await;
    let (one, two) = (body(store, &key(1)).await, body(store, &key(2)).await);
    put(store, &key(1), &two).await;
    put(store, &key(2), &one).await;
    assert_eq!(told(store).await, is(1, "is not what was written there"));
    // Nor is a record of another run one of this.
    put(store, &key(1), &one).await;
    let other = body(store, &Key::new("run#01b", "0000000001")).await;
    put(store, &key(2), &other).await;
    assert_eq!(told(store).await, is(2, "is not what was written there"));
}

async fn what_is_put_in_between_is_noticed(fixture: Fixture) {
    let store = fixture.store.as_ref();
    write(store).await;
    let last = body(store, &key(3)).await;
    put(store, &key(4), &last).await;
    assert_eq!(told(store).await, is(4, "is not what was written there"));
    remove(store, &key(4)).await;
    for sort in ["0000000001x", "1", "x"] {
        let stray = Key::new(format!("run#{RUN}"), sort);
        put(store, &stray, &last).await;
        assert!(told(store).await.unwrap().1.ends_with(&format!("and {sort:?} is no record")), "{sort}");
        remove(store, &stray).await;
    }
    assert_eq!(told(store).await, None);
}

async fn a_cut_at_the_end_is_noticed_by_the_line(fixture: Fixture) {
    let store = fixture.store.as_ref();
    write(store).await;
    remove(store, &key(3)).await;
    assert_eq!(told(store).await, is(3, "is missing: there were 4"));
    remove(store, &key(2)).await;
    assert_eq!(told(store).await, is(2, "is missing: there were 4"));
    remove(store, &line()).await;
    assert_eq!(told(store).await, is(1, "has no line of the run, which is written before a second one"));
    assert_eq!(store.runs().await.unwrap(), ["01b"].map(RunId::from));
}

async fn a_line_that_is_edited_is_noticed(fixture: Fixture) {
    let store = fixture.store.as_ref();
    write(store).await;
    let whole = body(store, &line()).await;
    let hash = |number: usize, chain: &Chain| chain.records[number].hash.0.clone();
    let chain = chain(store).await;
    for (edited, record, what) in [
        (whole.replace("\"at\":\"t0\"", "\"at\":\"t1\""), 3, "is not the one that the run's line tells of"),
        (whole.replace("\"number\":3", "\"number\":2"), 2, "is not the one that the run's line tells of"),
        (whole.replace("\"number\":3", "\"number\":4"), 4, "is missing: there were 5"),
        (whole.replace('"', "'"), 3, "has a line of the run that is not what was written there"),
        (format!("{whole} "), 3, "has a line of the run that is not what was written there"),
        (
            json!({"at": "t0", "hash": hash(1, &chain), "number": 1}).to_string(),
            3,
            "has a line of the run that is not what was written there",
        ),
        (format!(r#"{{"at":"t0","number":1,"hash":"{}"}}"#, hash(1, &chain)), 3, "was written without the run's line"),
    ] {
        put(store, &line(), &edited).await;
        assert_eq!(told(store).await, is(record, what), "{edited}");
    }
    // This is what stands there when the writer ends between the last record and the line.
    put(store, &line(), &format!(r#"{{"at":"t0","number":2,"hash":"{}"}}"#, hash(2, &chain))).await;
    assert_eq!(told(store).await, None);
}

async fn a_writer_that_ended_before_the_line_is_gone_on_with(fixture: Fixture) {
    let store = fixture.store.as_ref();
    let (mut one, events) = (Writer::new(RUN), events());
    for event in &events[..2] {
        one.write(store, "t0", event).await;
    }
    let before = body(store, &line()).await;
    one.write(store, "t0", &events[2]).await;
    put(store, &line(), &before).await;
    assert_eq!(told(store).await, None);
    let again = fixture.again();
    let mut other = Writer::of(&again, RUN).await;
    assert_eq!(other.head.link, one.head.link);
    again.take_up(&other.run, &mut other.head).await.unwrap();
    other.write(&again, "t0", &events[3]).await;
    assert_eq!((told(store).await, chain(store).await.records.len()), (None, 4));
    // The one that was believed to have ended comes back, and is told.
    let late = one.try_write(store, "t9", &events[3]).await.unwrap_err();
    assert!(matches!(late, JournalError::Taken { number: 3, .. }), "{late}");
    store.take_up(&one.run, &mut one.head).await.unwrap();
    assert_eq!(told(store).await, None, "the line does not go back");
}

async fn nothing_is_done_on_the_word_of_a_broken_run(fixture: Fixture) {
    let store = &fixture.store;
    write(store).await;
    load(store, RUN).await.unwrap();
    let whole = body(store, &key(2)).await;
    put(store, &key(2), &whole.replace("t2", "t9")).await;
    let told = load(store, RUN).await.unwrap_err().to_string();
    assert_eq!(
        told,
        "run 01a is not as it was written: record 2 is not what was written there; nothing is done on its word"
    );
    assert!(store.events(&RunId::from(RUN)).await.is_err());
    let examined = examine(store, RUN).await.unwrap();
    assert_eq!(examined.run.unwrap().head.next, 2, "what stands before it is told");
    load(store, "01b").await.unwrap();
    // A chain alone is not enough: its events have to follow each other.
    let mut illegal = Writer::new("01c");
    illegal.write(store, "t0", &started()).await;
    illegal.write(store, "t1", &started()).await;
    let told = load(store, "01c").await.unwrap_err().to_string();
    assert!(told.contains("record 1 cannot follow: run_started twice"), "{told}");
}

/// What somebody does to a store.
#[derive(Clone, Debug)]
enum Harm {
    /// A byte of a record becomes another one.
    Byte(u64, usize, u8),
    /// A record is taken away.
    Delete(u64),
    /// Two records change places.
    Swap(u64, u64),
    /// A record stands there once more, and those after it move on.
    Insert(u64, u64),
    /// A record is cut off.
    Cut(u64, usize),
    /// All records from one on are taken away.
    Tail(u64),
    /// A text is put into a record.
    Add(u64, usize, String),
}

fn harm() -> impl Strategy<Value = Harm> {
    let record = 0..4u64;
    prop_oneof![
        4 => (record.clone(), any::<usize>(), 32..127u8).prop_map(|(r, at, byte)| Harm::Byte(r, at, byte)),
        1 => record.clone().prop_map(Harm::Delete),
        2 => (record.clone(), record.clone()).prop_map(|(one, other)| Harm::Swap(one, other)),
        2 => (record.clone(), record.clone()).prop_map(|(of, at)| Harm::Insert(of, at)),
        2 => (record.clone(), any::<usize>()).prop_map(|(r, at)| Harm::Cut(r, at)),
        1 => record.clone().prop_map(Harm::Tail),
        2 => (record, any::<usize>(), "[ -~]{1,8}").prop_map(|(r, at, text)| Harm::Add(r, at, text)),
    ]
}

/// Does it; `false` where it leaves everything as it is.
async fn inflict(store: &dyn Store, harm: &Harm) -> bool {
    let mut bodies = Vec::new();
    for number in 0..4 {
        bodies.push(body(store, &key(number)).await);
    }
    let before = bodies.clone();
    let index = |number: &u64| usize::try_from(*number).unwrap();
    match harm {
        Harm::Byte(record, at, byte) => {
            let body = &mut bodies[index(record)];
            let at = at % body.len();
            body.replace_range(at..=at, &char::from(*byte).to_string());
        }
        Harm::Delete(record) => drop(bodies.remove(index(record))),
        Harm::Swap(one, other) => bodies.swap(index(one), index(other)),
        Harm::Insert(of, at) => bodies.insert(index(at), before[index(of)].clone()),
        Harm::Cut(record, at) => {
            let body = &mut bodies[index(record)];
            body.truncate(at % body.len());
        }
        Harm::Tail(record) => bodies.truncate(index(record)),
        Harm::Add(record, at, text) => {
            let body = &mut bodies[index(record)];
            let at = at % (body.len() + 1);
            body.insert_str(at, text);
        }
    }
    for number in 0..4 {
        remove(store, &key(number)).await;
    }
    for (number, body) in (0..).zip(&bodies) {
        put(store, &key(number), body).await;
    }
    bodies != before
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_done_to_one_record_is_noticed(harm in harm()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = Sqlite::memory().unwrap();
            write(&store).await;
            let changed = inflict(&store, &harm).await;
            let chain = chain(&store).await;
            let noticed = chain.broken.is_some() || chain.torn_end().is_some();
            assert_eq!(noticed, changed, "{harm:?}: {:?} {:?}", chain.broken, chain.torn);
        });
    }
}
