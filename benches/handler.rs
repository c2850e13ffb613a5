//! What an event costs beside AWS's share: how long a handler takes to be ready, and from an event to a decision; how large
//! the binary is, and how much memory the process has taken.
//!
//! `cargo bench` prints it. The times are of this machine: compare the ratios, in one run.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark says what it needs by failing, and prints"
)]

use std::hint::black_box;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use rectify::cloud::{Cloud, DEMO, OneAccount, Sandbox, aws, snapshot_file};
use rectify::engine::{Bundle, Settings};
use rectify::event::handler::Handler;
use rectify::event::mode::{EventOptions, Mode};
use rectify::event::notice::Notices;
use rectify::journal::{Ledger, Sqlite, Store};
use rectify::model::{ResourceType, ResourceTypes};
use rectify::text::Source;
use serde_json::{Value, json};

const TIMES: u32 = 100;

fn types() -> ResourceTypes {
    ResourceTypes::new(aws::TYPES.iter().map(|kind| *kind as &dyn ResourceType))
}

fn handler(bundle: &Bundle) -> Handler {
    let world = snapshot_file::parse(&Source::new("demo.jsonl", DEMO), &types()).unwrap();
    let cloud: Arc<dyn Cloud> = Arc::new(Sandbox::memory(world, types()));
    let store: Arc<dyn Store> = Arc::new(Sqlite::memory().unwrap());
    Handler {
        types: types(),
        bundle: bundle.clone(),
        settings: Settings { fingerprint_key: "file".to_owned(), ..Settings::new(Timestamp::now()) },
        clouds: Arc::new(OneAccount(cloud)),
        ledger: Ledger::new(store.clone()),
        journal: store,
        options: EventOptions { mode: Mode::Observe, ..EventOptions::default() },
        mode: Mode::Enforce,
        queue: None,
        notices: Notices::default(),
        hold: SignedDuration::from_secs(120),
        clock: Timestamp::now,
    }
}

/// The record of a call about a KMS key.
fn event(number: u32, key: &str) -> Value {
    let now = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    json!({
        "version": "0", "id": format!("event-{key}-{number}"), "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.kms", "account": "111122223333", "time": now, "region": "eu-west-1", "resources": [],
        "detail": {
            "eventVersion": "1.11", "eventTime": now, "eventSource": "kms.amazonaws.com", "eventName": "PutKeyPolicy",
            "awsRegion": "eu-west-1", "requestParameters": {"keyId": key}, "responseElements": null, "readOnly": false,
            "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/u"}, "recipientAccountId": "111122223333",
        },
    })
}

/// The middle of many times.
fn median(mut once: impl FnMut(u32) -> Duration) -> Duration {
    let mut times: Vec<Duration> = (0..TIMES).map(&mut once).collect();
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let began = Instant::now();
    black_box(work());
    began.elapsed()
}

/// The most memory that this process has had, in MiB, where the system tells.
fn peak() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<f64>().ok()? / 1024.0)
}

fn main() {
    let bundle = Bundle::embedded(&types()).unwrap_or_else(|told| panic!("{told:?}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let stop = AtomicBool::new(false);
    let binary = env!("CARGO_BIN_EXE_rectify");
    let start = |arguments: &[&str]| {
        let mut command = Command::new(binary);
        command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        timed(|| command.status().unwrap())
    };

    let bare = median(|_| start(&["--version"]));
    let ready = median(|_| timed(|| Bundle::embedded(&types()).is_ok()));
    // Of the demo's keys one is clean and one is violated.
    let decide = |key: &str| {
        let handler = handler(&bundle);
        median(|number| timed(|| runtime.block_on(handler.handle(&event(number, key), &stop)).is_ok()))
    };
    let ignored = {
        let handler = handler(&bundle);
        let mut read = event(0, "k");
        read["detail"]["readOnly"] = true.into();
        median(|_| timed(|| runtime.block_on(handler.handle(&read, &stop)).is_ok()))
    };
    let (clean, violated) =
        (decide("4ae24e27-29b0-49e8-a8a1-335612a95631"), decide("5ade0664-d93d-41b2-ac5a-87410d94abb0"));

    let show = |what: &str, time: Duration| {
        println!(
            "{what:<58} {:>9.3} ms  {:>7.2}",
            time.as_secs_f64() * 1000.0,
            time.as_secs_f64() / ready.as_secs_f64()
        );
    };
    println!("{:<58} {:>12}  {:>7}", "the median of 100", "", "ratio");
    show("a process that only starts", bare);
    show("init: policies and playbooks loaded and compiled", ready);
    show("event to decision: ignored", ignored);
    show("event to decision: clean (reads are of a sandbox)", clean);
    show("event to decision: violated, planned and proved", violated);
    let size = std::fs::metadata(binary).map(|file| file.len()).unwrap_or_default();
    println!("{:<58} {:>9.1} MiB", "binary, stripped", size as f64 / 1024.0 / 1024.0);
    if let Some(peak) = peak() {
        println!("{:<58} {peak:>9.1} MiB", "peak memory of this process");
    }
}
