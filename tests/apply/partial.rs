//! What a change that does not succeed means for the others: `on_failure`, the limit of failures, and what a person is told.

use proptest::prelude::*;
use rectify::apply::{Standing, standing, undo_plan};
use rectify::engine::seal;
use rectify::journal::{Sqlite, load};
use rectify::model::{OnFailure, Plan, RunKind, RunOutcome};

use super::Engine;
use super::scripted::{Dying, Scripted, Work, apply, engine, events, execute, outcomes, stands, untrue};

/// Three roles, a key, and the function of each role, which depends on it.
const CHAIN: [&str; 2] = ["lambda-tracing", "kms-rotation"];

async fn planned(engine: &Engine, account: &Scripted) -> Plan {
    engine.plan(account, |_| true).await
}

/// How the chain ends under a run's `on_failure`, where these calls are refused: its outcomes, what the resources are, how the
/// run ended, and why nothing more was begun.
async fn chain(on_failure: OnFailure, refused: &[&str]) -> (String, String, RunOutcome, Option<String>) {
    let engine = engine(&CHAIN, |settings| settings.on_failure = on_failure);
    let account = Scripted::new(&engine, refused);
    let plan = planned(&engine, &account).await;
    assert_eq!(plan.changes.len(), 7);
    let run = apply(&engine, &account, &plan).await;
    assert_eq!(untrue(&run, &account), Vec::<String>::new());
    (outcomes(&run), stands(&run), run.state.outcome.unwrap(), run.state.halted)
}

const FIRST: &str = "+role shop-notify";
const MIDDLE: &str = "+key";
const LAST: &str = "+function shop-thumbnails";

#[tokio::test]
async fn others_go_on_and_what_depends_on_the_failed_one_is_skipped() {
    let on = async |refused: &str| chain(OnFailure::Continue, &[refused, "-role shop-payments"]).await;
    let ended = |outcomes: &str, stands: &str| (outcomes.into(), stands.into(), RunOutcome::Incomplete, None);
    assert_eq!(on(FIRST).await, ended("fvvvsvv", "wppp-pp"));
    assert_eq!(on(MIDDLE).await, ended("vvvfvvv", "pppwppp"));
    assert_eq!(on(LAST).await, ended("vvvvvvf", "ppppppw"));
}

#[tokio::test]
async fn a_run_that_stops_begins_nothing_more_and_says_why() {
    let on = async |refused: &str| chain(OnFailure::Stop, &[refused, "-role shop-payments"]).await;
    let (outcomes, stands, outcome, halted) = on(FIRST).await;
    assert_eq!((outcomes.as_str(), stands.as_str(), outcome), ("f------", "w------", RunOutcome::Incomplete));
    let halted = halted.unwrap();
    assert!(halted.ends_with("did not succeed, and on_failure is stop"), "{halted}");
    let (outcomes, stands, outcome, halted) = on(MIDDLE).await;
    assert_eq!((outcomes.as_str(), stands.as_str(), outcome), ("vvvf---", "pppw---", RunOutcome::Incomplete));
    assert!(halted.is_some());
    // There is nothing left that could be begun.
    let ended = ("vvvvvvf".into(), "ppppppw".into(), RunOutcome::Incomplete, None);
    assert_eq!(on(LAST).await, ended);
}

#[tokio::test]
async fn a_run_that_undoes_takes_back_all_that_it_has_done() {
    let on = async |refused: &str| chain(OnFailure::Undo, &[refused]).await;
    let (outcomes, stands, outcome, halted) = on(FIRST).await;
    assert_eq!((outcomes.as_str(), stands.as_str(), outcome), ("f------", "w------", RunOutcome::Incomplete));
    assert!(halted.unwrap().ends_with("did not succeed, and on_failure is undo"));
    let (outcomes, stands, outcome, _) = on(MIDDLE).await;
    assert_eq!((outcomes.as_str(), stands.as_str(), outcome), ("uuuf---", "wwww---", RunOutcome::Incomplete));
    let ended = ("uuuuuuf".into(), "wwwwwww".into(), RunOutcome::Incomplete, None);
    assert_eq!(on(LAST).await, ended);
}

