//! How much harm a run can do at the most: the risk of its changes, those that go first, and how many begin within a minute.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rectify::apply::{Progress, Wait};
use rectify::cloud::{Cloud, Sandbox};
use rectify::engine::{Freeze, Refusal, Risk, Settings, When, Window, gate, seal};
use rectify::journal::{Sqlite, load};
use rectify::model::{Canary, Event, Limits, OnFailure, Plan, Run, RunKind, RunOutcome};

use super::Engine;
use super::scripted::{Scripted, Work, clock, engine, events, execute, hurry, outcomes, pass, stands, untrue};

/// Three roles, a key, and the function of each role, which depends on it.
const CHAIN: [&str; 2] = ["lambda-tracing", "kms-rotation"];
const KEY: &str = "5ade0664-d93d-41b2-ac5a-87410d94abb0";

fn canary(changes: u32) -> Option<Canary> {
    Some(Canary { changes, wait_seconds: 30 })
}

#[tokio::test]
async fn each_risk_has_its_limit_and_counts_what_is_selected() {
    let mut engine = engine(&["lambda-no-public-policy", "lambda-permission-source", "kms-pending-deletion"], |_| {});
    let sandbox = Sandbox::memory(engine.demo(), engine.types.clone());
    let plan = engine.plan(&sandbox, |_| true).await;
    let selected: BTreeSet<_> = plan.changes.iter().map(|change| change.id.clone()).collect();
    let of = |risk: Risk| plan.changes.iter().filter(|change| risk.is(change)).count();
    assert_eq!(Risk::ALL.map(of), [4, 1, 1]);
    let mut says = |limits: Limits, plan: &Plan, selected: &BTreeSet<_>| {
        engine.settings.limits = limits;
        gate(plan, selected, &engine.assessor(), engine.settings.now, sandbox.place())
    };
    assert_eq!(
        says(Limits { max_review: 4, max_irreversible: 1, max_deletes: 1, ..Limits::default() }, &plan, &selected),
        []
    );
    let too = |risk, planned, limit| Refusal::TooRisky { risk, planned, limit };
    let none = Limits { max_review: 3, max_irreversible: 0, max_deletes: 0, ..Limits::default() };
    let all = [too(Risk::Review, 4, 3), too(Risk::Irreversible, 1, 0), too(Risk::Delete, 1, 0)];
    assert_eq!(says(none, &plan, &selected), all);
    let told: Vec<String> = all.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "the plan has 4 changes that need a review, and at most 3 of them are applied in one run; select fewer, or use --limit max_review=4",
            "the plan has 1 changes that cannot be undone, and at most 0 of them are applied in one run; select fewer, or use --limit max_irreversible=1",
            "the plan has 1 changes that delete a resource, and at most 0 of them are applied in one run; select fewer, or use --limit max_deletes=1",
        ]
    );
    let one: BTreeSet<_> = plan
        .changes
        .iter()
        .filter(|change| change.calls.len() == 2 && change.reversible)
        .take(1)
        .map(|change| change.id.clone())
        .collect();
    assert_eq!(says(none, &plan, &one), []);
    // Whoever seals a plan anew to have a change count for less is told.
    let mut forged = plan.clone();
    let change = forged.changes.iter_mut().find(|change| !change.reversible).unwrap();
    change.reversible = true;
    let id = change.id.clone();
    assert_eq!(says(Limits::default(), &seal(forged), &selected), [Refusal::Forged(id, "whether it can be undone")]);
}

#[tokio::test]
async fn a_plan_that_was_made_lenient_about_failures_is_forged() {
    let mut engine = engine(&["kms-rotation"], |_| {});
    engine.bundle.playbooks.values_mut().for_each(|playbook| playbook.on_failure = OnFailure::Undo);
    let sandbox = Sandbox::memory(engine.demo(), engine.types.clone());
    let mut plan = engine.plan(&sandbox, |_| true).await;
    let selected = BTreeSet::from([plan.changes[0].id.clone()]);
    let says = |plan: &Plan| gate(plan, &selected, &engine.assessor(), engine.settings.now, sandbox.place());
    assert_eq!(plan.changes[0].on_failure, BTreeSet::from([OnFailure::Undo]));
    assert_eq!(says(&plan), []);
    plan.changes[0].on_failure.clear();
    let forged = Refusal::Forged(plan.changes[0].id.clone(), "what its failure leads to");
    assert_eq!(says(&seal(plan)), [forged]);
}

/// What the policies find in an account, a plan to change it, and what is told of waiting while it is applied, in seconds.
struct Chain {
    engine: Engine,
    account: Scripted,
    plan: Plan,
    journal: Sqlite,
    waits: Mutex<Vec<(u64, Wait)>>,
}

