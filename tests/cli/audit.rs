//! Who did what and why, whether a run's records are as they were written, and one process at a time.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::runner::{DEMO, Told, World, documents};
use super::support::emulator::connect;
use super::support::http::Message;
use super::support::venv::Venv;
use super::support::{Emulator, Fault, Kind, On, Proxy};

const KEY: &str = "5ade0664-d93d-41b2-ac5a-87410d94abb0";
const KEYS: usize = 5;
const ENABLE: &str = "EnableKeyRotation";

/// The demo account after a run by alice.
fn applied() -> (World, String) {
    let world = World::new();
    let arguments = ["--cloud", "sandbox:shop.jsonl", "apply", "--policies", "kms-rotation", "--yes"];
    Told::of(world.command(&arguments).env("USER", "alice")).ends(0);
    let run = world.last_run();
    (world, run)
}

/// Does to the journal what anybody can who may write the file.
fn sql(world: &World, statement: &str) {
    let changed = rusqlite::Connection::open(world.path("state/journal.db")).unwrap().execute(statement, []).unwrap();
    assert_eq!(changed, 1, "{statement}");
}

fn edit(world: &World, run: &str, record: u64, from: &str, to: &str) {
    let place = format!("partition = 'run#{run}' AND sort = '{record:010}'");
    sql(world, &format!("UPDATE items SET body = replace(body, '{from}', '{to}') WHERE {place}"));
}

/// Cuts a run's last record off.
pub fn tear(world: &World, run: &str) {
    let last = format!("SELECT max(sort) FROM items WHERE partition = 'run#{run}'");
    sql(
        world,
        &format!(
            "UPDATE items SET body = substr(body, 1, length(body) - 20) WHERE partition = 'run#{run}' AND sort = ({last})"
        ),
    );
}

#[test]
fn a_run_tells_who_what_why_before_after_and_each_call() {
    let (world, run) = applied();
    let told = world.run(&["runs", "show", &run, "--format", "json"]).ends(0).json();
    let by = told["by"].as_array().unwrap();
    assert_eq!(by.len(), 1);
    assert_eq!(by[0]["who"], json!({"caller": "local user alice"}));
    assert_eq!(by[0]["at"], told["started_at"]);
    let plan = world.shop(&["plan", "--format", "json"]).json();
    assert_eq!(told["bundle"], plan["bundle_digest"]);
    let trace = &told["trace"][0];
    assert_eq!(told["trace"].as_array().unwrap().len(), 1);
    assert_eq!((&trace["resource"]["id"], &trace["takes_back"]), (&json!(KEY), &Value::Null));
    let why = &trace["why"][0];
    assert_eq!(why["finding"]["policy"], "kms-rotation");
    let text = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/policies/kms/rotation.rego")).unwrap();
    assert_eq!(why["policy_version"], rectify::engine::sha256(&text).0);
    assert_eq!(trace["before"]["properties"]["EnableKeyRotation"], false);
    assert_eq!(trace["after"]["properties"]["EnableKeyRotation"], true);
    let call = &trace["calls"][0];
    assert_eq!(call["call"]["operation"], ENABLE);
    assert_eq!(call["call"]["input"], json!({"KeyId": KEY}));
    assert_eq!((&call["back"], &call["refused"]), (&json!(false), &Value::Null));
    assert!(call["sent_at"].as_str().unwrap() <= call["answered_at"].as_str().unwrap());

    let shown = world.run(&["runs", "show", &run]).ends(0).out;
    for part in [
        "verified   AWS::KMS::Key ",
        "begun by local user alice ",
        "why      kms-rotation (medium): The key is not rotated automatically.",
        why["policy_version"].as_str().unwrap(),
        "/EnableKeyRotation  false → true",
        &format!("call     kms:EnableKeyRotation {{\"KeyId\":\"{KEY}\"}}"),
        "whole: 6 records, the last one's hash is sha256:",
    ] {
        assert!(shown.contains(part), "no {part} in\n{shown}");
    }
}