#[tokio::test]
async fn an_undo_that_fails_goes_as_far_as_it_can_and_needs_a_person() {
    let on = async |refused: &str, back: &str| {
        let (outcomes, stands, outcome, _) = chain(OnFailure::Undo, &[refused, back]).await;
        (outcomes, stands, outcome)
    };
    let ended = |outcomes: &str, stands: &str, outcome| (outcomes.to_owned(), stands.to_owned(), outcome);
    assert_eq!(on(FIRST, "-role shop-payments").await, ended("f------", "w------", RunOutcome::Incomplete));
    assert_eq!(on(MIDDLE, "-role shop-payments").await, ended("uvuf---", "wpww---", RunOutcome::Stuck));
    assert_eq!(on(LAST, "-role shop-payments").await, ended("uvuuuuf", "wpwwwww", RunOutcome::Stuck));
    assert_eq!(on(LAST, "-key").await, ended("uuuvuuf", "wwwpwww", RunOutcome::Stuck));
    // The role of a function that still traces stays with it.
    assert_eq!(on(LAST, "-function shop-notify").await, ended("vuuuvuf", "pwwwpww", RunOutcome::Stuck));
}

#[tokio::test]
async fn it_is_taken_back_in_reverse_order_written_down_and_verified() {
    let engine = engine(&CHAIN, |settings| settings.on_failure = OnFailure::Undo);
    let account = Scripted::new(&engine, &[MIDDLE]);
    let plan = planned(&engine, &account).await;
    let journal = Sqlite::memory().unwrap();
    let run = execute(&engine, &account, &journal, Work::New(RunKind::Apply, plan, None), &|_, _| {}).await.unwrap();
    let roles = ["shop-notify", "shop-payments", "shop-thumbnails"];
    let forth = roles.iter().map(|role| format!("+role {role}")).chain(["+key".to_owned()]);
    let back = roles.iter().rev().map(|role| format!("-role {role}"));
    assert_eq!(account.sent(), forth.chain(back).collect::<Vec<_>>());
    let change = |end: &'static str| ["change_started", "call_sent", "call_done", end];
    let expected: Vec<&str> = ["run_started"]
        .into_iter()
        .chain([change("change_verified"); 3].concat())
        .chain(change("change_failed"))
        .chain(["undo_started"])
        .chain([change("change_verified"); 3].concat())
        .chain(["run_halted", "run_finished"])
        .collect();
    assert_eq!(events(&journal, &run.id).await, expected);
    let why = run.state.changes[&run.state.plan.changes[0].id].reason.clone().unwrap();
    assert_eq!(why, format!("change {} did not succeed, and on_failure is undo", run.state.plan.changes[3].id));
    // What is taken back already is not taken back once more.
    let (plan, left) = undo_plan(&run, &account, &engine.types, false).await.unwrap();
    assert_eq!((plan.changes.len(), left.len()), (0, 0));
}

/// The engine where a playbook says what its failures lead to.
fn playbook(policies: &[&str], id: &str, on_failure: OnFailure) -> Engine {
    let mut engine = engine(policies, |_| {});
    engine.bundle.playbooks.values_mut().find(|playbook| playbook.id.as_str() == id).unwrap().on_failure = on_failure;
    engine
}

