//! A last record that is cut off is told, kept, and gone on after; what a process was writing when it was killed is there whole or
//! not at all.

use std::fs;
use std::path::Path;

use rectify::journal::{Journal, JournalError, Key, Sqlite, Store, Torn, examine, load};
use rectify::model::{Event, RunId, Who};

use crate::chain::events;
use crate::journal::Writer;
use crate::stores::Fixture;

over_every_store![
    a_last_record_that_is_cut_off_is_torn_and_gone_on_after,
    a_record_that_is_cut_off_before_others_is_no_torn_one,
    a_run_with_nothing_but_a_torn_record_has_done_nothing,
    a_run_may_be_torn_more_than_once,
];

const RUN: &str = "01a";

fn key(number: u64) -> Key {
    Key::new(format!("run#{RUN}"), format!("{number:010}"))
}

fn resumed(torn: u64) -> Event {
    Event::RunResumed { by: Who::default(), torn, during_freeze: None }
}

async fn write(store: &dyn Store, count: usize) -> Writer {
    let mut one = Writer::new(RUN);
    for event in &events()[..count] {
        one.write(store, "t0", event).await;
    }
    one
}

/// Cuts a record, and gives back what is left of it.
async fn cut(store: &dyn Store, number: u64, length: usize) -> String {
    let item = store.get(&key(number)).await.unwrap().unwrap();
    let left = item.body[..length].to_owned();
    assert!(store.replace(&key(number), item.version, &left, None).await.unwrap());
    left
}

async fn length(store: &dyn Store, number: u64) -> usize {
    store.get(&key(number)).await.unwrap().unwrap().body.len()
}

/// Goes on with a run as the executor does.
async fn go_on(store: &dyn Store) -> Writer {
    let mut other = Writer::of(store, RUN).await;
    store.take_up(&other.run, &mut other.head).await.unwrap();
    let torn = other.head.torn;
    other.write(store, "t1", &resumed(torn)).await;
    other
}

async fn a_last_record_that_is_cut_off_is_torn_and_gone_on_after(fixture: Fixture) {
    let store = &fixture.store;
    write(store, 3).await;
    let left = cut(store, 2, length(store, 2).await - 1).await;
    let run = load(store, RUN).await.unwrap();
    assert_eq!((run.head.next, run.head.torn, run.updated_at.as_str()), (3, 1, "t0"));
    let chain = examine(store, RUN).await.unwrap().chain;
    assert_eq!(chain.torn_end(), Some(&Torn { number: 2, why: "is cut off".into() }));
    assert_eq!((chain.broken, chain.records.len()), (None, 2));

    let other = go_on(&fixture.again()).await;
    let chain = store.chain(&RunId::from(RUN)).await.unwrap();
    assert_eq!((&chain.broken, chain.torn_end(), chain.torn.len(), chain.records.len()), (&None, None, 1, 3));
    assert_eq!(chain.head, other.head);
    let kept = store.get(&key(2)).await.unwrap().unwrap().body;
    assert_eq!(kept, left, "it is kept as it was found");
    // What is left of it is a part of the chain by now.
    cut(store, 2, 5).await;
    let told = load(store, RUN).await.unwrap_err().to_string();
    assert!(told.contains("record 2 is cut off, and others follow it"), "{told}");
}

async fn a_record_that_is_cut_off_before_others_is_no_torn_one(fixture: Fixture) {
    let store = &fixture.store;
    write(store, 3).await;
    cut(store, 1, 20).await;
    let told = load(store, RUN).await.unwrap_err().to_string();
    assert!(told.contains("record 1 is cut off, and others follow it"), "{told}");
}

async fn a_run_with_nothing_but_a_torn_record_has_done_nothing(fixture: Fixture) {
    let store = &fixture.store;
    write(store, 1).await;
    cut(store, 0, 30).await;
    let told = load(store, RUN).await.unwrap_err();
    assert!(matches!(&told, JournalError::Nothing(run) if run.as_str() == RUN), "{told}");
    assert_eq!(store.runs().await.unwrap(), [RUN].map(RunId::from));
}

async fn a_run_may_be_torn_more_than_once(fixture: Fixture) {
    let store = &fixture.store;
    write(store, 2).await;
    cut(store, 1, 10).await;
    let mut other = Writer::of(store, RUN).await;
    store.take_up(&other.run, &mut other.head).await.unwrap();
    other.write(store, "t1", &resumed(1)).await;
    cut(store, 2, 10).await;
    let chain = store.chain(&RunId::from(RUN)).await.unwrap();
    assert_eq!((&chain.broken, chain.head.torn, chain.records.len()), (&None, 2, 1), "one after the other");
    go_on(store).await;
    let chain = store.chain(&RunId::from(RUN)).await.unwrap();
    let torn: Vec<u64> = chain.torn.iter().map(|torn| torn.number).collect();
    assert_eq!((chain.broken, torn, chain.records.len()), (None, vec![1, 2], 2));
}

