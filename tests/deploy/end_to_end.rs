//! From an unsafe change to a verified fix: EventBridge, SQS, the function of the stack, and its journal in DynamoDB.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::emulator::connect;
use crate::support::venv::Venv;
use crate::support::{Emulator, Kind};

fn rectify(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rectify"));
    command.current_dir(folder).env_clear().env("PATH", "").env("RECTIFY_HOME", folder.join("home"));
    command
}

/// The binary without what only a debugger reads: it is uploaded, and unpacked.
fn small_binary(folder: &Path) -> std::path::PathBuf {
    let binary = folder.join("rectify");
    let stripped = Command::new("strip").arg("-o").arg(&binary).arg(env!("CARGO_BIN_EXE_rectify")).status();
    if !stripped.is_ok_and(|status| status.success()) {
        fs::copy(env!("CARGO_BIN_EXE_rectify"), &binary).unwrap();
    }
    binary
}

#[test]
fn an_unsafe_change_is_fixed_by_the_function_of_the_stack() {
    let folder = TempDir::new().unwrap();
    let binary = small_binary(folder.path());
    let mut deploy = rectify(folder.path());
    deploy.args([
        "deploy",
        "--policies",
        "kms-rotation",
        "--out",
        "template.yaml",
        "--package",
        "rectify.zip",
        "--binary",
    ]);
    let output = deploy.arg(binary).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let emulator = Emulator::start(Kind::Ministack);
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (template, package, endpoint) = (path("template.yaml"), path("rectify.zip"), emulator.endpoint());
    let arguments = [template.as_str(), package.as_str(), endpoint.as_str()];
    let told = Venv::shared().run(include_str!("end_to_end.py"), &arguments, Some(&endpoint));
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["rotated"], true, "{told:#}");
    assert_eq!(told["left"], 0, "the queue is empty: {told:#}");
    println!("from PutEvents to the fix: {:.2} s, the function's start included", told["seconds"].as_f64().unwrap());
    let metrics = told["lines"].as_array().unwrap().iter().filter_map(|line| line.as_str());
    let metrics: Vec<Value> =
        metrics.filter(|line| line.contains("\"_aws\"")).filter_map(|l| serde_json::from_str(l.trim()).ok()).collect();
    assert!(metrics.iter().any(|line| line["RunsVerified"] == 1 && line["Function"] == told["function"]), "{told:#}");

    let mut runs = rectify(folder.path());
    connect(&mut runs, &endpoint);
    runs.env("RECTIFY_JOURNAL", format!("dynamodb:{}", told["table"].as_str().unwrap()));
    let output = runs.args(["runs", "list", "--format", "json"]).output().unwrap();
    let runs: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let runs = runs.as_array().unwrap();
    assert_eq!(runs.len(), 1, "{runs:#?}");
    assert_eq!(runs[0]["outcome"], "verified");
    assert_eq!(runs[0]["changes"][0]["resource"]["id"], told["key"]);
}