#[tokio::test]
async fn a_playbook_s_undo_takes_back_its_own_half_at_once_and_others_go_on() {
    let engine = playbook(&CHAIN, "lambda-tracing", OnFailure::Undo);
    let account = Scripted::new(&engine, &["+function shop-notify"]);
    let plan = planned(&engine, &account).await;
    let run = apply(&engine, &account, &plan).await;
    assert_eq!((outcomes(&run).as_str(), run.state.outcome), ("uvvvfvv", Some(RunOutcome::Incomplete)));
    assert_eq!(untrue(&run, &account), Vec::<String>::new());
    let after = ["+function shop-notify", "-role shop-notify", "+function shop-payments", "+function shop-thumbnails"];
    assert_eq!(account.sent()[4..], after);
    assert_eq!(run.state.halted, None);
    let of_key = playbook(&CHAIN, "kms-rotation", OnFailure::Undo);
    let account = Scripted::new(&of_key, &[MIDDLE]);
    let plan = planned(&of_key, &account).await;
    assert_eq!(outcomes(&apply(&of_key, &account, &plan).await), "vvvfvvv", "it has done nothing else");
}

#[tokio::test]
async fn a_playbook_that_stops_stops_the_run() {
    let engine = playbook(&CHAIN, "kms-rotation", OnFailure::Stop);
    let account = Scripted::new(&engine, &[MIDDLE]);
    let plan = planned(&engine, &account).await;
    let run = apply(&engine, &account, &plan).await;
    assert_eq!((outcomes(&run).as_str(), run.state.outcome), ("vvvf---", Some(RunOutcome::Incomplete)));
    assert!(run.state.halted.unwrap().ends_with("its playbook says on_failure: stop"));
    let account = Scripted::new(&engine, &[FIRST]);
    assert_eq!(outcomes(&apply(&engine, &account, &plan).await), "fvvvsvv", "another one's failure does not");
}

#[tokio::test]
async fn the_run_s_word_and_the_playbook_s_hold_both() {
    let mut engine = playbook(&CHAIN, "lambda-tracing", OnFailure::Undo);
    engine.settings.on_failure = OnFailure::Stop;
    let account = Scripted::new(&engine, &["+function shop-notify"]);
    let plan = planned(&engine, &account).await;
    let run = apply(&engine, &account, &plan).await;
    // Its own half is taken back; then nothing more is begun, and the halves that this leaves are taken back too.
    assert_eq!((outcomes(&run).as_str(), stands(&run).as_str()), ("uuuvf--", "wwwpw--"));
}

#[tokio::test]
async fn what_is_a_part_of_a_fix_that_stands_stays() {
    let engine = playbook(&["lambda-dead-letter"], "lambda-dead-letter", OnFailure::Undo);
    let account = Scripted::by(&engine, |_, call| call.contains("shop-cart-cleanup") && !call.starts_with("Put"));
    let plan = planned(&engine, &account).await;
    let run = apply(&engine, &account, &plan).await;
    let told = |run: &rectify::model::Run, id: &str| {
        let found = run.state.plan.changes.iter().find(|change| change.resource.id == id).unwrap();
        (run.state.changes[&found.id].outcome.unwrap(), standing(&run.state, found))
    };
    use rectify::model::ChangeOutcome::{Failed, Undone, Verified};
    assert_eq!(told(&run, "shop-cart-cleanup"), (Failed, Standing::AsItWas));
    // Another function has the same role, and all have the same queue.
    assert_eq!(told(&run, "shop-jobs"), (Verified, Standing::AsPlanned));
    assert_eq!(untrue(&run, &account), Vec::<String>::new());
    let both = |call: &str| call.contains("shop-cart-cleanup") || call.contains("shop-price-import");
    let account = Scripted::by(&engine, move |_, call| both(call) && !call.starts_with("Put"));
    let run = apply(&engine, &account, &plan).await;
    assert_eq!(told(&run, "shop-jobs"), (Undone, Standing::AsItWas));
    assert_eq!(run.state.outcome, Some(RunOutcome::Incomplete));
    assert_eq!(untrue(&run, &account), Vec::<String>::new());
    // The queue cannot be taken back, and says so.
    let account = Scripted::by(&engine, |_, call| {
        call.starts_with("UpdateFunction") || call.starts_with("+function") || call.starts_with("-function")
    });
    let unlimited = Engine {
        settings: {
            let mut settings = engine.settings.clone();
            settings.limits.max_failures = 100;
            settings
        },
        ..engine
    };
    let run = apply(&unlimited, &account, &plan).await;
    let queue =
        run.state.plan.changes.iter().find(|change| change.resource.type_name.as_str() == "AWS::SQS::Queue").unwrap();
    let progress = &run.state.changes[&queue.id];
    assert_eq!(progress.outcome, Some(Verified));
    let reason = progress.reason.clone().unwrap();
    assert!(reason.contains("it is not taken back: "), "{reason}");
    assert_eq!(untrue(&run, &account), Vec::<String>::new());
    assert_eq!(run.state.outcome, Some(RunOutcome::Incomplete));
}

