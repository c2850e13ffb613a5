//! The same event twice is one handling.

use rectify::journal::Claim;
use rectify::model::RunId;

use crate::stores::{Fixture, minute, minutes};

over_every_store![
    an_event_is_one_holders_until_its_patience_is_over,
    whoever_takes_an_event_again_knows_its_run,
    what_is_done_is_done,
    what_is_given_back_is_taken_at_once,
    events_are_apart,
    of_many_deliveries_one_is_fresh,
    a_claim_that_has_expired_is_taken_once,
];

async fn an_event_is_one_holders_until_its_patience_is_over(fixture: Fixture) {
    let (one, two) = (fixture.ledger(), fixture.other_ledger());
    assert_eq!(one.claim("e", "a", minute(0), minutes(5)).await.unwrap(), Claim::Fresh);
    assert_eq!(two.claim("e", "b", minute(1), minutes(5)).await.unwrap(), Claim::Busy { until: minute(5) });
    assert_eq!(one.claim("e", "a", minute(2), minutes(5)).await.unwrap(), Claim::Again { run: None }, "its own");
    assert_eq!(two.claim("e", "b", minute(6), minutes(5)).await.unwrap(), Claim::Busy { until: minute(7) }, "longer");
    assert_eq!(two.claim("e", "b", minute(7), minutes(5)).await.unwrap(), Claim::Again { run: None });
    assert_eq!(one.claim("e", "a", minute(8), minutes(5)).await.unwrap(), Claim::Busy { until: minute(12) });
}

async fn whoever_takes_an_event_again_knows_its_run(fixture: Fixture) {
    let ledger = fixture.ledger();
    let run = RunId::from("01a");
    ledger.claim("e", "a", minute(0), minutes(5)).await.unwrap();
    ledger.note_run("e", &run, minute(1)).await.unwrap();
    assert_eq!(ledger.claim("e", "b", minute(1), minutes(5)).await.unwrap(), Claim::Busy { until: minute(5) });
    let again = fixture.other_ledger().claim("e", "b", minute(5), minutes(5)).await.unwrap();
    assert_eq!(again, Claim::Again { run: Some(run) });
}

async fn what_is_done_is_done(fixture: Fixture) {
    let ledger = fixture.ledger();
    let done = |outcome: &str| Claim::Done { outcome: outcome.into() };
    ledger.claim("e", "a", minute(0), minutes(5)).await.unwrap();
    ledger.done("e", "fixed", minute(1)).await.unwrap();
    ledger.done("e", "something else", minute(2)).await.unwrap();
    ledger.give_back("e").await.unwrap();
    ledger.note_run("e", &RunId::from("01a"), minute(3)).await.unwrap();
    for (holder, at) in [("a", 2), ("b", 2), ("b", 60 * 24 * 30)] {
        assert_eq!(ledger.claim("e", holder, minute(at), minutes(5)).await.unwrap(), done("fixed"));
    }
    // Nobody has claimed it: it is done all the same.
    ledger.done("other", "dropped", minute(0)).await.unwrap();
    assert_eq!(ledger.claim("other", "a", minute(0), minutes(5)).await.unwrap(), done("dropped"));
}

async fn what_is_given_back_is_taken_at_once(fixture: Fixture) {
    let ledger = fixture.ledger();
    let run = RunId::from("01a");
    ledger.claim("e", "a", minute(0), minutes(5)).await.unwrap();
    ledger.note_run("e", &run, minute(0)).await.unwrap();
    ledger.give_back("e").await.unwrap();
    assert_eq!(ledger.claim("e", "b", minute(0), minutes(5)).await.unwrap(), Claim::Again { run: Some(run) });
    assert_eq!(ledger.claim("e", "c", minute(0), minutes(5)).await.unwrap(), Claim::Busy { until: minute(5) });
    ledger.give_back("unknown").await.unwrap();
    assert_eq!(ledger.claim("unknown", "a", minute(0), minutes(5)).await.unwrap(), Claim::Fresh);
}

async fn events_are_apart(fixture: Fixture) {
    let ledger = fixture.ledger();
    for event in ["e", "e2", "E", "e|x", "e#"] {
        assert_eq!(ledger.claim(event, "a", minute(0), minutes(5)).await.unwrap(), Claim::Fresh, "{event}");
    }
}

async fn race(fixture: &Fixture, at: i64) -> Vec<Claim> {
    let racers: Vec<_> = (0..24)
        .map(|number| {
            let ledger = fixture.other_ledger();
            tokio::spawn(
                async move { ledger.claim("e", &format!("{at}-{number}"), minute(at), minutes(5)).await.unwrap() },
            )
        })
        .collect();
    let mut claims = Vec::new();
    for racer in racers {
        claims.push(racer.await.unwrap());
    }
    claims.retain(|claim| !matches!(claim, Claim::Busy { .. }));
    claims
}

async fn of_many_deliveries_one_is_fresh(fixture: Fixture) {
    assert_eq!(race(&fixture, 0).await, [Claim::Fresh]);
}

async fn a_claim_that_has_expired_is_taken_once(fixture: Fixture) {
    fixture.ledger().claim("e", "gone", minute(0), minutes(1)).await.unwrap();
    assert_eq!(race(&fixture, 2).await, [Claim::Again { run: None }]);
}