#[test]
fn verify_says_whether_a_run_is_as_it_was_written() {
    let (world, run) = applied();
    world.shop(&["undo", &run, "--yes"]).ends(0);
    let undo = world.last_run();
    let all = world.run(&["runs", "verify", "--format", "json"]).ends(0).json();
    let names: Vec<&Value> = all.as_array().unwrap().iter().map(|worth| &worth["run"]).collect();
    assert_eq!(names, [&undo, &run]);
    let whole = world.run(&["runs", "verify", &run, "--format", "json"]).ends(0).json();
    let head = whole["head"].as_str().unwrap().to_owned();
    let expected =
        json!({"run": run, "verdict": "whole", "records": 6, "head": head, "torn": [], "broken": null, "kept": null});
    assert_eq!(whole, expected);
    assert_eq!(
        world.run(&["runs", "verify", &run]).ends(0).out,
        format!("run {run} whole: 6 records, the last one's hash is {head}\n")
    );
    let kept = world.run(&["runs", "verify", &run, "--head", &head, "--format", "json"]).ends(0).json();
    assert_eq!(kept["kept"], 5);

    // What stood there before is changed: whoever looks at the run alone would not see it.
    edit(&world, &run, 1, "\"EnableKeyRotation\":false", "\"EnableKeyRotation\":true");
    let broken = world.run(&["runs", "verify", &run, "--format", "json"]).ends(4).json();
    assert_eq!(broken["verdict"], "broken");
    assert_eq!(broken["broken"], json!({"record": 1, "what": "is not what was written there"}));
    let told = world.run(&["runs", "verify"]).ends(4);
    assert!(
        told.out.contains(&format!("run {run} not as it was written: record 1 is not what was written there\n")),
        "{told}"
    );
    assert!(told.out.contains(&format!("run {undo} whole: ")), "{told}");
    let listed = world.run(&["runs"]).ends(0);
    assert!(listed.out.contains("not as it was written: record 1"), "{listed}");
    assert!(world.run(&["runs", "show", &run]).ends(4).out.contains("not as it was written: record 1"));
}

#[test]
fn nothing_is_done_on_the_word_of_a_run_that_was_edited() {
    let (world, run) = applied();
    edit(&world, &run, 4, "\"change_verified\"", "\"change_verified\" ");
    let before = (world.read("shop.jsonl"), world.run(&["runs", "--format", "json"]).out);
    for arguments in [&["undo", &run, "--yes"][..], &["runs", "resume", &run]] {
        let told = world.shop(arguments).ends(2);
        let error = format!(
            "error: run {run} is not as it was written: record 4 is not what was written there; nothing is done on its word\nhelp: `rectify runs verify {run}`"
        );
        assert!(told.err.starts_with(&error), "{told}");
    }
    assert_eq!((world.read("shop.jsonl"), world.run(&["runs", "--format", "json"]).out), before);
}

#[test]
fn records_that_are_taken_away_are_missed() {
    let (world, run) = applied();
    let head = world.run(&["runs", "verify", &run, "--format", "json"]).json()["head"].as_str().unwrap().to_owned();
    sql(&world, &format!("DELETE FROM items WHERE partition = 'run#{run}' AND sort = '0000000005'"));
    let told = world.run(&["runs", "verify", &run]).ends(4);
    assert_eq!(told.out, format!("run {run} not as it was written: record 5 is missing: there were 6\n"));
    // Who can write the journal can also write the line. A hash that was kept elsewhere finds that too.
    let four = format!("SELECT substr(body, -73, 71) FROM items WHERE partition = 'run#{run}' AND sort = '0000000004'");
    sql(
        &world,
        &format!(
            "UPDATE items SET body = replace(substr(body, 1, instr(body, ',\"number\"') - 1), '', '') || ',\"number\":4,\"hash\":\"' || ({four}) || '\"}}' WHERE partition = 'runs' AND sort = '{run}'"
        ),
    );
    world.run(&["runs", "verify", &run]).ends(0);
    let told = world.run(&["runs", "verify", &run, "--head", &head]).ends(4);
    assert_eq!(told.out, format!("run {run} not as it was written: none of its records has the hash that was kept\n"));
}

#[test]
fn a_run_whose_last_record_is_torn_is_brought_to_its_end() {
    let (world, run) = applied();
    let after = world.read("shop.jsonl");
    tear(&world, &run);
    let told = world.run(&["runs", "verify", &run]).ends(1);
    let torn =
        format!("run {run} torn: record 5 is cut off; `rectify runs resume {run}` goes on from the one before it\n");
    assert_eq!(told.out, torn);
    assert!(world.run(&["runs", "show", &run]).ends(0).out.contains(&torn));
    world.shop(&["runs", "resume", &run]).ends(0);
    let worth = world.run(&["runs", "verify", &run, "--format", "json"]).ends(0).json();
    assert_eq!((&worth["verdict"], &worth["records"]), (&json!("whole"), &json!(8)));
    assert_eq!(worth["torn"], json!([{"number": 5, "why": "is cut off"}]));
    assert_eq!(world.read("shop.jsonl"), after, "nothing is done twice");
    world.shop(&["undo", &run, "--yes"]).ends(0);
    assert_eq!(world.documents("shop.jsonl"), documents(DEMO));
}