#[tokio::test]
async fn so_many_failures_stop_a_run() {
    let roles = ["+role shop-notify", "+role shop-payments", "+role shop-thumbnails"];
    let (outcomes, _, outcome, halted) = chain(OnFailure::Continue, &roles).await;
    assert_eq!((outcomes.as_str(), outcome), ("fff----", RunOutcome::Incomplete));
    assert_eq!(
        halted.unwrap(),
        "3 changes did not succeed, and the limit is max_failures=3; --limit max_failures=4 lets one more fail"
    );
    // What is skipped because of another one is no failure of its own.
    let two = chain(OnFailure::Continue, &roles[..2]).await;
    assert_eq!((two.0.as_str(), two.3), ("ffvvssv", None));
    let engine = engine(&CHAIN, |settings| settings.limits.max_failures = 4);
    let account = Scripted::new(&engine, &roles);
    let plan = planned(&engine, &account).await;
    assert_eq!(super::scripted::outcomes(&apply(&engine, &account, &plan).await), "fffvsss");
}

#[tokio::test]
async fn what_was_changed_since_the_plan_is_a_failure_too() {
    let engine = engine(&CHAIN, |settings| settings.on_failure = OnFailure::Undo);
    let account = Scripted::new(&engine, &[]);
    let plan = planned(&engine, &account).await;
    account.meddle("5ade0664-d93d-41b2-ac5a-87410d94abb0", "Description", "somebody else's".into());
    let run = apply(&engine, &account, &plan).await;
    assert_eq!((outcomes(&run).as_str(), stands(&run).as_str()), ("uuus---", "www----"));
}

/// Two statements, each removed and added again, and the chain before them.
const STUCK: [&str; 3] = ["lambda-tracing", "kms-rotation", "lambda-permission-source"];

