//! What becomes of single events.

use std::sync::atomic::Ordering;

use jiff::{SignedDuration, Timestamp};
use rectify::event::mode::{Mode, Patience};
use rectify::event::outcome::{Fate, Unhandled};
use rectify::journal::{Halt, Journal, load};
use rectify::model::{ResourceKey, RunId, RunOutcome, Unread};
use serde_json::{Value, json};

use super::account::{CALLER, SOMEBODY, Test, function_event, key_event, stage_event};

const KEY: &str = "5ade0664-d93d-41b2-ac5a-87410d94abb0";

/// What the stories are judged by: with everything that there is, whatever is done to a stage waits for a review.
#[rustfmt::skip]
const JUDGED: [&str; 24] = [
    "apigw-cache-encrypted", "apigw-data-trace", "apigw-throttling", "apigw-tracing", "apigwv2-route-auth",
    "apigwv2-throttling", "iam-aws-admin-attached", "iam-group-wildcard", "iam-no-admin-policy", "iam-pass-role",
    "iam-role-wildcard", "iam-trust-public", "iam-user-wildcard", "kms-no-public-policy", "kms-pending-deletion",
    "kms-rotation", "lambda-env-kms", "lambda-env-secrets", "lambda-no-public-policy", "lambda-permission-source",
    "lambda-role-admin", "lambda-supported-runtime", "lambda-tracing", "lambda-url-auth",
];

impl Test {
    fn new() -> Self {
        Self::of(&JUDGED)
    }

    /// What became of the one place of an event.
    async fn fate(&self, event: &Value) -> Fate {
        let handled = self.handle(event).await.unwrap();
        assert_eq!(handled.ignored, None);
        assert_eq!(handled.looked.len(), 1, "{handled:?}");
        handled.looked[0].fate
    }

    async fn ignored(&self, event: &Value) -> String {
        self.handle(event).await.unwrap().ignored.unwrap()
    }

    async fn runs(&self) -> usize {
        self.store.runs().await.unwrap().len()
    }
}