/// Every record of a run is torn in turn, with those after it gone: whatever it had announced, the run comes to its end.
#[test]
fn a_run_is_brought_to_its_end_whichever_record_is_torn() {
    for record in 1..6 {
        let (world, run) = applied();
        let after = world.documents("shop.jsonl");
        let gone = 5 - record;
        let deleted = rusqlite::Connection::open(world.path("state/journal.db")).unwrap();
        let delete = format!("DELETE FROM items WHERE partition = 'run#{run}' AND sort > '{record:010}'");
        assert_eq!(deleted.execute(&delete, []).unwrap(), gone);
        tear(&world, &run);
        // Its writer ended before the line of the run.
        let line = deleted.execute(&format!("DELETE FROM items WHERE partition = 'runs' AND sort = '{run}'"), []);
        assert_eq!(line.unwrap(), 1);
        let without = world.run(&["runs", "verify", &run, "--format", "json"]).ends(4).json();
        assert_eq!(without["broken"]["record"], 1, "a second record is written after the line");
        restore_line(&world, &run, record - 1);
        assert_eq!(world.run(&["runs", "verify", &run, "--format", "json"]).json()["verdict"], "torn", "{record}");
        world.shop(&["runs", "resume", &run]);
        let run_now = world.run(&["runs", "show", &run, "--format", "json"]).json();
        let status = &run_now["changes"][0]["status"];
        // A change that had not been begun is not what the plan was made from any more: it is left alone.
        let expected = if record == 1 { "skipped" } else { "verified" };
        assert_eq!(status, expected, "record {record}: {run_now:#}");
        assert_eq!(world.documents("shop.jsonl"), after, "record {record}");
        world.run(&["runs", "verify", &run]).ends(0);
    }
}