#[tokio::test]
async fn a_stuck_change_stops_the_run_and_is_taken_back_from_where_it_stands() {
    for on_failure in [OnFailure::Continue, OnFailure::Undo] {
        let engine = engine(&STUCK, |settings| settings.on_failure = on_failure);
        let account = Scripted::new(&engine, &["+permission shop-notify", "-permission shop-notify"]);
        let plan = planned(&engine, &account).await;
        let journal = Sqlite::memory().unwrap();
        let run =
            execute(&engine, &account, &journal, Work::New(RunKind::Apply, plan, None), &|_, _| {}).await.unwrap();
        let expected = if on_failure == OnFailure::Undo { "uuuuuuux-" } else { "vvvvvvvx-" };
        assert_eq!((outcomes(&run).as_str(), run.state.outcome), (expected, Some(RunOutcome::Stuck)));
        let stuck = &run.state.plan.changes[7];
        assert!(run.state.halted.clone().unwrap().contains(&format!("change {} is stuck", stuck.id)));
        let reason = run.state.changes[&stuck.id].reason.clone().unwrap();
        let back = r#"these calls bring it back: lambda:AddPermission {"Action":"lambda:InvokeFunction","FunctionName":"shop-notify","Principal":"sns.amazonaws.com","StatementId":"topics"}"#;
        assert!(reason.contains("could not be taken back") && reason.ends_with(back), "{reason}");
        assert_eq!(standing(&run.state, stuck), Standing::Gone);
        assert_eq!(untrue(&run, &account), Vec::<String>::new());
        let (_, left) = undo_plan(&run, &account, &engine.types, false).await.unwrap();
        assert!(left.iter().any(|(change, why)| change.id == stuck.id && why.starts_with("it is stuck: ")), "{left:?}");
        // What a person is told: how each resource is, and what to do.
        let told = rectify::report::text::run(&run);
        let (_, told) = told.split_once("The resources are now:").unwrap();
        let is = if on_failure == OnFailure::Undo { "as it was" } else { "as planned" };
        let names = ["shop-notify", "shop-payments", "shop-thumbnails"];
        let mut lines: Vec<String> = names.iter().map(|name| format!("  AWS::IAM::Role {name}: {is}")).collect();
        lines.push(format!("  AWS::KMS::Key 5ade0664-d93d-41b2-ac5a-87410d94abb0: {is}"));
        lines.extend(names.iter().map(|name| format!("  AWS::Lambda::Function {name}: {is}")));
        lines.push("  AWS::Lambda::Permission shop-notify|topics: in between: it is not there any more".to_owned());
        lines.push("  AWS::Lambda::Permission shop-thumbnails|uploads: untouched".to_owned());
        lines.push(format!(
            "When what stood in the way is gone: `rectify undo {} --force` takes back what is left, from where it stands; `rectify plan` plans anew on it.",
            run.id
        ));
        assert_eq!(told.lines().skip(1).collect::<Vec<_>>(), lines);
        let document = rectify::report::json::run(&run);
        assert_eq!(
            (&document["changes"][7]["status"], &document["changes"][7]["stands"]),
            (&"stuck".into(), &"gone".into())
        );
        // Once the way is free, it is taken back by force, from where it stands.
        let account = account.healed();
        let (back, left) = undo_plan(&run, &account, &engine.types, true).await.unwrap();
        assert_eq!(left.len(), 0, "{left:?}");
        let work = Work::New(RunKind::Undo, back, Some(run.id.clone()));
        let undone = execute(&engine, &account, &journal, work, &|_, _| {}).await.unwrap();
        assert_eq!(undone.state.outcome, Some(RunOutcome::Verified));
        let world = account.sandbox.world();
        for old in account.before.resources() {
            assert_eq!(world.get(&old.key()).map(|new| &new.properties), Some(&old.properties), "{}", old.key());
        }
        assert_eq!(world.len(), account.before.len());
    }
}

#[tokio::test]
async fn a_run_that_is_killed_anywhere_comes_to_the_same_end() {
    let scripts: [(OnFailure, &[&str]); 5] = [
        (OnFailure::Undo, &[LAST]),
        (OnFailure::Undo, &[LAST, "-role shop-payments"]),
        (OnFailure::Undo, &[MIDDLE]),
        (OnFailure::Stop, &[MIDDLE]),
        (OnFailure::Continue, &["+role shop-notify", "+role shop-payments", "+key"]),
    ];
    // What the machine that goes on would have done itself does not count.
    let elsewhere = engine(&CHAIN, |_| {});
    for (on_failure, refused) in scripts {
        let engine = engine(&CHAIN, |settings| settings.on_failure = on_failure);
        let whole = Scripted::new(&engine, refused);
        let plan = planned(&engine, &whole).await;
        let journal = Sqlite::memory().unwrap();
        let work = || Work::New(RunKind::Apply, plan.clone(), None);
        let run = execute(&engine, &whole, &journal, work(), &|_, _| {}).await.unwrap();
        let count = journal.chain_len(&run.id).await;
        for records in 1..count {
            let account = Scripted::new(&engine, refused);
            let journal = Sqlite::memory().unwrap();
            let dying = Dying::after(records, &journal);
            assert!(execute(&engine, &account, &dying, work(), &|_, _| {}).await.is_err());
            let id = rectify::journal::Journal::runs(&journal).await.unwrap().remove(0);
            let half = load(&journal, id.as_str()).await.unwrap();
            let resumed = execute(&elsewhere, &account, &journal, Work::Resume(half), &|_, _| {}).await.unwrap();
            let told =
                |run: &rectify::model::Run| (outcomes(run), stands(run), run.state.outcome, run.state.halted.is_some());
            assert_eq!(told(&resumed), told(&run), "{on_failure:?} {refused:?} killed after {records} of {count}");
            assert_eq!(untrue(&resumed, &account), Vec::<String>::new());
            let done = |account: &Scripted| {
                let mut sent: Vec<String> = account.sent();
                sent.retain(|call| !refused.contains(&call.as_str()));
                sent
            };
            assert_eq!(done(&account), done(&whole), "nothing twice, killed after {records}");
        }
    }
}