#[tokio::test]
async fn a_last_record_may_be_cut_anywhere() {
    let whole = {
        let store = Sqlite::memory().unwrap();
        write(&store, 3).await;
        length(&store, 2).await
    };
    for length in 0..whole {
        let store = Sqlite::memory().unwrap();
        write(&store, 3).await;
        cut(&store, 2, length).await;
        assert_eq!(load(&store, RUN).await.unwrap().head.torn, 1, "{length} of {whole}");
        go_on(&store).await;
        let chain = store.chain(&RunId::from(RUN)).await.unwrap();
        assert_eq!((&chain.broken, chain.torn_end(), chain.torn.len()), (&None, None, 1), "{length} of {whole}");
    }
}

#[tokio::test]
async fn a_body_that_is_no_text_is_torn() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let store = Sqlite::open(&path).unwrap();
    write(&store, 3).await;
    let edit = "UPDATE items SET body = x'ff00' WHERE sort = '0000000002'";
    assert_eq!(rusqlite::Connection::open(&path).unwrap().execute(edit, []).unwrap(), 1);
    let chain = store.chain(&RunId::from(RUN)).await.unwrap();
    assert_eq!(chain.torn_end(), Some(&Torn { number: 2, why: "is no text".into() }));
    go_on(&store).await;
    load(&store, RUN).await.unwrap();
}

/// A process that is killed in the middle of a write leaves a log that ends anywhere in the last transaction.
#[tokio::test]
async fn a_log_that_ends_anywhere_has_the_last_record_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let wal = |path: &Path| path.with_file_name("journal.db-wal");
    let store = Sqlite::open(&path).unwrap();
    let mut one = write(&store, 2).await;
    let before = fs::metadata(wal(&path)).unwrap().len();
    one.write(&store, "t0", &events()[2]).await;
    let (database, log) = (fs::read(&path).unwrap(), fs::read(wal(&path)).unwrap());
    let before = usize::try_from(before).unwrap();
    assert!(log.len() > before, "{} {before}", log.len());

    // A frame is a page with a header of 24 bytes, behind the log's own of 32.
    let near = |offset: usize| (offset - 32) % (4096 + 24) < 3 || (offset - 32) % (4096 + 24) > 4096 + 21;
    let offsets = (before..=log.len()).filter(|offset| near(*offset) || offset % 127 == 0 || *offset == log.len());
    let mut found = [0; 2];
    for offset in offsets {
        let other = tempfile::tempdir().unwrap();
        let path = other.path().join("journal.db");
        fs::write(&path, &database).unwrap();
        fs::write(wal(&path), &log[..offset]).unwrap();
        let store = Sqlite::open(&path).unwrap();
        let chain = store.chain(&RunId::from(RUN)).await.unwrap();
        assert_eq!((&chain.broken, chain.torn.len()), (&None, 0), "cut at {offset}");
        let there = chain.records.len();
        assert!(there == 2 || there == 3, "cut at {offset}: {there}");
        found[there - 2] += 1;
        go_on(&store).await;
        let chain = store.chain(&RunId::from(RUN)).await.unwrap();
        assert_eq!((chain.broken, chain.records.len()), (None, there + 1), "cut at {offset}");
    }
    assert!(found[0] > 10 && found[1] > 10, "both were found: {found:?}");
}

/// What cannot be a journal any more is told, and never taken for a run that is whole.
#[tokio::test]
async fn a_database_that_is_cut_off_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let one = write(&Sqlite::open(&path).unwrap(), 3).await;
    let whole = fs::read(&path).unwrap();
    let mut refused = 0;
    for length in (0..whole.len()).step_by(4096 / 2) {
        fs::write(&path, &whole[..length]).unwrap();
        let told = match Sqlite::open(&path) {
            Ok(store) => load(&store, RUN).await.map_err(|told| told.to_string()),
            Err(told) => Err(told.to_string()),
        };
        match told {
            // What is gone is no part of the run.
            Ok(run) => assert_eq!(run.head.link, one.head.link, "{length} of {}", whole.len()),
            Err(_) => refused += 1,
        }
        for beside in ["journal.db-wal", "journal.db-shm"] {
            let _ = fs::remove_file(path.with_file_name(beside));
        }
    }
    assert!(refused > whole.len() / 4096, "{refused}");
}
