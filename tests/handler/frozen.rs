//! In a freeze the handler looks and plans, and nothing is changed.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::{SignedDuration, Timestamp};
use rectify::engine::{Freeze, When, Window};
use rectify::event::mode::Mode;
use rectify::event::outcome::Fate;
use rectify::journal::Journal;
use serde_json::json;

use super::account::{SOMEBODY, Test, key_event};

const KEY: &str = "5ade0664-d93d-41b2-ac5a-87410d94abb0";

impl Test {
    /// Freezes some accounts, all where there are none, for an hour; the end as it is told.
    fn freeze(&mut self, accounts: &[&str]) -> Timestamp {
        let (from, to) = (hours(-1), hours(1));
        let accounts = accounts.iter().map(|account| (*account).to_owned()).collect();
        let window = Window { when: When::Between { from, to }, accounts, reason: "the holidays".to_owned() };
        self.handler.settings.freeze = Arc::new(Freeze { windows: vec![window] });
        to
    }

    fn thaw(&mut self) {
        self.handler.settings.freeze = Arc::default();
    }
}

fn hours(hours: i64) -> Timestamp {
    Timestamp::now().checked_add(SignedDuration::from_hours(hours)).unwrap()
}

#[tokio::test]
async fn what_is_safe_waits_too_and_is_told_once() {
    let mut test = Test::of(&["kms-rotation"]);
    let until = test.freeze(&[]);
    for event in ["e1", "e2"] {
        let handled = test.handle(&key_event(event, KEY, Timestamp::now(), SOMEBODY)).await.unwrap();
        let looked = &handled.looked[0];
        let told = format!("account 111122223333 is frozen until {until}: the holidays");
        assert_eq!((looked.fate, looked.told.as_deref()), (Fate::Waits, Some(told.as_str())));
    }
    let plans = test.handler.ledger.plans().await.unwrap();
    assert_eq!(plans.len(), 1);
    assert_eq!(test.told.subjects(), ["rectify.plan.waiting"]);
    let summary =
        format!("A plan waits, since account 111122223333 is frozen until {until}: the holidays: {}", plans[0].digest);
    assert_eq!(test.told.0.lock().unwrap()[0].summary, summary);
    assert_eq!(test.account.sent(), 0);
    test.thaw();
    let handled = test.handle(&key_event("e3", KEY, Timestamp::now(), SOMEBODY)).await.unwrap();
    assert_eq!(handled.looked[0].fate, Fate::Fixed);
}

#[tokio::test]
async fn where_nothing_would_be_changed_nothing_is_said_of_a_freeze() {
    let mut test = Test::of(&["kms-rotation"]);
    test.freeze(&[]);
    test.handler.mode = Mode::Observe;
    let handled = test.handle(&key_event("e1", KEY, Timestamp::now(), SOMEBODY)).await.unwrap();
    assert_eq!((handled.looked[0].fate, handled.looked[0].told.clone()), (Fate::Observed, None));
    assert_eq!(test.handler.ledger.plans().await.unwrap(), []);
}

#[tokio::test]
async fn another_accounts_freeze_is_its_own() {
    let mut test = Test::of(&["kms-rotation"]);
    test.freeze(&["222222222222"]);
    let handled = test.handle(&key_event("e1", KEY, Timestamp::now(), SOMEBODY)).await.unwrap();
    assert_eq!(handled.looked[0].fate, Fate::Fixed);
}

#[tokio::test]
async fn a_run_that_was_stopped_goes_on_after_the_freeze() {
    let mut test = Test::of(&["kms-rotation", "lambda-tracing"]);
    *test.account.stop.lock().unwrap() = Some(test.stop.clone());
    let scan = json!({"rectify": "scan", "id": "s1"});
    let told = test.handle(&scan).await.unwrap_err().to_string();
    assert!(told.contains("was stopped between two changes"), "{told}");
    test.stop.store(false, Ordering::SeqCst);
    let sent = test.account.sent();
    let run = test.store.runs().await.unwrap().remove(0);
    let until = test.freeze(&[]);
    let told = test.handle(&scan).await.unwrap_err().to_string();
    let why = format!(
        "run {run} has not ended, and does not go on: account 111122223333 is frozen until {until}: the holidays; "
    );
    assert!(told.starts_with(&why), "{told}");
    assert_eq!(test.account.sent(), sent);
    test.thaw();
    assert_eq!(test.handle(&scan).await.unwrap().looked[0].fate, Fate::Fixed);
}