trait Length {
    async fn chain_len(&self, run: &rectify::model::RunId) -> usize;
}

impl Length for Sqlite {
    async fn chain_len(&self, run: &rectify::model::RunId) -> usize {
        events(self, run).await.len()
    }
}

/// Policies whose fixes are of every kind: creates and deletes, several calls, dependencies, shared parts, what cannot be undone.
const MANY: [&str; 12] = [
    "lambda-tracing",
    "kms-rotation",
    "lambda-permission-source",
    "lambda-dead-letter",
    "lambda-log-group",
    "lambda-no-public-policy",
    "lambda-url-auth",
    "apigw-tracing",
    "apigw-client-certificate",
    "iam-group-wildcard",
    "sqs-encryption",
    "kms-pending-deletion",
];

fn on_failure() -> impl Strategy<Value = OnFailure> {
    prop::sample::select(OnFailure::ALL.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, max_shrink_iters: 32, ..ProptestConfig::default() })]

    /// Whatever fails, and whatever fails while that is taken back: the state of each resource is the one that the run tells,
    /// and where nobody is needed none is in between.
    #[test]
    fn every_resource_is_as_the_run_says(
        run_wants in on_failure(),
        playbooks_want in prop::collection::vec(on_failure(), 6),
        wanted in prop::collection::vec(prop::bool::weighted(0.4), 37),
        refused in prop::collection::vec(prop::bool::weighted(0.2), 120),
        max_failures in 1_u32..8,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut engine = engine(&MANY, |settings| {
                settings.on_failure = run_wants;
                settings.limits.max_failures = max_failures;
            });
            let wants = engine.bundle.playbooks.values_mut().zip(playbooks_want.iter().cycle());
            wants.for_each(|(playbook, wanted)| playbook.on_failure = *wanted);
            let account = Scripted::by(&engine, move |number, _| refused.get(number).copied().unwrap_or(false));
            let ids: Vec<_> = engine.demo().resources().map(|resource| resource.id.clone()).collect();
            let picks = |id: &str| {
                let index = ids.iter().position(|other| other == id).unwrap_or_default();
                wanted.get(index % wanted.len()).copied().unwrap_or(true)
            };
            let plan = seal(engine.plan(&account, picks).await);
            let run = apply(&engine, &account, &plan).await;
            prop_assert_eq!(untrue(&run, &account), Vec::<String>::new());
            let person = run.state.outcome == Some(RunOutcome::Stuck);
            prop_assert!(person || !outcomes(&run).contains('x'));
            prop_assert!(person || !stands(&run).contains('?'));
            if run_wants == OnFailure::Undo && !run.state.failures.is_empty() && !person {
                // Nothing stands but what cannot be taken back, and what that needs.
                for change in &run.state.plan.changes {
                    let stays = run.state.stays.contains(&change.id);
                    prop_assert!(stays || standing(&run.state, change) != Standing::AsPlanned);
                }
            }
            Ok(())
        })?;
    }
}