/// Writes the line of a run as it stands when a record was written last.
fn restore_line(world: &World, run: &str, record: usize) {
    let database = rusqlite::Connection::open(world.path("state/journal.db")).unwrap();
    let body = |number: usize| -> Value {
        let select = format!("SELECT body FROM items WHERE partition = 'run#{run}' AND sort = '{number:010}'");
        serde_json::from_str(&database.query_row(&select, [], |row| row.get::<_, String>(0)).unwrap()).unwrap()
    };
    let line = format!(r#"{{"at":{},"number":{record},"hash":{}}}"#, body(0)["at"], body(record)["hash"]);
    let insert = "INSERT INTO items (partition, sort, body, version) VALUES ('runs', ?1, ?2, 1)";
    assert_eq!(database.execute(insert, [run, &line]).unwrap(), 1);
}

/// Keys that are not rotated, and a proxy before them.
struct Account {
    world: World,
    emulator: Emulator,
    proxy: Proxy,
}

impl Account {
    fn new() -> Self {
        let emulator = Emulator::start(Kind::Ministack);
        let make = format!("import boto3\nfor _ in range({KEYS}): boto3.client('kms').create_key()");
        Venv::shared().run(&make, &[], Some(&emulator.endpoint()));
        let proxy = Proxy::before(&emulator);
        Self { world: World::empty(), emulator, proxy }
    }

    fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.world.command(arguments);
        connect(&mut command, &self.proxy.endpoint());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Told {
        told(self.start(arguments))
    }

    /// Starts to enable the rotation of each key, slowly, and waits until two have been asked for.
    fn begin(&self, hold: &str, delay: u64) -> Child {
        self.proxy.fail(On::call("kms", ENABLE), Fault::Delay(Duration::from_millis(delay)), KEYS);
        let child = self.start(&["apply", "--policies", "kms-rotation", "--yes", "--hold", hold, "--format", "json"]);
        let started = Instant::now();
        while self.enables() < 2 {
            assert!(started.elapsed() < Duration::from_secs(60), "it does not begin");
            sleep(Duration::from_millis(10));
        }
        child
    }

    fn enables(&self) -> usize {
        self.proxy.writes().iter().filter(|call| call.operation == ENABLE).count()
    }

    fn enabled(&self) -> usize {
        let script = "import boto3\nkms = boto3.client('kms')\nprint(sum(kms.get_key_rotation_status(KeyId=k['KeyId'])['KeyRotationEnabled'] for k in kms.list_keys()['Keys']))";
        Venv::shared().run(script, &[], Some(&self.emulator.endpoint())).trim().parse().unwrap()
    }
}

fn told(child: Child) -> Told {
    let output = child.wait_with_output().unwrap();
    Told {
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code(),
    }
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

#[test]
fn each_call_has_the_id_of_its_request_whether_it_was_done_or_refused() {
    let account = Account::new();
    let refused = |_: Message| {
        let body = r#"{"__type":"AccessDeniedException","message":"no"}"#;
        let headers = [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-requestid", "refused-1")];
        Message::new("HTTP/1.1 400 Bad Request", &headers, body)
    };
    account.proxy.fail(On::call("kms", ENABLE), Fault::Amended(Arc::new(refused)), 1);
    drop(account.run(&["apply", "--policies", "kms-rotation", "--yes"]));
    let run = account.world.last_run();
    let told = account.world.run(&["runs", "show", &run, "--format", "json"]).json();
    let calls: Vec<&Value> =
        told["trace"].as_array().unwrap().iter().flat_map(|t| t["calls"].as_array().unwrap()).collect();
    let ids: Vec<Option<&str>> = calls.iter().map(|call| call["request_id"].as_str()).collect();
    let requests = account.proxy.requests();
    let of = |request: &&super::support::proxy::Request| request.call.operation == ENABLE;
    let sent: Vec<Option<&str>> = requests.iter().filter(of).map(|request| request.request_id.as_deref()).collect();
    assert!(ids.starts_with(&sent[..1]) && sent[0] == Some("refused-1"), "{ids:?} {sent:?}");
    assert!(calls[0]["refused"].as_str().unwrap().starts_with("kms:EnableKeyRotation: AccessDeniedException: no"));
    assert_eq!(ids.iter().filter(|id| id.is_some()).count(), ids.len(), "{ids:?}");
    let caller = told["by"][0]["who"]["caller"].as_str().unwrap();
    assert!(caller.starts_with("arn:aws:"), "{caller}");
}

#[test]
fn a_process_that_was_killed_is_waited_for_and_of_two_that_come_next_one_goes_on() {
    let account = Account::new();
    let mut first = account.begin("15", 500);
    first.kill().unwrap();
    first.wait().unwrap();
    let run = account.world.last_run();
    // Nobody changes its resources before it has come to its end.
    let next = account.run(&["apply", "--policies", "kms-rotation", "--yes", "--hold", "10"]);
    let refused =
        next.err.contains(&format!("run {run} was changing ")) && next.err.contains("did not come to its end");
    assert!(next.code == Some(2) && refused, "{next}");
    assert!(next.err.contains(" is held by `rectify apply` of arn:aws:"), "it is waited for: {next}");

    let racers = [0, 1].map(|_| account.start(&["runs", "resume", &run, "--hold", "10", "--format", "json"]));
    let racers = racers.map(told);
    let codes: Vec<Option<i32>> = racers.iter().map(|racer| racer.code).collect();
    let (winner, loser) = if codes[0] == Some(0) { (&racers[0], &racers[1]) } else { (&racers[1], &racers[0]) };
    assert_eq!((winner.code, loser.code), (Some(0), Some(2)), "{winner}\n{loser}");
    let late = loser.err.contains("has ended; there is nothing to go on with");
    let held = loser.err.contains("is held by `rectify runs resume` of arn:aws:");
    assert!(late || held, "{loser}");
    assert_eq!(winner.json()["outcome"], "verified");
    assert_eq!(account.enabled(), KEYS);
    let worth = account.world.run(&["runs", "verify", &run, "--format", "json"]).ends(0).json();
    assert_eq!(worth["verdict"], "whole");
    let by = account.world.run(&["runs", "show", &run, "--format", "json"]).json();
    assert_eq!(by["by"].as_array().unwrap().len(), 2, "the one who began it, and the one who went on");
}

#[test]
fn whoever_comes_while_another_is_at_work_is_told_who_it_is() {
    let account = Account::new();
    let first = account.begin("4", 3000);
    let told = account.run(&["apply", "--policies", "kms-rotation", "--yes"]).ends(2);
    let first = self::told(first).ends(0);
    let line = told.err.lines().find(|line| line.starts_with("error: ")).unwrap();
    for part in [" is held by `rectify apply` of arn:aws:", " (process ", " since 20", ", until 20"] {
        assert!(line.contains(part), "no {part} in {line}");
    }
    assert!(told.err.contains("help: it is at work: come again when it has ended"), "{told}");
    assert_eq!((first.json()["outcome"].as_str(), account.enabled()), (Some("verified"), KEYS));
    assert_eq!(account.enables(), KEYS);
    // It has let go.
    let again = account.run(&["undo", &account.world.last_run(), "--yes"]).ends(0);
    assert!(!again.err.contains("is held by"), "{again}");
}

/// A process that sleeps longer than its lease does nothing more when it wakes up.
#[test]
fn whoever_has_lost_what_it_held_writes_and_sends_nothing_more() {
    let account = Account::new();
    let sleeper = account.begin("2", 500);
    signal(&sleeper, "-STOP");
    let run = account.world.last_run();
    let resumed = account.run(&["runs", "resume", &run, "--hold", "10", "--format", "json"]).ends(0).json();
    assert_eq!(resumed["outcome"], "verified");
    let (before, sent) = (account.world.run(&["runs", "verify", &run]).ends(0).out, account.enables());
    signal(&sleeper, "-CONT");
    let told = self::told(sleeper).ends(4);
    assert!(
        told.err.contains("nothing more is written or sent") || told.err.contains("another process goes on"),
        "{told}"
    );
    assert_eq!((account.world.run(&["runs", "verify", &run]).ends(0).out, account.enables()), (before, sent));
    assert_eq!(account.enabled(), KEYS);
}
