//! What is remembered of a resource besides who works on it.

use rectify::journal::{Fix, Quarantine};
use rectify::model::RunId;

use crate::stores::{Fixture, function, minute, minutes};

over_every_store![
    what_was_judged_never_goes_back,
    fixes_are_counted_in_their_window,
    a_quarantine_ends,
    a_quarantine_is_lifted,
    quarantines_are_listed,
    the_run_that_changes_a_resource_is_noted,
    a_note_is_taken_away_by_its_own_run,
    of_many_runs_that_are_over_none_is_noted,
    all_of_it_stands_side_by_side,
    of_many_fixes_none_is_lost,
];

fn fix(run: &str, at: i64) -> Fix {
    Fix {
        run: run.into(),
        policies: vec!["lambda-env-kms".into()],
        who: Some("arn:aws:sts::111122223333:assumed-role/deploy/ci".into()),
        at: minute(at),
    }
}

fn quarantine(since: i64, until: i64) -> Quarantine {
    Quarantine { since: minute(since), until: minute(until), why: "it comes back".into(), who: Some("ci".into()) }
}

async fn what_was_judged_never_goes_back(fixture: Fixture) {
    let (ledger, key) = (fixture.ledger(), function("f"));
    assert_eq!(ledger.last_judged(&key).await.unwrap(), None);
    let lease = ledger.acquire(&key, "a", minute(0), minutes(5)).await.unwrap().unwrap();
    assert!(ledger.judged(&lease, minute(2)).await.unwrap());
    assert!(ledger.judged(&lease, minute(1)).await.unwrap());
    assert_eq!(fixture.other_ledger().last_judged(&key).await.unwrap(), Some(minute(2)));
    let other = ledger.acquire(&key, "b", minute(6), minutes(5)).await.unwrap().unwrap();
    assert!(!ledger.judged(&lease, minute(7)).await.unwrap(), "the lease was lost");
    assert_eq!(ledger.last_judged(&key).await.unwrap(), Some(minute(2)));
    assert!(ledger.judged(&other, minute(7)).await.unwrap());
    assert_eq!(ledger.last_judged(&key).await.unwrap(), Some(minute(7)));
    ledger.release(other, minute(8)).await.unwrap();
    assert_eq!(ledger.last_judged(&key).await.unwrap(), Some(minute(7)));
}

async fn fixes_are_counted_in_their_window(fixture: Fixture) {
    let (ledger, key) = (fixture.ledger(), function("f"));
    assert_eq!(ledger.fixes(&key, minute(0), minutes(60)).await.unwrap(), []);
    let lease = ledger.acquire(&key, "a", minute(0), minutes(5)).await.unwrap().unwrap();
    for (count, (run, at)) in (1..).zip([("01", 0), ("02", 10), ("03", 20)]) {
        assert_eq!(ledger.fixed(&lease, fix(run, at), minutes(60)).await.unwrap(), count);
    }
    assert_eq!(ledger.fixed(&lease, fix("03", 20), minutes(60)).await.unwrap(), 3, "the same run");
    let other = fixture.other_ledger();
    let expected = [fix("01", 0), fix("02", 10), fix("03", 20)];
    assert_eq!(other.fixes(&key, minute(59), minutes(60)).await.unwrap(), expected);
    assert_eq!(other.fixes(&key, minute(60), minutes(60)).await.unwrap(), expected[1..]);
    assert_eq!(other.fixes(&key, minute(20), minutes(5)).await.unwrap(), expected[2..]);
    assert_eq!(ledger.fixed(&lease, fix("04", 70), minutes(60)).await.unwrap(), 2, "two have left the window");
    assert_eq!(other.fixes(&key, minute(70), minutes(600)).await.unwrap(), [fix("03", 20), fix("04", 70)], "for good");
    ledger.acquire(&key, "b", minute(71), minutes(5)).await.unwrap().unwrap();
    assert_eq!(ledger.fixed(&lease, fix("05", 72), minutes(60)).await.unwrap(), 3, "it was made, whoever holds it now");
}

async fn a_quarantine_ends(fixture: Fixture) {
    let (ledger, key) = (fixture.ledger(), function("f"));
    assert_eq!(ledger.quarantined(&key, minute(0)).await.unwrap(), None);
    ledger.quarantine(&key, quarantine(0, 60)).await.unwrap();
    assert_eq!(fixture.other_ledger().quarantined(&key, minute(59)).await.unwrap(), Some(quarantine(0, 60)));
    assert_eq!(ledger.quarantined(&key, minute(60)).await.unwrap(), None);
    ledger.quarantine(&key, quarantine(30, 90)).await.unwrap();
    assert_eq!(ledger.quarantined(&key, minute(60)).await.unwrap(), Some(quarantine(30, 90)));
    assert_eq!(ledger.quarantined(&function("g"), minute(0)).await.unwrap(), None);
}