impl Chain {
    async fn new(refused: &[&str], set: impl FnOnce(&mut Settings)) -> Self {
        let engine = engine(&CHAIN, set);
        let account = Scripted::new(&engine, refused);
        let plan = engine.plan(&account, |_| true).await;
        Self { engine, account, plan, journal: Sqlite::memory().unwrap(), waits: Mutex::default() }
    }

    /// Applies the plan. What `waiting` does it does each time the run waits; it may set the flag that stops it.
    async fn apply(&self, waiting: impl Fn(&AtomicBool) + Send + Sync) -> Run {
        self.execute(Work::New(RunKind::Apply, self.plan.clone(), None), waiting).await
    }

    /// Goes on with a run, which is stopped when it waits.
    async fn resume(&self, run: &Run) -> Run {
        self.execute(Work::Resume(load(&self.journal, run.id.as_str()).await.unwrap()), stop).await
    }

    async fn execute(&self, work: Work, waiting: impl Fn(&AtomicBool) + Send + Sync) -> Run {
        let told = |progress: Progress<'_>, flag: &AtomicBool| {
            let Progress::Waits(left, why) = progress else { return };
            self.waits.lock().unwrap().push((left.as_secs(), why));
            waiting(flag);
        };
        execute(&self.engine, &self.account, &self.journal, work, &told).await.unwrap()
    }

    fn waits(&self) -> Vec<(u64, Wait)> {
        std::mem::take(&mut self.waits.lock().unwrap())
    }
}

fn stop(flag: &AtomicBool) {
    flag.store(true, Ordering::SeqCst);
}

#[tokio::test]
async fn canaries_go_first_are_left_for_a_while_and_verified_once_more() {
    let chain = Chain::new(&[], |settings| settings.canary = canary(2)).await;
    hurry(Duration::from_secs(1));
    let run = chain.apply(|_| {}).await;
    hurry(Duration::ZERO);
    assert_eq!((outcomes(&run).as_str(), run.state.outcome), ("vvvvvvv", Some(RunOutcome::Verified)));
    // One of each type that nothing else needs, with what it needs.
    let first = ["+role shop-notify", "+key", "+function shop-notify"];
    assert_eq!(chain.account.sent()[..3], first);
    let names = events(&chain.journal, &run.id).await;
    let done: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|name| !name.starts_with("call") && *name != "change_started")
        .collect();
    let expected = [
        &["run_started"][..],
        &["change_verified"; 3],
        &["canaries_watched", "canaries_lasted"],
        &["change_verified"; 4],
        &["run_finished"],
    ];
    assert_eq!(done, expected.concat());
    let watch = run.state.watch.unwrap();
    let names: BTreeSet<_> = [0, 3, 4].map(|index: usize| run.state.plan.changes[index].id.clone()).into();
    assert_eq!((watch.changes.into_iter().collect::<BTreeSet<_>>(), watch.lasted), (names, true));
    let waits = chain.waits();
    assert!(matches!(waits[..], [(28..=30, Wait::Canaries)]), "{waits:?}");
}

#[tokio::test]
async fn a_canary_that_does_not_last_stops_the_others() {
    for (on_failure, expected, standing) in [
        (OnFailure::Continue, "v--nv--", "p--bp--"),
        (OnFailure::Stop, "v--nv--", "p--bp--"),
        // What somebody else has made of the key is left alone.
        (OnFailure::Undo, "u--nu--", "w--bw--"),
    ] {
        let chain = Chain::new(&[], |settings| {
            settings.canary = canary(2);
            settings.on_failure = on_failure;
        });
        let chain = chain.await;
        hurry(Duration::from_secs(1));
        let run = chain.apply(|_| chain.account.meddle(KEY, "Description", "somebody else's".into())).await;
        hurry(Duration::ZERO);
        assert_eq!((outcomes(&run).as_str(), stands(&run).as_str()), (expected, standing), "{on_failure:?}");
        assert_eq!(run.state.outcome, Some(RunOutcome::Incomplete));
        let key = &run.state.changes[&run.state.plan.changes[3].id];
        let reason = key.reason.clone().unwrap();
        assert!(
            reason.contains("it was verified, and did not last: ")
                || reason.contains("somebody else has changed it (/Description)"),
            "{reason}"
        );
        assert!(run.state.halted.is_some());
    }
}

#[tokio::test]
async fn a_canary_that_fails_stops_the_others_too() {
    let chain = Chain::new(&["+key"], |settings| settings.canary = canary(1)).await;
    let run = chain.apply(|_| {}).await;
    assert_eq!((outcomes(&run).as_str(), run.state.watch), ("---f---", None));
    let key = &run.state.plan.changes[3].id;
    assert_eq!(run.state.halted, Some(format!("change {key} goes before the others as a canary, and did not succeed")));
}

#[tokio::test]
async fn where_nothing_comes_after_there_are_no_canaries() {
    let chain = Chain::new(&[], |settings| settings.canary = canary(4)).await;
    let run = chain.apply(|_| {}).await;
    assert_eq!((outcomes(&run).as_str(), run.state.watch), ("vvvvvvv", None));
}

