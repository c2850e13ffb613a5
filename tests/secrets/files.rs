//! What is written is its owner's alone from the beginning, and whole or not there; and nothing is left of the memory.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::runner::World;

/// The files and folders below a folder that others may read, with their modes.
fn open_to_others(folder: &Path) -> Vec<(PathBuf, u32)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            found.push((path.clone(), mode));
        }
        if path.is_dir() {
            found.extend(open_to_others(&path));
        }
    }
    found
}

#[test]
fn plans_snapshots_keys_and_journals_are_their_owners_alone() {
    let world = World::new();
    // Where everybody may read everything, and where a file is there already.
    let shop = world.path("shop.jsonl");
    world.write("plan.json", "{}");
    for name in ["shop.jsonl", "plan.json"] {
        fs::set_permissions(world.path(name), fs::Permissions::from_mode(0o666)).unwrap();
    }
    let run = |arguments: &[&str]| {
        let mut command = Command::new("sh");
        command.args([
            "-c",
            "umask 0; exec \"$0\" \"$@\"",
            env!("CARGO_BIN_EXE_rectify"),
            "--cloud",
            "sandbox:shop.jsonl",
        ]);
        command.args(arguments);
        world.clean(&mut command);
        command.output().unwrap().status.code()
    };
    assert_eq!(open_to_others(shop.parent().unwrap()).len(), 2);
    assert_eq!(run(&["snapshot", "copy.jsonl"]), Some(0));
    assert_eq!(run(&["plan", "--policies", "kms-rotation", "--out", "plan.json"]), Some(1));
    assert_eq!(run(&["apply", "plan.json", "--yes"]), Some(0));
    // A secret in the account makes the key.
    world.edit("shop.jsonl", "\"Description\":\"", "\"Description\":\"https://user:hunter2@host/ ");
    fs::set_permissions(&shop, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(run(&["scan"]), Some(1));
    for name in ["copy.jsonl", "plan.json", "state/journal.db", "state/fingerprint.key"] {
        assert!(world.path(name).exists(), "{name}");
    }
    assert_eq!(open_to_others(shop.parent().unwrap()), []);
    // What is written in place of a file has another name before, and none is left.
    let names: Vec<String> =
        world.files().keys().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert!(names.iter().all(|name| !name.starts_with(".tmp")), "{names:?}");
}

#[test]
fn processes_that_begin_at_once_have_one_key() {
    let world = World::new();
    world.edit("shop.jsonl", "\"Description\":\"", "\"Description\":\"https://user:hunter2@host/ ");
    let started: Vec<_> = (0..8)
        .map(|_| {
            let mut command = world.command(&["--cloud", "sandbox:shop.jsonl", "plan", "--format", "json"]);
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
        })
        .collect();
    let keys: std::collections::BTreeSet<String> = started
        .into_iter()
        .map(|process| {
            let plan: serde_json::Value = serde_json::from_slice(&process.wait_with_output().unwrap().stdout).unwrap();
            plan["fingerprint_key"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(keys.len(), 1, "{keys:?}");
    assert!(keys.iter().all(|key| key.len() == 8), "{keys:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_process_that_is_killed_leaves_no_core_file() {
    // Somebody who accepts and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let world = World::empty();
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -c unlimited 2> /dev/null; exec \"$0\" scan", env!("CARGO_BIN_EXE_rectify")]);
    world.clean(&mut command);
    command.env("AWS_ENDPOINT_URL", format!("http://{}", silent.local_addr().unwrap())).env("AWS_REGION", "eu-west-1");
    command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    let mut process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let limits = format!("/proc/{}/limits", process.id());
    let (begun, mut core) = (Instant::now(), String::new());
    while begun.elapsed() < Duration::from_secs(5) {
        let text = fs::read_to_string(&limits).unwrap_or_default();
        core = text.lines().find(|line| line.starts_with("Max core file size")).unwrap_or_default().to_owned();
        let words: Vec<&str> = core.split_whitespace().skip(4).take(2).collect();
        if words == ["0", "0"] {
            break;
        }
        thread::sleep(Duration::from_millis(20));
    }
    process.kill().unwrap();
    process.wait().unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
}
