//! The real binary, killed in the middle of every call, and between a call and the next one; and with a journal in DynamoDB,
//! before and after each record reaches it. `rectify runs resume` brings each run to its end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use rectify::model::{ChangeOutcome, RunOutcome};
use serde_json::{Value, json};

use super::support::field;
use super::support::proxy::Request;
use super::support::{Fault, Field, Gate, Kept, On};

/// Emulators at once, each with its binary.
const AT_ONCE: usize = 3;

/// What is changed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Plan {
    /// Two changes of one call each.
    Keys,
    /// A key is made (two calls), an alias is given to it, and a table gets it: creates, and changes that depend on each other.
    Table,
    /// The same taken back: something is deleted.
    TableBack,
}

/// Where the process dies.
#[derive(Clone, Debug)]
struct Death {
    plan: Plan,
    /// Which of the requests of that kind.
    index: usize,
    /// Of the journal, or of the account.
    record: bool,
    /// Whether the service acts first.
    after: bool,
}

/// What stands in the account, without ids of the service's.
#[derive(Clone, Debug, PartialEq)]
struct Stands {
    /// Whether each key is rotated, sorted.
    keys: Vec<bool>,
    aliases: BTreeSet<String>,
    /// Whether the table has a key.
    table: Option<bool>,
}

impl Plan {
    fn make(self, field: &Field) {
        match self {
            Self::Keys => {
                for n in 0..2 {
                    field.ask("kms", "TrentService.CreateKey", &json!({"Description": format!("key {n}")}));
                }
            }
            Self::Table | Self::TableBack => {
                field.make_orders();
            }
        }
        if self == Self::TableBack {
            field.rectify(&Self::Table.arguments(field)).ended(0);
            field.proxy.forget();
        }
    }

    fn arguments(self, field: &Field) -> Vec<&'static str> {
        let policies = match self {
            Self::Keys => "kms-rotation",
            Self::Table => "dynamodb-kms",
            Self::TableBack => {
                let done = field.runs().pop().expect("a run to take back").id.to_string();
                return vec!["undo", Box::leak(done.into_boxed_str()), "--yes", "--hold", "2"];
            }
        };
        vec!["apply", "--policies", policies, "--yes", "--approve", "all", "--hold", "2"]
    }

    fn stands(self, field: &Field) -> Stands {
        let list = |service: &str, target: &str, name: &str| {
            field.ask(service, target, &json!({}))[name].as_array().cloned().unwrap_or_default()
        };
        let rotated = |key: &Value| {
            field.ask("kms", "TrentService.GetKeyRotationStatus", &json!({"KeyId": key["KeyId"]}))["KeyRotationEnabled"]
                == true
        };
        let mut keys: Vec<bool> = list("kms", "TrentService.ListKeys", "Keys").iter().map(rotated).collect();
        keys.sort_unstable();
        let alias = |alias: &Value| alias["AliasName"].as_str().unwrap_or_default().to_owned();
        let aliases = list("kms", "TrentService.ListAliases", "Aliases");
        let aliases = aliases.iter().map(alias);
        Stands {
            keys,
            aliases: aliases.filter(|name| !name.starts_with("alias/aws/")).collect(),
            table: (self != Self::Keys).then(|| field.key_of_orders().is_some()),
        }
    }
}

/// Whether a request writes a record of a run.
fn is_record(request: &Request) -> bool {
    let place = ["Item", "Key"].map(|member| request.call.input[member]["pk"]["S"].as_str().unwrap_or_default());
    request.write && request.call.service == "dynamodb" && place.iter().any(|place| place.starts_with("run#"))
}

fn is_of_the_account(request: &Request) -> bool {
    request.call.service != "sts" && request.call.input["TableName"] != field::TABLE
}

/// What an undisturbed run comes to, and where one can die in it.
fn undisturbed(plan: Plan, kept: Kept) -> (Stands, Stands, Vec<Death>) {
    let field = Field::new(kept);
    plan.make(&field);
    let before = plan.stands(&field);
    // A key that was made stays, and an undo says so.
    let stays = plan == Plan::TableBack;
    field.rectify(&plan.arguments(&field)).ended(i32::from(stays));
    let after = plan.stands(&field);
    let requests = field.proxy.requests();
    let mut deaths = Vec::new();
    let death = |index: usize, record: bool, after: bool| Death { plan, index, record, after };
    if kept == Kept::DynamoDb {
        let records = requests.iter().filter(|request| is_record(request)).count();
        assert!(records >= 8, "{records} records");
        deaths.extend((0..records).flat_map(|index| [death(index, true, false), death(index, true, true)]));
        return (before, after, deaths);
    }
    let ours: Vec<&Request> = requests.iter().filter(|request| is_of_the_account(request)).collect();
    for (index, request) in ours.iter().enumerate().filter(|(_, request)| request.write) {
        assert!(request.passed);
        deaths.extend([death(index, false, false), death(index, false, true)]);
        // The look at the resource just before, and the first one after.
        let near = [index.checked_sub(1), Some(index + 1)].into_iter().flatten();
        let reads = near.filter(|near| ours.get(*near).is_some_and(|near| !near.write));
        deaths.extend(reads.map(|near| death(near, false, false)));
    }
    (before, after, deaths)
}