#[tokio::test]
async fn the_wait_for_canaries_ends_when_the_run_is_stopped_and_goes_on_where_it_was() {
    let chain = Chain::new(&[], |settings| settings.canary = canary(2)).await;
    let stopped = chain.apply(stop).await;
    assert_eq!((outcomes(&stopped).as_str(), stopped.state.outcome), ("v--vv--", Some(RunOutcome::Stopped)));
    pass(Duration::from_secs(10));
    let again = chain.resume(&stopped).await;
    assert_eq!((outcomes(&again).as_str(), again.state.outcome), ("v--vv--", Some(RunOutcome::Stopped)));
    pass(Duration::from_secs(20));
    let run = chain.resume(&stopped).await;
    assert_eq!((outcomes(&run).as_str(), run.state.outcome), ("vvvvvvv", Some(RunOutcome::Verified)));
    assert_eq!(chain.waits(), [(30, Wait::Canaries), (20, Wait::Canaries)], "the third time it is over");
    assert_eq!(chain.account.sent().len(), 7);
    let names = events(&chain.journal, &run.id).await;
    assert_eq!(names.iter().filter(|name| *name == "canaries_watched").count(), 1, "it is watched once");
}

#[tokio::test]
async fn no_more_begin_within_a_minute_also_after_the_run_was_stopped() {
    let chain = Chain::new(&[], |settings| settings.limits.max_per_minute = 3).await;
    let run = chain.apply(stop).await;
    assert_eq!((outcomes(&run).as_str(), run.state.outcome), ("vvv----", Some(RunOutcome::Stopped)));
    let resume = async |after: u64| {
        pass(Duration::from_secs(after));
        outcomes(&chain.resume(&run).await)
    };
    assert_eq!(resume(59).await, "vvv----", "those before count");
    assert_eq!(resume(1).await, "vvvvvv-");
    assert_eq!(resume(60).await, "vvvvvvv");
    assert_eq!(chain.waits(), [(60, Wait::Pace), (1, Wait::Pace), (60, Wait::Pace)]);
    let began: Vec<_> = rectify::journal::Journal::events(&chain.journal, &run.id).await.unwrap();
    let began: Vec<String> =
        began.into_iter().filter(|(_, event)| matches!(event, Event::ChangeStarted { .. })).map(|(at, _)| at).collect();
    assert_eq!(began.len(), 7);
    for three in began.windows(4) {
        let at = |index: usize| three[index].parse::<jiff::Timestamp>().unwrap();
        assert!(at(3).duration_since(at(0)) >= jiff::SignedDuration::from_secs(60), "{began:?}");
    }
}

#[tokio::test]
async fn a_run_waits_for_its_turn_and_goes_on_by_itself() {
    let chain = Chain::new(&[], |settings| settings.limits.max_per_minute = 4).await;
    let run = chain.apply(|_| hurry(Duration::from_secs(20))).await;
    hurry(Duration::ZERO);
    assert_eq!(run.state.outcome, Some(RunOutcome::Verified));
    assert_eq!(chain.waits()[0], (60, Wait::Pace));
    assert_eq!(untrue(&run, &chain.account), Vec::<String>::new());
}

#[tokio::test]
async fn a_freeze_that_begins_meanwhile_stops_a_run_before_its_next_change() {
    let freeze = |settings: &mut Settings| {
        let at = |seconds: i64| clock() + jiff::SignedDuration::from_secs(seconds);
        let when = When::Between { from: at(10), to: at(100) };
        let window = Window { when, accounts: Vec::new(), reason: "the release".into() };
        settings.freeze = Freeze { windows: vec![window] }.into();
        settings.canary = canary(2);
    };
    let chain = Chain::new(&[], freeze).await;
    // The canaries are watched for 30 seconds.
    let run = chain.apply(|_| hurry(Duration::from_millis(500))).await;
    hurry(Duration::ZERO);
    assert_eq!((outcomes(&run).as_str(), run.state.outcome), ("v--vv--", Some(RunOutcome::Stopped)));
    let again = chain.resume(&run).await;
    assert_eq!((outcomes(&again).as_str(), again.state.outcome), ("v--vv--", Some(RunOutcome::Stopped)));
    pass(Duration::from_secs(100));
    let run = chain.resume(&again).await;
    assert_eq!((outcomes(&run).as_str(), run.state.outcome), ("vvvvvvv", Some(RunOutcome::Verified)));
}

#[tokio::test]
async fn taking_back_is_not_held_up() {
    let chain = Chain::new(&["+function shop-thumbnails"], |settings| {
        settings.limits.max_per_minute = 7;
        settings.on_failure = OnFailure::Undo;
    });
    let chain = chain.await;
    let run = chain.apply(|_| {}).await;
    assert_eq!(outcomes(&run), "uuuuuuf");
    assert_eq!(chain.waits(), []);
}
