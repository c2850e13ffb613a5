//! Each kind of fault on its own.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::keys::{ENABLE, apply, changes, done, make, of, rotated};
use super::support::{Fault, Field, Kept, On};

const FOREVER: usize = usize::MAX;

/// What becomes of three keys, of which the second meets a fault.
struct Case {
    fault: Fault,
    times: usize,
    code: i32,
    status: &'static str,
    /// How the reason ends, without the id of a request.
    reason: &'static str,
    rotated: bool,
    /// How often the service has acted on it.
    done: usize,
}

/// A fault of a write is nothing to the other changes; and the one that meets it ends as what has come of it.
#[test]
fn a_write_that_fails_ends_as_what_has_come_of_it() {
    let case = |fault, times, status, reason, rotated, done| {
        let code = if status == "verified" { 0 } else { 3 };
        Case { fault, times, code, status, reason, rotated, done }
    };
    let cases = [
        // The service says that it has done nothing, and is asked again.
        case(Fault::Throttle, 1, "verified", "", true, 1),
        case(Fault::Throttle, FOREVER, "failed", "ThrottlingException: a fault of the test's", false, 0),
        case(Fault::Error(409, "ConflictException"), 1, "verified", "", true, 1),
        case(
            Fault::Error(409, "ConflictException"),
            FOREVER,
            "failed",
            "ConflictException: a fault of the test's",
            false,
            0,
        ),
        // Nobody knows what was done. Reading again says so, and what was not done is sent once more.
        case(Fault::Error(500, "KMSInternalException"), 1, "verified", "", true, 1),
        case(
            Fault::Error(500, "KMSInternalException"),
            FOREVER,
            "failed",
            "KMSInternalException: a fault of the test's",
            false,
            0,
        ),
        case(Fault::Status(502, "<html>Bad Gateway</html>".into()), 1, "verified", "", true, 1),
        case(Fault::Reset, 1, "verified", "", true, 1),
        case(Fault::Lost, 1, "verified", "", true, 1),
        case(Fault::Lost, FOREVER, "verified", "", true, 1),
        case(Fault::Delay(Duration::from_millis(700)), 1, "verified", "", true, 1),
        // A refusal is one.
        case(
            Fault::Error(400, "AccessDeniedException"),
            FOREVER,
            "failed",
            "AccessDeniedException: a fault of the test's",
            false,
            0,
        ),
        case(
            Fault::Error(400, "KMSInvalidStateException"),
            FOREVER,
            "failed",
            "KMSInvalidStateException: a fault of the test's",
            false,
            0,
        ),
    ];
    let mut field = Field::new(Kept::Sqlite);
    let mut broken = Vec::new();
    for (index, case) in cases.into_iter().enumerate() {
        field.begin_again();
        let ids = make(&field, 3);
        field.proxy.fail(of(ENABLE, &ids[1]), case.fault, case.times);
        let told = apply(&field);
        let acted = done(&field);
        let ended = changes(&told.json());
        let others = [&ended[0], &ended[2]].map(|(id, status, _)| (id.clone(), status.clone()));
        let expected = [&ids[0], &ids[2]].map(|id| (id.clone(), "verified".to_owned()));
        let (_, status, reason) = &ended[1];
        let run = field.run(told.json()["run"].as_str().unwrap());
        let right = told.code == Some(case.code)
            && others == expected
            && status == case.status
            && (reason == case.reason || (!case.reason.is_empty() && reason.ends_with(case.reason)))
            && rotated(&field, &ids) == [true, case.rotated, true]
            && acted == case.done + 2
            && run.state.outcome.is_some();
        if !right {
            broken.push(format!("case {index}: {:?}, done {acted}: {ended:?}", told.code));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// A service that takes a request and is silent: the client gives up, and reads again.
#[test]
fn silence_has_an_end() {
    let field = Field::new(Kept::Sqlite);
    let ids = make(&field, 1);
    field.proxy.fail(On::call("kms", ENABLE), Fault::Silence(Duration::from_secs(40)), 1);
    let started = Instant::now();
    let told = apply(&field);
    told.ended(0);
    let took = started.elapsed();
    assert!((Duration::from_secs(15)..Duration::from_secs(60)).contains(&took), "{took:?}");
    assert_eq!((rotated(&field, &ids), done(&field)), (vec![true], 1));
}

/// Reads that fail for a while are read again; reads that lag behind a write are waited for, and for no longer than that.
#[test]
fn reads_that_fail_or_lag_after_a_write() {
    let mut field = Field::new(Kept::Sqlite);
    let read = "GetKeyRotationStatus";
    for (fault, times) in [
        (Fault::Throttle, 3),
        (Fault::Error(500, "KMSInternalException"), 3),
        (Fault::Reset, 3),
        (Fault::Cut, 3),
        (Fault::Trickle(Duration::from_millis(800)), 2),
        (Fault::Old, 4),
    ] {
        field.begin_again();
        let ids = make(&field, 1);
        // The plan and the look before the call are undisturbed.
        field.proxy.fail(On::call("kms", read).after(2), fault, times);
        apply(&field).ended(0);
        assert_eq!((rotated(&field, &ids), done(&field)), (vec![true], 1));
    }
    field.begin_again();
    let ids = make(&field, 1);
    field.proxy.fail(On::call("kms", read).after(1), Fault::Old, FOREVER);
    let told = apply(&field);
    told.ended(3);
    let reason = "/EnableKeyRotation is false, planned was true".to_owned();
    assert_eq!(changes(&told.json()), [(ids[0].clone(), "unverified".to_owned(), reason)]);
    assert_eq!((rotated(&field, &ids), done(&field)), (vec![true], 1));
}

/// The credentials end in the middle of a run: it stops there, says so, and goes on with others.
#[test]
fn a_token_that_expires_stops_the_run_and_it_goes_on() {
    for code in ["ExpiredTokenException", "ExpiredToken"] {
        for after in [0, 1, 2] {
            let field = Field::new(Kept::Sqlite);
            let ids = make(&field, 3);
            let begun = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
            let counting = begun.clone();
            // From one write on, every request is refused.
            let expired = On::matching(move |request| {
                use std::sync::atomic::Ordering::SeqCst;
                if request.call.operation == ENABLE {
                    counting.fetch_add(1, SeqCst);
                }
                counting.load(SeqCst) > after
            });
            field.proxy.fail(expired, Fault::Error(403, code), FOREVER);
            let told = apply(&field);
            told.ended(4);
            let run = field.runs().pop().expect("a run was begun");
            let says = format!("run {} stopped, because the credentials are not valid any more", run.id);
            assert!(told.err.contains(&says) && told.err.contains("rectify runs resume"), "{}", told.err);
            assert_eq!(run.state.outcome, None);
            assert_eq!(rotated(&field, &ids).iter().filter(|on| **on).count(), after);
            field.proxy.calm();
            let again = field.rectify(&["runs", "resume", run.id.as_str(), "--format", "json"]);
            again.ended(0);
            assert_eq!(again.json()["outcome"], "verified");
            assert_eq!(rotated(&field, &ids), [true, true, true]);
            assert_eq!(done(&field), 3 - after);
        }
    }
}

/// The credentials end while it is looked for what a plan would create: nothing is skipped for that, and nothing made twice.
#[test]
fn a_token_that_expires_while_something_is_looked_for() {
    let mut field = Field::new(Kept::Sqlite);
    field.begin_again();
    field.make_orders();
    field.rectify(&["plan", "--policies", "dynamodb-kms", "--out", "plan.json"]).ended(1);
    let apply = ["apply", "plan.json", "--yes", "--approve", "all", "--format", "json"];
    let list = On::matching(|request| request.call.service == "kms" && request.call.operation.starts_with("List"));
    field.proxy.fail(list, Fault::Error(403, "ExpiredTokenException"), FOREVER);
    let told = field.rectify(&apply);
    told.ended(4);
    assert!(told.err.contains("because the credentials are not valid any more"), "{}", told.err);
    assert_eq!((field.keys().len(), field.key_of_orders()), (0, None));
    field.proxy.calm();
    let run = field.runs().pop().expect("a run was begun");
    field.rectify(&["runs", "resume", run.id.as_str(), "--format", "json"]).ended(0);
    assert_eq!(field.keys().len(), 1);
}

/// The same where only the parts of one thing are listed.
#[test]
fn a_token_that_expires_while_something_is_looked_for_within_another() {
    let field = Field::new(Kept::Sqlite);
    let count =
        "print(sum(len(http.get_authorizers(ApiId=api['ApiId'])['Items']) for api in http.get_apis()['Items']))";
    let python = |script: &str| field.python(&format!("import boto3\nhttp = boto3.client('apigatewayv2')\n{script}"));
    python(
        "api = http.create_api(Name='shop', ProtocolType='HTTP')['ApiId']\n\
         http.create_route(ApiId=api, RouteKey='GET /cart', AuthorizationType='NONE')",
    );
    let plan = ["plan", "--policies", "apigwv2-route-auth", "--out", "plan.json"];
    let issuer = ["--set", "apigwv2-route-auth.jwt_issuer=https://login.example.com"];
    let audience = ["--set", r#"apigwv2-route-auth.jwt_audience=["shop"]"#];
    field.rectify(&[&plan[..], &issuer, &audience].concat()).ended(1);
    field.proxy.fail(On::call("apigatewayv2", "GetAuthorizers"), Fault::Error(403, "ExpiredTokenException"), FOREVER);
    let told = field.rectify(&["apply", "plan.json", "--yes", "--approve", "all", "--format", "json"]);
    told.ended(4);
    assert!(told.err.contains("because the credentials are not valid any more"), "{}", told.err);
    assert_eq!(python(count).trim(), "0");
    field.proxy.calm();
    let run = field.runs().pop().expect("a run was begun");
    field.rectify(&["runs", "resume", run.id.as_str(), "--format", "json"]).ended(0);
    assert_eq!(python(count).trim(), "1");
}

/// What cannot be looked for at the moment is waited for, and is not made where nobody may know whether it is there.
#[test]
fn what_cannot_be_looked_for_is_not_made() {
    let mut field = Field::new(Kept::Sqlite);
    let denied = Fault::Error(400, "AccessDeniedException");
    for (fault, times, code, keys) in [(Fault::Throttle, 3, 0, 2), (denied, FOREVER, 3, 1)] {
        field.begin_again();
        field.make_orders();
        // One that is there already may be the one.
        make(&field, 1);
        let plan = format!("plan-{keys}.json");
        field.rectify(&["plan", "--policies", "dynamodb-kms", "--out", &plan]).ended(1);
        field.proxy.fail(On::call("kms", "ListAliases"), fault, times);
        let told = field.rectify(&["apply", &plan, "--yes", "--approve", "all", "--format", "json"]);
        told.ended(code);
        assert_eq!(field.keys().len(), keys);
        if code == 3 {
            let reason = told.json()["changes"][0]["reason"].as_str().unwrap().to_owned();
            assert!(reason.starts_with("whether one exists by now is not known: "), "{reason}");
        }
        field.proxy.calm();
    }
}

/// What a service creates under an id of its own is created once, whatever becomes of the answer, and used.
#[test]
fn what_may_have_been_created_is_looked_for_and_not_created_twice() {
    let arguments = ["apply", "--policies", "dynamodb-kms", "--yes", "--approve", "all", "--format", "json"];
    let begin = |field: &mut Field| {
        field.begin_again();
        field.make_orders();
        // One that is there already, and is another.
        make(field, 1);
    };
    let mut field = Field::new(Kept::Sqlite);
    for fault in [Fault::Lost, Fault::Cut] {
        begin(&mut field);
        field.proxy.fail(On::call("kms", "CreateKey"), fault, 1);
        let told = field.rectify(&arguments);
        told.ended(0);
        let created = field.proxy.requests().iter().filter(|request| request.call.operation == "CreateKey").count();
        assert_eq!((created, field.keys().len()), (1, 2), "once, and it was looked for");
        let used = field.key_of_orders().expect("it has a key");
        assert!(field.keys().iter().any(|id| used.ends_with(id.as_str())), "{used}");
    }
    // What was not created is told as that, and nothing depends on it.
    for fault in [Fault::Reset, Fault::Error(500, "KMSInternalException")] {
        begin(&mut field);
        field.proxy.fail(On::call("kms", "CreateKey"), fault, 1);
        let told = field.rectify(&arguments);
        told.ended(3);
        let statuses: Vec<Value> =
            told.json()["changes"].as_array().unwrap().iter().map(|change| change["status"].clone()).collect();
        assert_eq!(statuses[0], "failed", "{}", told.out);
        assert!(statuses[1..].iter().all(|status| status == "skipped"), "{statuses:?}");
        assert_eq!((field.keys().len(), field.key_of_orders()), (1, None));
    }
    // Where somebody else creates the same at that moment, nobody can tell which is whose.
    begin(&mut field);
    let known = field.keys();
    field.proxy.fail(On::call("kms", "CreateKey"), Fault::Doubled, 1);
    let told = field.rectify(&arguments);
    told.ended(4);
    let reason = told.json()["changes"][0]["reason"].as_str().unwrap().to_owned();
    let new: Vec<String> = field.keys().into_iter().filter(|id| !known.contains(id)).collect();
    assert_eq!(new.len(), 2);
    assert!(new.iter().all(|id| reason.contains(id.as_str())), "{reason}");
    assert!(reason.contains("each of these may be it"), "{reason}");
}