async fn a_quarantine_is_lifted(fixture: Fixture) {
    let (ledger, key) = (fixture.ledger(), function("f"));
    let lease = ledger.acquire(&key, "a", minute(0), minutes(5)).await.unwrap().unwrap();
    assert!(!ledger.lift(&key).await.unwrap());
    ledger.fixed(&lease, fix("01", 0), minutes(60)).await.unwrap();
    assert!(!ledger.lift(&key).await.unwrap());
    assert_eq!(ledger.fixes(&key, minute(0), minutes(60)).await.unwrap().len(), 1);
    ledger.quarantine(&key, quarantine(0, 60)).await.unwrap();
    assert!(fixture.other_ledger().lift(&key).await.unwrap());
    assert!(!ledger.lift(&key).await.unwrap());
    assert_eq!(ledger.quarantined(&key, minute(1)).await.unwrap(), None);
    assert_eq!(ledger.quarantines(minute(1)).await.unwrap(), []);
    assert_eq!(ledger.fixes(&key, minute(1), minutes(60)).await.unwrap(), [], "the count begins anew");
    ledger.quarantine(&key, quarantine(2, 50)).await.unwrap();
    assert_eq!(ledger.quarantines(minute(2)).await.unwrap(), [(key, quarantine(2, 50))]);
}

async fn quarantines_are_listed(fixture: Fixture) {
    let ledger = fixture.ledger();
    assert_eq!(ledger.quarantines(minute(0)).await.unwrap(), []);
    for (name, until) in [("f|x", 60), ("e", 30), ("g", 90)] {
        ledger.quarantine(&function(name), quarantine(0, until)).await.unwrap();
    }
    let listed = fixture.other_ledger().quarantines(minute(45)).await.unwrap();
    assert_eq!(listed, [(function("f|x"), quarantine(0, 60)), (function("g"), quarantine(0, 90))]);
    ledger.lift(&function("g")).await.unwrap();
    assert_eq!(ledger.quarantines(minute(0)).await.unwrap().len(), 2);
}

/// Whoever acquires the resource next has to know, so it outlives the lease.
async fn the_run_that_changes_a_resource_is_noted(fixture: Fixture) {
    let (one, two, key) = (fixture.ledger(), fixture.other_ledger(), function("f"));
    let (first, second) = (RunId::from("01a"), RunId::from("01b"));
    assert_eq!(one.changing(&key).await.unwrap(), None);
    let lease = one.acquire(&key, "a", minute(0), minutes(5)).await.unwrap().unwrap();
    assert_eq!(one.changing(&key).await.unwrap(), None);
    one.note_change(&key, &first, minute(1)).await.unwrap();
    one.note_change(&key, &first, minute(1)).await.unwrap();
    assert_eq!(two.changing(&key).await.unwrap(), Some(first.clone()));
    assert_eq!(two.changing(&function("g")).await.unwrap(), None, "another resource");
    two.acquire(&key, "b", minute(5), minutes(5)).await.unwrap().unwrap();
    assert_eq!(two.changing(&key).await.unwrap(), Some(first.clone()), "its holder has died");
    assert!(!one.release(lease, minute(6)).await.unwrap());
    assert_eq!(two.changing(&key).await.unwrap(), Some(first));
    two.note_change(&key, &second, minute(7)).await.unwrap();
    assert_eq!(one.changing(&key).await.unwrap(), Some(second), "the last one");
    // Nobody has it: it is noted all the same.
    one.note_change(&function("g"), &"01c".into(), minute(0)).await.unwrap();
    assert_eq!(two.changing(&function("g")).await.unwrap(), Some("01c".into()));
    let lease = two.acquire(&function("g"), "b", minute(0), minutes(5)).await.unwrap().unwrap();
    assert_eq!(lease.generation, 1, "a note is no lease");
}

