//! The kill switch, plans that wait for an approval, notices that wait for their delivery.

use rectify::journal::{Halt, JournalError};
use rectify::model::{Hash, Plan};

use crate::journal::plan;
use crate::store::large;
use crate::stores::{Fixture, minute};

over_every_store![
    what_is_halted_is_halted_until_it_goes_on,
    a_plan_waits_once,
    a_plan_is_found_by_its_beginning,
    a_large_plan_waits_too,
    a_notice_waits_until_it_is_delivered,
];

async fn what_is_halted_is_halted_until_it_goes_on(fixture: Fixture) {
    let (one, two) = (fixture.ledger(), fixture.other_ledger());
    let halt = |reason: &str| Halt { at: minute(0), by: "ana".into(), reason: reason.into() };
    assert_eq!(one.halted().await.unwrap(), None);
    assert!(!one.go_on().await.unwrap());
    one.halt(halt("an incident")).await.unwrap();
    assert_eq!(two.halted().await.unwrap(), Some(halt("an incident")));
    two.halt(halt("another")).await.unwrap();
    assert_eq!(one.halted().await.unwrap(), Some(halt("another")));
    assert!(one.go_on().await.unwrap());
    assert!(!two.go_on().await.unwrap());
    assert_eq!(two.halted().await.unwrap(), None);
    two.halt(halt("again")).await.unwrap();
    assert_eq!(one.halted().await.unwrap(), Some(halt("again")));
}

async fn a_plan_waits_once(fixture: Fixture) {
    let ledger = fixture.ledger();
    assert_eq!(ledger.plans().await.unwrap(), []);
    let first = plan("bb");
    let second = Plan { created_at: "2026-01-02T00:00:00Z".into(), ..plan("aa") };
    assert!(ledger.keep_plan(&second, minute(0)).await.unwrap());
    assert!(ledger.keep_plan(&first, minute(0)).await.unwrap());
    assert!(!fixture.other_ledger().keep_plan(&first, minute(1)).await.unwrap());
    assert_eq!(fixture.other_ledger().plans().await.unwrap(), [first.clone(), second.clone()], "the oldest first");
    assert!(ledger.drop_plan(&first.digest).await.unwrap());
    assert!(!ledger.drop_plan(&first.digest).await.unwrap());
    assert!(!ledger.drop_plan(&Hash("sha256:a".into())).await.unwrap());
    assert_eq!(ledger.plans().await.unwrap(), [second]);
    assert!(ledger.keep_plan(&first, minute(2)).await.unwrap());
}

async fn a_plan_is_found_by_its_beginning(fixture: Fixture) {
    let ledger = fixture.ledger();
    for digest in ["ab1", "ab2", "b"] {
        ledger.keep_plan(&plan(digest), minute(0)).await.unwrap();
    }
    for (name, found) in [("b", "b"), ("sha256:b", "b"), ("ab1", "ab1"), ("sha256:ab2", "ab2")] {
        assert_eq!(ledger.plan(name).await.unwrap(), plan(found));
    }
    let told = ledger.plan("ab").await.unwrap_err();
    assert!(matches!(&told, JournalError::ManyPlans(_, 2)), "{told}");
    assert_eq!(told.to_string(), "2 plans begin with ab; write more of its digest");
    let told = ledger.plan("c").await.unwrap_err();
    assert!(matches!(&told, JournalError::NoPlan(_)), "{told}");
    assert_eq!(told.to_string(), "no plan c waits for approval");
}

async fn a_large_plan_waits_too(fixture: Fixture) {
    let ledger = fixture.ledger();
    let plan = Plan { fingerprint_key: large(9, 2), ..plan("aa") };
    assert!(ledger.keep_plan(&plan, minute(0)).await.unwrap());
    assert!(!ledger.keep_plan(&plan, minute(0)).await.unwrap());
    assert!(ledger.plan("aa").await.unwrap() == plan);
    assert!(ledger.drop_plan(&plan.digest).await.unwrap());
    assert_eq!(ledger.plans().await.unwrap(), []);
}

async fn a_notice_waits_until_it_is_delivered(fixture: Fixture) {
    let (one, two) = (fixture.ledger(), fixture.other_ledger());
    let notice = |id: &str, body: &str| (id.to_owned(), body.to_owned());
    assert_eq!(one.outbox().await.unwrap(), []);
    assert!(one.post("01b", "{\"b\": 1}", minute(0)).await.unwrap());
    assert!(one.post("01a", "a", minute(0)).await.unwrap());
    assert!(!two.post("01a", "another", minute(0)).await.unwrap());
    assert_eq!(two.outbox().await.unwrap(), [notice("01a", "a"), notice("01b", "{\"b\": 1}")]);
    assert!(two.delivered("01a").await.unwrap());
    assert!(!one.delivered("01a").await.unwrap());
    assert_eq!(one.outbox().await.unwrap(), [notice("01b", "{\"b\": 1}")]);
}
