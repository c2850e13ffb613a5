//! What becomes of a change when a call goes wrong: an account that does what a script says, one line a call.

use std::collections::VecDeque;
use std::sync::Mutex;

use rectify::cloud::{CallError, CallErrorKind, Cloud, Sandbox};
use rectify::journal::{Journal, Sqlite};
use rectify::model::{Call, ChangeOutcome, RunKind, RunOutcome, Sent};

use super::Engine;
use super::over_sandbox::{cloud_over_sandbox, failed};
use super::scripted::{Work, execute};

/// What happens to a call.
#[derive(Clone, Copy, Debug)]
enum Do {
    /// It is done.
    Pass,
    /// The service refuses it.
    Refuse,
    /// The service is too busy for it.
    Throttle,
    /// It is done, and the answer is lost.
    Lose,
    /// It is done, and shows only at the next call, and the answer is lost.
    Delay,
    /// Nothing is done, and there is no answer.
    Vanish,
    /// Nothing is done, and the service says that it is.
    Drop,
}

struct Account {
    sandbox: Sandbox,
    script: Mutex<VecDeque<Do>>,
    /// What shows at the next call.
    delayed: Mutex<Option<(String, String, Call)>>,
}

cloud_over_sandbox!(Account);

impl Account {
    async fn answer(&self, type_name: &str, region: &str, call: &Call) -> Result<Sent, CallError> {
        let delayed = self.delayed.lock().unwrap().take();
        if let Some((type_name, region, call)) = delayed {
            self.sandbox.send(&type_name, &region, &call).await?;
        }
        let next = self.script.lock().unwrap().pop_front().expect("the script has a line for each call");
        match next {
            Do::Pass => self.sandbox.send(type_name, region, call).await,
            Do::Refuse => Err(failed(call, CallErrorKind::Denied, "AccessDenied")),
            Do::Throttle => Err(failed(call, CallErrorKind::Throttled, "ThrottlingException")),
            Do::Lose => {
                self.sandbox.send(type_name, region, call).await?;
                Err(failed(call, CallErrorKind::Unknown, "no answer"))
            }
            Do::Delay => {
                *self.delayed.lock().unwrap() = Some((type_name.into(), region.into(), call.clone()));
                Err(failed(call, CallErrorKind::Unknown, "no answer"))
            }
            Do::Vanish => Err(failed(call, CallErrorKind::Unknown, "no answer")),
            Do::Drop => Ok(Sent::default()),
        }
    }
}

/// How a change and its run end, why, whether the documents are as they were, and the journal's words.
struct Ended {
    change: ChangeOutcome,
    run: RunOutcome,
    reason: String,
    unchanged: bool,
    events: Vec<String>,
}

/// Applies the one change of a policy on a resource under a script.
async fn apply(policy: &str, id: &str, script: &[Do]) -> Ended {
    let engine = Engine::of(policy);
    let sandbox = Sandbox::memory(engine.demo(), engine.types.clone());
    let account = Account { sandbox, script: Mutex::new(script.to_vec().into()), delayed: Mutex::default() };
    let plan = engine.plan(&account, |other| other == id).await;
    assert_eq!(plan.changes.len(), 1, "{:?}", plan.changes);

    let before = account.sandbox.world().clone();
    let journal = Sqlite::memory().unwrap();
    let change = plan.changes[0].id.clone();
    let run = execute(&engine, &account, &journal, Work::New(RunKind::Apply, plan, None), &|_, _| {}).await.unwrap();
    assert!(account.script.lock().unwrap().is_empty(), "calls that were not sent: {:?}", account.script);
    let events = journal.events(&run.id).await.unwrap();
    let name = |event: serde_json::Value| event["event"].as_str().unwrap().to_owned();
    let ended = &run.state.changes[&change];
    let unchanged = {
        let after = account.sandbox.world();
        after.len() == before.len()
            && before.resources().all(|old| after.get(&old.key()).is_some_and(|new| new.properties == old.properties))
    };
    Ended {
        change: ended.outcome.unwrap(),
        run: run.state.outcome.unwrap(),
        reason: ended.reason.clone().unwrap_or_default(),
        unchanged,
        events: events.into_iter().map(|(_, event)| name(serde_json::to_value(event).unwrap())).collect(),
    }
}

/// A change of one call.
async fn one(script: &[Do]) -> Ended {
    apply("kms-rotation", "5ade0664-d93d-41b2-ac5a-87410d94abb0", script).await
}

