//! What a waiver lets be is told in notices, and nothing is done about it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rectify::engine::parse_waivers;
use rectify::event::handler::Handler;
use rectify::event::mode::Mode;
use rectify::event::outcome::Fate;
use rectify::model::Status;
use rectify::text::Source;
use serde_json::{Value, json};

use super::account::{SOMEBODY, Test, function_event, key_event};

const KEY: &str = "5ade0664-d93d-41b2-ac5a-87410d94abb0";

/// A handler of some policies, with waivers that hold for some days from now.
fn with(policies: &[&str], waivers: &str) -> Test {
    let mut test = Test::of(policies);
    let source = Source::new("waivers.yaml", waivers);
    let waivers = parse_waivers(&source, &test.handler.bundle, &test.handler.types, Timestamp::now()).unwrap();
    test.handler.settings.waivers = waivers.into();
    test
}

fn waiver(policy: &str, id: &str, days: i64) -> String {
    let end = Timestamp::now().checked_add(SignedDuration::from_hours(24 * days)).unwrap();
    format!(
        "waivers:\n  - policies: [{policy}]\n    id: {id}\n    owner: ops\n    reason: it goes\n    expires: {end}\n"
    )
}

#[tokio::test]
async fn where_all_is_waived_nothing_is_done_and_nobody_is_told() {
    for mode in [Mode::Observe, Mode::Enforce] {
        let mut test = with(&["kms-rotation"], &waiver("kms-rotation", KEY, 30));
        test.handler.mode = mode;
        let handled = test.handle(&key_event("e1", KEY, Timestamp::now(), SOMEBODY)).await.unwrap();
        let looked = &handled.looked[0];
        let plan = looked.plan.as_ref().unwrap();
        assert_eq!((looked.fate, plan.findings[0].status, plan.changes.len()), (Fate::Waived, Status::Waived, 0));
        assert_eq!((test.account.sent(), test.told.subjects().len()), (0, 0));
    }
}

#[tokio::test]
async fn a_notice_of_others_tells_what_is_waived_apart() {
    let policies = ["lambda-tracing", "lambda-supported-runtime"];
    let text = waiver("lambda-supported-runtime", "shop-notify", 30);
    let mut test = with(&policies, &text);
    test.handler.mode = Mode::Observe;
    let handled = test.handle(&function_event("e1", "shop-notify", Timestamp::now(), SOMEBODY)).await.unwrap();
    assert_eq!(handled.looked[0].fate, Fate::Observed);
    let [notice] = &test.told.0.lock().unwrap()[..] else { panic!("one notice") };
    let end = text.split("expires: ").nth(1).unwrap().trim();
    assert_eq!((notice.found, notice.left, notice.waived), (2, 1, 1));
    let waived = notice.findings.iter().find(|finding| finding["status"] == "waived").unwrap();
    let structure = json!({"owner": "ops", "reason": "it goes", "expires": end, "waiver": "waivers.yaml:2"});
    assert_eq!((&waived["policy"], &waived["waived"]), (&json!("lambda-supported-runtime"), &structure));
    let text = notice.text();
    let line = format!("(waived by ops until {end} (waivers.yaml:2): it goes)");
    assert_eq!(text.lines().filter(|told| told.ends_with(&line)).count(), 1, "{text}");
    assert!(text.contains("\n1 finding is left.\n1 waived.\n"), "{text}");
}

#[tokio::test]
async fn what_has_run_out_is_fixed_and_told() {
    let test = with(&["kms-rotation"], &waiver("kms-rotation", KEY, -1));
    let handled = test.handle(&key_event("e1", KEY, Timestamp::now(), SOMEBODY)).await.unwrap();
    assert_eq!((handled.looked[0].fate, test.account.sent()), (Fate::Fixed, 1));
    let [notice] = &test.told.0.lock().unwrap()[..] else { panic!("one notice") };
    let policies: Vec<&Value> = notice.findings.iter().map(|finding| &finding["policy"]).collect();
    assert_eq!(policies, ["kms-rotation", "rectify-waiver-expired"]);
    assert_eq!((notice.found, notice.left, notice.waived), (2, 1, 0));
}

#[tokio::test]
async fn a_run_that_was_stopped_does_not_go_on_with_what_is_waived_since() {
    let none = waiver("lambda-tracing", "another", 30);
    let mut test = with(&["lambda-tracing"], &none);
    let stop = Arc::<std::sync::atomic::AtomicBool>::default();
    *test.account.stop.lock().unwrap() = Some(stop.clone());
    let event = function_event("e1", "shop-payments", Timestamp::now(), SOMEBODY);
    let later = test.handler.handle(&event, &stop).await.unwrap_err();
    assert!(later.to_string().contains("was stopped between two changes"), "{later}");
    let sent = test.account.sent();
    assert_eq!(sent, 1);
    let source = Source::new("waivers.yaml", waiver("lambda-tracing", "shop-payments", 30));
    let Handler { bundle, types, .. } = &test.handler;
    let waivers = parse_waivers(&source, bundle, types, Timestamp::now()).unwrap();
    test.handler.settings.waivers = waivers.into();
    let later = test.handler.handle(&event, &Arc::default()).await.unwrap_err().to_string();
    assert!(
        later.contains("does not go on: change ") && later.contains("which waivers.yaml:2 waives by now (ops, until "),
        "{later}"
    );
    assert_eq!(test.account.sent(), sent);
}