async fn a_note_is_taken_away_by_its_own_run(fixture: Fixture) {
    let (one, two, key) = (fixture.ledger(), fixture.other_ledger(), function("f"));
    let (first, second) = (RunId::from("01a"), RunId::from("01b"));
    one.forget_change(&key, &first, minute(0)).await.unwrap();
    assert_eq!(one.changing(&key).await.unwrap(), None, "there was none");
    one.note_change(&key, &first, minute(0)).await.unwrap();
    two.forget_change(&key, &second, minute(1)).await.unwrap();
    two.forget_change(&key, &"01".into(), minute(1)).await.unwrap();
    two.forget_change(&function("g"), &first, minute(1)).await.unwrap();
    assert_eq!(one.changing(&key).await.unwrap(), Some(first.clone()));
    two.note_change(&key, &second, minute(2)).await.unwrap();
    one.forget_change(&key, &first, minute(3)).await.unwrap();
    assert_eq!(one.changing(&key).await.unwrap(), Some(second.clone()), "whoever is late takes nothing away");
    one.forget_change(&key, &second, minute(3)).await.unwrap();
    assert_eq!(two.changing(&key).await.unwrap(), None);
    two.forget_change(&key, &second, minute(4)).await.unwrap();
    two.note_change(&key, &first, minute(5)).await.unwrap();
    assert_eq!(one.changing(&key).await.unwrap(), Some(first), "it may come again");
}

async fn of_many_runs_that_are_over_none_is_noted(fixture: Fixture) {
    let key = function("f");
    let lease = fixture.ledger().acquire(&key, "a", minute(0), minutes(5)).await.unwrap().unwrap();
    let tasks: Vec<_> = (0..12)
        .map(|number| {
            let (ledger, key) = (fixture.other_ledger(), key.clone());
            let run = RunId::from(format!("{number:02}"));
            tokio::spawn(async move {
                ledger.note_change(&key, &run, minute(0)).await.unwrap();
                ledger.forget_change(&key, &run, minute(0)).await.unwrap();
                assert_ne!(ledger.changing(&key).await.unwrap(), Some(run));
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(fixture.ledger().changing(&key).await.unwrap(), None);
    assert!(fixture.ledger().release(lease, minute(1)).await.unwrap(), "it was held all the while");
}

async fn all_of_it_stands_side_by_side(fixture: Fixture) {
    let (ledger, key) = (fixture.ledger(), function("f"));
    let lease = ledger.acquire(&key, "a", minute(0), minutes(5)).await.unwrap().unwrap();
    ledger.judged(&lease, minute(1)).await.unwrap();
    ledger.fixed(&lease, fix("01", 1), minutes(60)).await.unwrap();
    ledger.quarantine(&key, quarantine(1, 60)).await.unwrap();
    ledger.note_change(&key, &"02".into(), minute(2)).await.unwrap();
    assert_eq!(ledger.acquire(&key, "b", minute(2), minutes(5)).await.unwrap(), None, "still held");
    assert!(ledger.release(lease, minute(2)).await.unwrap());
    assert_eq!(ledger.last_judged(&key).await.unwrap(), Some(minute(1)));
    assert_eq!(ledger.fixes(&key, minute(2), minutes(60)).await.unwrap(), [fix("01", 1)]);
    assert_eq!(ledger.quarantined(&key, minute(2)).await.unwrap(), Some(quarantine(1, 60)));
    assert_eq!(ledger.changing(&key).await.unwrap(), Some("02".into()));
    let next = ledger.acquire(&key, "b", minute(2), minutes(5)).await.unwrap().unwrap();
    assert_eq!(next.generation, 2);
    ledger.forget_change(&key, &"02".into(), minute(3)).await.unwrap();
    assert_eq!(ledger.last_judged(&key).await.unwrap(), Some(minute(1)));
    assert_eq!(ledger.fixes(&key, minute(3), minutes(60)).await.unwrap(), [fix("01", 1)]);
    assert_eq!(ledger.quarantined(&key, minute(3)).await.unwrap(), Some(quarantine(1, 60)));
    assert_eq!(ledger.changing(&key).await.unwrap(), None);
    assert!(ledger.release(next, minute(3)).await.unwrap(), "it was held all the while");
}

async fn of_many_fixes_none_is_lost(fixture: Fixture) {
    let key = function("f");
    let lease = fixture.ledger().acquire(&key, "a", minute(0), minutes(5)).await.unwrap().unwrap();
    let tasks: Vec<_> = (0..16)
        .map(|number| {
            let (ledger, lease) = (fixture.other_ledger(), lease.clone());
            let fix = Fix { run: RunId::from(format!("{number:02}")), ..fix("", number) };
            tokio::spawn(async move { ledger.fixed(&lease, fix, minutes(60)).await.unwrap() })
        })
        .collect();
    let mut counts = Vec::new();
    for task in tasks {
        counts.push(task.await.unwrap());
    }
    counts.sort();
    assert_eq!(counts, (1..=16).collect::<Vec<_>>());
    assert_eq!(fixture.ledger().fixes(&key, minute(16), minutes(60)).await.unwrap().len(), 16);
}