/// A change of two calls: a statement is removed, and added again.
async fn two(script: &[Do]) -> Ended {
    apply("lambda-permission-source", "shop-notify|topics", script).await
}

#[tokio::test]
async fn all_is_well() {
    let ended = two(&[Do::Pass, Do::Pass]).await;
    assert_eq!((ended.change, ended.run, ended.unchanged), (ChangeOutcome::Verified, RunOutcome::Verified, false));
    let events =
        ["run_started", "change_started", "call_sent", "call_done", "call_sent", "call_done", "change_verified"];
    assert_eq!(ended.events, [&events[..], &["run_finished"]].concat());
}

#[tokio::test]
async fn a_first_call_that_is_refused_leaves_all_as_it_was() {
    for ended in [one(&[Do::Refuse]).await, two(&[Do::Refuse]).await] {
        assert_eq!((ended.change, ended.run, ended.unchanged), (ChangeOutcome::Failed, RunOutcome::Incomplete, true));
        assert!(ended.reason.ends_with("AccessDenied"), "{}", ended.reason);
        assert_eq!(ended.events[2..], ["call_sent", "call_done", "change_failed", "run_finished"]);
    }
}

#[tokio::test]
async fn a_second_call_that_is_refused_takes_the_first_back() {
    let ended = two(&[Do::Pass, Do::Refuse, Do::Pass]).await;
    assert_eq!((ended.change, ended.run, ended.unchanged), (ChangeOutcome::Undone, RunOutcome::Incomplete, true));
    assert_eq!(ended.reason, "lambda:AddPermission: AccessDenied");
}

#[tokio::test]
async fn what_cannot_be_taken_back_is_stuck_and_says_so() {
    let ended = two(&[Do::Pass, Do::Refuse, Do::Refuse]).await;
    assert_eq!((ended.change, ended.run, ended.unchanged), (ChangeOutcome::Stuck, RunOutcome::Stuck, false));
    for part in ["could not be taken back", "shop-notify|topics", "a person has to look at it"] {
        assert!(ended.reason.contains(part), "no {part} in {}", ended.reason);
    }
}

#[tokio::test]
async fn a_lost_answer_to_what_was_done_is_verified() {
    for ended in [one(&[Do::Lose]).await, two(&[Do::Pass, Do::Lose]).await] {
        assert_eq!((ended.change, ended.run), (ChangeOutcome::Verified, RunOutcome::Verified), "{}", ended.reason);
    }
}

#[tokio::test]
async fn a_lost_answer_in_the_middle_is_read_again_and_gone_on_from() {
    let ended = two(&[Do::Lose, Do::Pass]).await;
    assert_eq!((ended.change, ended.run), (ChangeOutcome::Verified, RunOutcome::Verified), "{}", ended.reason);
}

#[tokio::test]
async fn a_call_that_vanished_is_sent_once_more() {
    let ended = one(&[Do::Vanish, Do::Pass]).await;
    assert_eq!((ended.change, ended.run), (ChangeOutcome::Verified, RunOutcome::Verified), "{}", ended.reason);
    let ended = one(&[Do::Vanish, Do::Vanish]).await;
    assert_eq!((ended.change, ended.run, ended.unchanged), (ChangeOutcome::Failed, RunOutcome::Incomplete, true));
}

#[tokio::test]
async fn a_second_answer_that_refuses_says_nothing_of_a_first_that_was_lost() {
    for refused in [Do::Refuse, Do::Throttle] {
        for script in [[Do::Delay, refused, Do::Pass], [Do::Pass, Do::Delay, refused]] {
            let ended = two(&script).await;
            assert_eq!((ended.change, ended.run), (ChangeOutcome::Verified, RunOutcome::Verified), "{}", ended.reason);
        }
        let ended = one(&[Do::Delay, refused]).await;
        assert_eq!((ended.change, ended.run), (ChangeOutcome::Verified, RunOutcome::Verified), "{}", ended.reason);
        // Neither was done.
        let ended = one(&[Do::Vanish, refused]).await;
        assert_eq!((ended.change, ended.run, ended.unchanged), (ChangeOutcome::Failed, RunOutcome::Incomplete, true));
    }
}

#[tokio::test]
async fn a_field_that_is_accepted_and_dropped_is_unverified() {
    let ended = one(&[Do::Drop]).await;
    assert_eq!((ended.change, ended.run, ended.unchanged), (ChangeOutcome::Unverified, RunOutcome::Incomplete, true));
    assert_eq!(ended.reason, "/EnableKeyRotation is false, planned was true");
}