/// Lives one death on an account of its own; what is wrong with what comes after.
fn die(field: &mut Field, death: &Death, before: &Stands, after: &Stands) -> Vec<String> {
    let plan = death.plan;
    field.begin_again();
    plan.make(field);
    let arguments = plan.arguments(field);
    let earlier: BTreeSet<String> = field.runs().into_iter().map(|run| run.id.to_string()).collect();
    let gate = Gate::default();
    let fault = if death.after { Fault::HeldAfter(gate.clone()) } else { Fault::HeldBefore(gate.clone()) };
    let fits: fn(&Request) -> bool = if death.record { is_record } else { is_of_the_account };
    field.proxy.fail(On::matching(fits).after(death.index), fault, 1);
    let mut child = field.start(&arguments);
    if !gate.reached(Duration::from_secs(60)) {
        let _ = child.kill();
        let _ = child.wait();
        return vec!["it did not come so far".to_owned()];
    }
    child.kill().expect("a process can be killed");
    child.wait().expect("a killed process ends");
    gate.open();
    let mut runs = field.runs().into_iter().filter(|run| !earlier.contains(run.id.as_str()));
    let Some(run) = runs.next_back() else {
        // Nothing was begun: nothing has happened.
        let stands = plan.stands(field);
        return if stands == *before { vec![] } else { vec![format!("no run, and {stands:?}")] };
    };
    let mut told = Vec::new();
    if run.state.outcome.is_none() {
        let resumed = field.rectify(&["runs", "resume", run.id.as_str(), "--hold", "2", "--format", "json"]);
        let ended = field.run(run.id.as_str());
        let outcome = ended.state.outcome;
        let code = match outcome {
            Some(RunOutcome::Verified) => 0,
            Some(RunOutcome::Incomplete) => 3,
            _ => -1,
        };
        if resumed.code != Some(code) {
            told.push(format!(
                "resume ends with {:?}, and the run is {outcome:?}: {}{}",
                resumed.code, resumed.out, resumed.err
            ));
        }
        if outcome == Some(RunOutcome::Incomplete) {
            // Only what would be created under an id of the service's is not sent again: a new plan does it.
            let failed: Vec<_> = ended
                .state
                .changes
                .iter()
                .filter(|(_, progress)| progress.outcome == Some(ChangeOutcome::Failed))
                .collect();
            let created = failed.iter().all(|(id, _)| id.as_str() == ended.state.plan.changes[0].id.as_str());
            if plan != Plan::Table || failed.len() != 1 || !created || plan.stands(field) != *before {
                told.push(format!("the run is {outcome:?}: {:?}", ended.state.changes));
            }
            field.rectify(&plan.arguments(field)).ended(0);
        }
    }
    let stands = plan.stands(field);
    if stands != *after {
        told.push(format!("{stands:?}, and should be {after:?}"));
    }
    let mut done: BTreeMap<String, usize> = BTreeMap::new();
    let writes = field
        .proxy
        .requests()
        .into_iter()
        .filter(|request| request.write && request.passed && is_of_the_account(request));
    writes.for_each(|request| *done.entry(format!("{:?}", request.call)).or_default() += 1);
    told.extend(
        done.into_iter().filter(|(_, times)| *times > 1).map(|(call, times)| format!("{call} was done {times} times")),
    );
    told
}

fn every_death(plan: Plan, kept: Kept) {
    let (before, after, deaths) = undisturbed(plan, kept);
    assert_ne!(before, after);
    let next = AtomicUsize::new(0);
    let work = || {
        let mut field = Field::new(kept);
        let mut told = Vec::new();
        while let Some(death) = deaths.get(next.fetch_add(1, Ordering::Relaxed)) {
            let wrong = die(&mut field, death, &before, &after);
            told.extend(wrong.into_iter().map(|wrong| format!("{death:?}: {wrong}")));
        }
        told
    };
    let broken: Vec<String> = thread::scope(|scope| {
        let working: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(work)).collect();
        working.into_iter().flat_map(|thread| thread.join().expect("a death is lived")).collect()
    });
    println!("{plan:?} on {kept:?}: killed {} times", deaths.len());
    assert!(broken.is_empty(), "of {} deaths:\n{}", deaths.len(), broken.join("\n"));
}

#[test]
fn killed_in_every_call_and_between_them() {
    for plan in [Plan::Keys, Plan::Table, Plan::TableBack] {
        every_death(plan, Kept::Sqlite);
    }
}

#[test]
fn killed_at_every_record_of_a_journal_in_dynamodb() {
    every_death(Plan::Keys, Kept::DynamoDb);
}