fn key() -> ResourceKey {
    ResourceKey {
        type_name: "AWS::KMS::Key".into(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        id: KEY.into(),
    }
}

fn now() -> Timestamp {
    Timestamp::now()
}

fn earlier(seconds: i64) -> Timestamp {
    now().checked_sub(SignedDuration::from_secs(seconds)).unwrap()
}

#[tokio::test]
async fn an_unsafe_change_is_fixed_verified_and_told_once() {
    let test = Test::new();
    let event = key_event("e1", KEY, now(), SOMEBODY);
    let handled = test.handle(&event).await.unwrap();
    let looked = &handled.looked[0];
    assert_eq!((looked.fate, looked.place.clone()), (Fate::Fixed, Some(key())));
    assert_eq!(test.account.property(&key(), "/EnableKeyRotation"), true);
    let run = load(&test.store, looked.run.as_ref().unwrap().id.as_str()).await.unwrap();
    assert_eq!(run.state.outcome, Some(RunOutcome::Verified));
    assert_eq!(test.told.subjects(), ["rectify.run.finished"]);
    let notice = test.told.0.lock().unwrap()[0].clone();
    assert_eq!(notice.who.as_deref(), Some(SOMEBODY));
    assert_eq!(notice.findings[0]["policy"], "kms-rotation");
    assert_eq!(notice.run.as_ref().unwrap()["changes"][0]["status"], "verified");

    assert_eq!(test.ignored(&event).await, "it was handled before: fixed", "the same event twice is one run");
    assert_eq!(test.fate(&key_event("e2", KEY, now(), SOMEBODY)).await, Fate::Clean);
    let reads = test.account.reads.load(Ordering::SeqCst);
    assert_eq!(test.fate(&key_event("e3", KEY, earlier(60), SOMEBODY)).await, Fate::Known, "it comes out of order");
    assert_eq!(test.account.reads.load(Ordering::SeqCst), reads, "and costs no call");
    assert_eq!((test.account.sent(), test.runs().await, test.told.subjects().len()), (1, 1, 1));
}

#[tokio::test]
async fn what_rectify_did_itself_causes_nothing() {
    let test = Test::new();
    assert_eq!(test.ignored(&key_event("e1", KEY, now(), CALLER)).await, "rectify made it");
    assert_eq!(test.account.reads.load(Ordering::SeqCst), 0);
    // The user agent says `rectify` in all these events: it is believed in none.
    assert_eq!(test.fate(&key_event("e2", KEY, now(), SOMEBODY)).await, Fate::Fixed);
    let other = "111122223333".replace('1', "4");
    let mut foreign = key_event("e3", KEY, now(), SOMEBODY);
    foreign["detail"]["recipientAccountId"] = other.clone().into();
    foreign["account"] = other.into();
    assert_eq!(test.ignored(&foreign).await, "account 444422223333 is none of ours");
}

#[tokio::test]
async fn to_observe_is_to_write_nothing() {
    let mut test = Test::new();
    test.handler.mode = Mode::Observe;
    let handled = test.handle(&key_event("e1", KEY, now(), SOMEBODY)).await.unwrap();
    assert_eq!(handled.looked[0].fate, Fate::Observed);
    assert_eq!(handled.looked[0].plan.as_ref().unwrap().changes.len(), 1, "the plan is told");
    assert_eq!((test.account.sent(), test.runs().await), (0, 0));
    assert_eq!(test.told.subjects(), ["rectify.findings.observed"]);
}

#[tokio::test]
async fn rules_say_where_to_enforce() {
    let mut test = Test::new();
    let rules = json!({"mode": "observe", "rules": [{"mode": "enforce", "policies": ["apigw-tracing"]}]});
    test.handler.options = serde_json::from_value(rules).unwrap();
    assert_eq!(test.fate(&key_event("e1", KEY, now(), SOMEBODY)).await, Fate::Observed);
    // The stage's one change fixes findings of four policies, and only one of them is to be enforced.
    assert_eq!(test.fate(&stage_event("e2", "a1b2c3d4e5", "prod", now(), SOMEBODY)).await, Fate::Observed);
    let rules = json!({"mode": "observe", "rules": [{"mode": "enforce", "accounts": ["111122223333"]}]});
    test.handler.options = serde_json::from_value(rules).unwrap();
    assert_eq!(test.fate(&stage_event("e3", "a1b2c3d4e5", "prod", now(), SOMEBODY)).await, Fate::Fixed);
}

/// Gives a resource tags.
fn tag(test: &Test, key: &ResourceKey, tags: Value) {
    let mut world = test.account.sandbox.world();
    let mut properties = world.get(key).unwrap().properties.clone();
    properties["Tags"] = tags;
    let resource = world.get(key).unwrap().with_properties(properties);
    world.insert(resource);
}

#[tokio::test]
async fn the_tags_of_what_a_resource_is_a_part_of_count_too() {
    let mut test = Test::new();
    let rules = json!({"rules": [{"mode": "observe", "tags": {"env": "prod"}}]});
    test.handler.options = serde_json::from_value(rules).unwrap();
    let api = ResourceKey { type_name: "AWS::ApiGateway::RestApi".into(), id: "a1b2c3d4e5".into(), ..key() };
    tag(&test, &api, json!([{"Key": "env", "Value": "prod"}]));
    assert_eq!(test.fate(&stage_event("e1", "a1b2c3d4e5", "prod", now(), SOMEBODY)).await, Fate::Observed);
    tag(&test, &api, json!([{"Key": "env", "Value": "dev"}]));
    assert_eq!(test.fate(&stage_event("e2", "a1b2c3d4e5", "prod", now(), SOMEBODY)).await, Fate::Fixed);
}

#[tokio::test]
async fn what_an_event_tells_of_another_account_is_looked_at_there_or_not_at_all() {
    let test = Test::new();
    let elsewhere = format!("arn:aws:kms:eu-west-1:444455556666:key/{KEY}");
    let here = format!("arn:aws:kms:eu-west-1:111122223333:key/{KEY}");
    let imported = |id: &str, arns: &[&str]| {
        let resources: Vec<Value> = arns.iter().map(|arn| json!({"Type": "AwsKmsKey", "Id": arn})).collect();
        json!({
            "version": "0", "id": id, "detail-type": "Security Hub Findings - Imported", "source": "aws.securityhub",
            "account": "111122223333", "time": now().to_string(), "region": "eu-west-1",
            "detail": {"findings": [{"Id": "f", "AwsAccountId": "111122223333", "Resources": resources}]},
        })
    };
    assert_eq!(test.ignored(&imported("e1", &[&elsewhere])).await, "account 444455556666 is none of ours");
    assert_eq!(test.account.reads.load(Ordering::SeqCst), 0);
    assert_eq!(test.fate(&imported("e2", &[&elsewhere, &here])).await, Fate::Fixed);
}

#[tokio::test]
async fn what_needs_a_review_waits_for_it_once() {
    let test = Test::new();
    assert_eq!(test.fate(&function_event("e1", "shop-catalog", now(), SOMEBODY)).await, Fate::Waits);
    let plans = test.handler.ledger.plans().await.unwrap();
    assert_eq!(plans.len(), 1);
    assert!(plans[0].changes.iter().any(|change| change.resource.id == "shop-catalog"));
    assert_eq!(test.fate(&function_event("e2", "shop-catalog", now(), SOMEBODY)).await, Fate::Waits);
    assert_eq!(test.handler.ledger.plans().await.unwrap(), plans, "it is the same plan");
    assert_eq!(test.told.subjects(), ["rectify.plan.waiting"], "and is told once");
    assert_eq!(test.account.sent(), 0);
}

#[tokio::test]
async fn the_switch_is_read_at_each_event() {
    let test = Test::new();
    let halt = Halt { at: now(), by: "ops".into(), reason: "a migration".into() };
    test.handler.ledger.halt(halt).await.unwrap();
    let handled = test.handle(&key_event("e1", KEY, now(), SOMEBODY)).await.unwrap();
    assert_eq!(handled.looked[0].fate, Fate::Observed);
    assert_eq!(handled.looked[0].told.as_deref(), Some("ops has switched changes off: a migration"));
    assert_eq!(test.account.sent(), 0);
    test.handler.ledger.go_on().await.unwrap();
    assert_eq!(test.fate(&key_event("e2", KEY, now(), SOMEBODY)).await, Fate::Fixed);
}

#[tokio::test]
async fn who_changes_it_back_again_and_again_is_told_and_the_resource_left_alone() {
    let mut test = Test::new();
    test.handler.options.quarantine = Patience { fixes: 2, ..Patience::default() };
    for round in 0..2 {
        test.account.change(&key(), "/EnableKeyRotation", false.into());
        let event = key_event(&format!("e{round}"), KEY, now(), SOMEBODY);
        assert_eq!(test.fate(&event).await, Fate::Fixed);
    }
    test.account.change(&key(), "/EnableKeyRotation", false.into());
    let handled = test.handle(&key_event("e9", KEY, now(), SOMEBODY)).await.unwrap();
    assert_eq!(handled.looked[0].fate, Fate::Observed);
    let told = handled.looked[0].told.clone().unwrap();
    assert!(
        told.contains(&format!("it was fixed 2 times within 24 hours, and is violated again, by {SOMEBODY}")),
        "{told}"
    );
    assert_eq!(test.account.sent(), 2);
    let subjects = test.told.subjects();
    assert_eq!(subjects[2..], ["rectify.resource.quarantined"]);
    assert_eq!(test.fate(&key_event("e10", KEY, now(), SOMEBODY)).await, Fate::Observed, "it stays so");
    assert_eq!(test.told.subjects().len(), 3, "and is told once");
    assert!(test.handler.ledger.lift(&key()).await.unwrap());
    assert_eq!(test.fate(&key_event("e11", KEY, now(), SOMEBODY)).await, Fate::Fixed);
}

#[tokio::test]
async fn changes_of_an_hour_are_limited_and_what_is_over_waits() {
    let mut test = Test::new();
    test.handler.options.max_changes_per_hour = 1;
    assert_eq!(test.fate(&key_event("e1", KEY, now(), SOMEBODY)).await, Fate::Fixed);
    let handled = test.handle(&stage_event("e2", "a1b2c3d4e5", "prod", now(), SOMEBODY)).await.unwrap();
    assert_eq!(handled.looked[0].fate, Fate::Refused);
    let told = handled.looked[0].told.clone().unwrap();
    assert!(told.contains("within the last hour, and at most 1 may be"), "{told}");
    assert_eq!(test.account.sent(), 1);
    assert_eq!(test.handler.ledger.plans().await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_gate_holds_for_events_too() {
    let mut test = Test::new();
    test.handler.settings.limits.max_changes = 0;
    let handled = test.handle(&key_event("e1", KEY, now(), SOMEBODY)).await.unwrap();
    assert_eq!(handled.looked[0].fate, Fate::Refused);
    assert!(handled.looked[0].told.as_ref().unwrap().contains("at most 0 are applied in one run"));
    assert_eq!(test.account.sent(), 0);
}

#[tokio::test]
async fn a_protected_resource_is_left_alone() {
    let test = Test::new();
    tag(&test, &key(), json!([{"Key": "rectify:protected", "Value": "yes"}]));
    assert_eq!(test.fate(&key_event("e1", KEY, now(), SOMEBODY)).await, Fate::Observed);
    assert_eq!(test.account.sent(), 0);
}

#[tokio::test]
async fn a_resource_that_another_holds_is_for_later() {
    let test = Test::new();
    let patience = SignedDuration::from_secs(30);
    let lease = test.handler.ledger.acquire(&key(), "another", now(), patience).await.unwrap().unwrap();
    let event = key_event("e1", KEY, now(), SOMEBODY);
    let told = test.handle(&event).await.unwrap_err().to_string();
    assert!(told.starts_with(&format!("AWS::KMS::Key {KEY} is held by another since ")), "{told}");
    assert_eq!(test.account.sent(), 0);
    assert!(test.handler.ledger.release(lease, now()).await.unwrap());
    assert_eq!(test.fate(&event).await, Fate::Fixed);
}

/// A scan whose run is stopped after its first change.
async fn stopped(test: &Test) -> (Value, RunId) {
    let scan = json!({"rectify": "scan", "id": "s1"});
    *test.account.stop.lock().unwrap() = Some(test.stop.clone());
    let told = test.handle(&scan).await.unwrap_err().to_string();
    assert!(told.contains("was stopped between two changes, and goes on later"), "{told}");
    assert_eq!(test.account.sent(), 1);
    test.stop.store(false, Ordering::SeqCst);
    (scan, test.store.runs().await.unwrap().remove(0))
}

#[tokio::test]
async fn a_run_that_is_stopped_goes_on_with_the_next_delivery() {
    let test = Test::new();
    let (scan, run) = stopped(&test).await;
    let handled = test.handle(&scan).await.unwrap();
    assert_eq!(handled.looked[0].fate, Fate::Fixed);
    assert_eq!(handled.looked[0].run.as_ref().unwrap().id, run);
    assert_eq!((test.account.sent(), test.runs().await), (3, 1), "each of the three safe changes once");
}

#[tokio::test]
async fn a_run_goes_on_only_where_it_still_may() {
    let mut test = Test::new();
    let (scan, run) = stopped(&test).await;
    let halt = Halt { at: now(), by: "ops".into(), reason: "a migration".into() };
    test.handler.ledger.halt(halt).await.unwrap();
    let told = test.handle(&scan).await.unwrap_err().to_string();
    assert!(
        told.contains(&format!("run {run} has not ended, and does not go on: ops has switched changes off")),
        "{told}"
    );
    test.handler.ledger.go_on().await.unwrap();
    test.handler.settings.fingerprint_key = "another".to_owned();
    let told = test.handle(&scan).await.unwrap_err().to_string();
    assert!(told.contains("another fingerprint key"), "{told}");
    assert_eq!(test.account.sent(), 1);
    // Another event for the resource does not begin a run beside it.
    let other = key_event("e2", KEY, now(), SOMEBODY);
    let told = test.handle(&other).await.unwrap_err().to_string();
    assert!(told.contains("has not ended, and does not go on"), "{told}");
    test.handler.settings.fingerprint_key = "file".to_owned();
    test.handler.mode = Mode::Observe;
    assert!(test.handle(&scan).await.is_ok(), "one that observes has begun nothing");
    assert_eq!(test.account.sent(), 1, "and goes on with nothing");
}

#[tokio::test]
async fn a_run_that_never_began_blocks_nothing() {
    let test = Test::new();
    let ghost = RunId::from("01a2000000007000a000000000000000");
    test.handler.ledger.note_change(&key(), &ghost, now()).await.unwrap();
    assert_eq!(test.fate(&key_event("e1", KEY, now(), SOMEBODY)).await, Fate::Fixed);
    assert_eq!(test.handler.ledger.changing(&key()).await.unwrap(), None);
}

#[tokio::test]
async fn to_have_looked_is_not_to_have_done() {
    let mut test = Test::new();
    let event = key_event("e1", KEY, earlier(60), SOMEBODY);
    test.handler.mode = Mode::Observe;
    assert_eq!(test.fate(&event).await, Fate::Observed);
    assert_eq!(test.ignored(&event).await, "it was handled before: observed");
    test.handler.mode = Mode::Enforce;
    assert_eq!(test.fate(&event).await, Fate::Fixed, "the same event, handled by one that enforces");
}

#[tokio::test]
async fn what_was_not_read_is_not_clean() {
    let test = Test::new();
    let unread =
        |passing| Unread { resource: ResourceKey { id: String::new(), ..key() }, reason: "denied".into(), passing };
    test.account.sandbox.world().header.unread.push(unread(false));
    let scan = |id: &str| json!({"rectify": "scan", "id": id, "policies": ["kms-no-public-policy"]});
    {
        let mut world = test.account.sandbox.world();
        let keys: Vec<ResourceKey> = world.of_type("AWS::KMS::Key").map(|key| key.key()).collect();
        keys.iter().for_each(|key| drop(world.remove(key)));
    }
    let handled = test.handle(&scan("s1")).await.unwrap();
    assert_eq!(handled.looked[0].fate, Fate::Unjudged);
    assert_eq!(handled.looked[0].told.as_deref(), Some("AWS::KMS::Key  could not be read: denied"));
    test.account.sandbox.world().header.unread = vec![unread(true)];
    let told = test.handle(&scan("s2")).await.unwrap_err().to_string();
    assert_eq!(told, "AWS::KMS::Key  could not be read: denied", "it may be read a moment later");
}

#[tokio::test]
async fn a_region_that_is_not_read_is_none_of_ours() {
    let test = Test::new();
    let mut event = key_event("e1", KEY, now(), SOMEBODY);
    event["detail"]["awsRegion"] = "sa-east-1".into();
    assert_eq!(test.ignored(&event).await, "Region sa-east-1 is none of ours");
    let scan = json!({"rectify": "scan", "id": "s1", "regions": ["sa-east-1"]});
    assert_eq!(test.ignored(&scan).await, "Region sa-east-1 is none of ours");
    let told = test.handle(&json!({"rectify": "scan", "id": "s2", "policies": ["nothing"]})).await.unwrap_err();
    assert_eq!(told.to_string(), "unknown policy `nothing`; expected a policy that is enabled here");
}

#[tokio::test]
async fn what_cannot_be_read_is_for_later_and_lost_never() {
    let test = Test::new();
    test.account.down.store(true, Ordering::SeqCst);
    let event = key_event("e1", KEY, now(), SOMEBODY);
    let told = test.handle(&event).await.unwrap_err().to_string();
    assert!(told.contains("could not be read: kms:DescribeKey: ThrottlingException"), "{told}");
    test.account.down.store(false, Ordering::SeqCst);
    assert_eq!(test.fate(&event).await, Fate::Fixed);
}

#[tokio::test]
async fn a_burst_is_one_look() {
    let test = Test::new();
    let mut events: Vec<Value> = (0..10).map(|n| key_event(&format!("e{n}"), KEY, earlier(n), SOMEBODY)).collect();
    events.push(events[3].clone());
    events.push(key_event("own", KEY, now(), CALLER));
    events.push(json!({"what": "no event"}));
    let answers = test.handler.handle_all(&events, &test.stop).await;
    let looked: Vec<Fate> = answers.iter().flatten().flat_map(|handled| &handled.looked).map(|l| l.fate).collect();
    assert_eq!(looked, [Fate::Fixed]);
    assert_eq!(answers.iter().filter(|answer| answer.is_err()).count(), 1);
    assert!(matches!(answers[12], Err(Unhandled::NotAnEvent(_))), "in the order of the events");
    assert_eq!((test.account.sent(), test.runs().await), (1, 1));
}

#[tokio::test]
async fn a_scan_finds_what_no_event_told_of() {
    let test = Test::new();
    let scan = json!({"rectify": "scan", "id": "s1", "types": ["AWS::KMS::Key"]});
    let handled = test.handle(&scan).await.unwrap();
    assert_eq!((handled.looked.len(), handled.looked[0].fate), (1, Fate::Fixed));
    assert_eq!(test.account.property(&key(), "/EnableKeyRotation"), true);
    assert_eq!(test.ignored(&scan).await, "it was handled before: fixed");
    let plans = test.handler.ledger.plans().await.unwrap();
    assert_eq!(plans.len(), 1, "what needs a review waits");
}
