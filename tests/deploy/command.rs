//! `rectify deploy` as a person runs it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const BINARY: &[u8] = b"#!/bin/sh\nexit 0\n";

fn rectify(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rectify"));
    command.arg("deploy").args(arguments).env_clear().current_dir(folder).env("NO_COLOR", "1");
    command.output().unwrap()
}

fn ok(folder: &Path, arguments: &[&str]) -> String {
    let output = rectify(folder, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A folder with a bundle, a configuration and a binary.
fn world() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &[u8]| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("handler", BINARY);
    let policy = include_str!("../../policies/kms/rotation.rego").replace("kms-rotation", "acme-rotation");
    write("acme/policies/kms/rotation.rego", policy.replace("rectify.kms.rotation", "acme.kms.rotation").as_bytes());
    write("acme/notes.txt", b"not for Lambda");
    write("rectify.yaml", b"# Ours.\nbundles: [acme]\njournal: runs.db\ndisabled_policies: [lambda-tracing]\n");
    folder
}

/// The files of a package: mode and bytes, by path.
fn files(zip: &[u8]) -> BTreeMap<String, (u32, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
    let mut files = BTreeMap::new();
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        files.insert(file.name().unwrap().into_owned(), (file.unix_mode().unwrap() & 0o777, bytes));
    }
    files
}

#[test]
fn the_package_holds_what_the_handler_needs() {
    let world = world();
    let pack = |zip: &str, more: &[&str]| {
        ok(world.path(), &[&["--package", zip, "--binary", "handler", "--out", "template.yaml"], more].concat());
        fs::read(world.path().join(zip)).unwrap()
    };
    let zip = pack("one.zip", &[]);
    assert_eq!(zip, pack("two.zip", &[]), "the same files are the same bytes");
    let packed = files(&zip);
    let names: Vec<&str> = packed.keys().map(String::as_str).collect();
    assert_eq!(names, ["bootstrap", "bundles/1/policies/kms/rotation.rego", "rectify.yaml"]);
    assert_eq!(packed["bootstrap"], (0o755, BINARY.to_vec()));
    let text = String::from_utf8(packed["rectify.yaml"].1.clone()).unwrap();
    insta::assert_snapshot!(text, @r"
    bundles:
    - bundles/1
    disabled_policies:
    - lambda-tracing
    ");

    // What the command line selects and sets is part of the configuration.
    let narrowed = files(&pack("three.zip", &["--policies", "acme-rotation", "--set", "iam-pass-role.roles=[]"]));
    let text = String::from_utf8(narrowed["rectify.yaml"].1.clone()).unwrap();
    insta::assert_snapshot!(text, @r"
    bundles:
    - bundles/1
    disabled_policies:
    - lambda-tracing
    parameters:
      iam-pass-role:
        roles: []
    policies:
    - acme-rotation
    ");
}

#[test]
fn the_package_holds_the_waivers_and_none_that_would_keep_the_handler_from_starting() {
    let world = world();
    let soon = jiff::Timestamp::now().checked_add(jiff::SignedDuration::from_hours(24 * 30)).unwrap();
    let text = format!(
        "waivers:\n  - {{policies: [acme-rotation], id: k, owner: ops, reason: r, expires: {}}}\n",
        &soon.to_string()[..10]
    );
    fs::create_dir(world.path().join("security")).unwrap();
    fs::write(world.path().join("security/agreed.yaml"), &text).unwrap();
    let pack =
        ["--package", "one.zip", "--binary", "handler", "--out", "template.yaml", "--waivers", "security/agreed.yaml"];
    ok(world.path(), &pack);
    let packed = files(&fs::read(world.path().join("one.zip")).unwrap());
    assert_eq!(packed["waivers.yaml"], (0o644, text.clone().into_bytes()));
    let config = String::from_utf8(packed["rectify.yaml"].1.clone()).unwrap();
    assert!(config.lines().any(|line| line == "waivers: waivers.yaml"), "{config}");

    fs::remove_file(world.path().join("one.zip")).unwrap();
    fs::write(world.path().join("security/agreed.yaml"), text.replace("acme-rotation", "acme-rotatoin")).unwrap();
    let output = rectify(world.path(), &pack);
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stderr).replace(&soon.to_string()[..10], "SOON"), @"
    error: security/agreed.yaml:2:17: there is no policy `acme-rotatoin`
      |
    2 |   - {policies: [acme-rotatoin], id: k, owner: ops, reason: r, expires: SOON}
      |                 ^
    help: did you mean `acme-rotation`?
    ");
    assert!(!world.path().join("one.zip").exists());
}

#[test]
fn the_package_is_one_that_runs_on_lambda() {
    let world = world();
    fs::write(world.path().join("mac"), b"\xcf\xfa\xed\xfe\x0c\x00\x00\x01").unwrap();
    let output = rectify(world.path(), &["--package", "x.zip", "--binary", "mac"]);
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!(String::from_utf8_lossy(&output.stderr), @r"
    error: mac: the binary is none for Linux on arm64 or x86-64, so Lambda cannot run it
    help: build rectify for Linux, and name that binary with --binary
    ");
    assert!(!world.path().join("x.zip").exists());

    let mut elf = b"\x7fELF\x02\x01".to_vec();
    elf.resize(64, 0);
    for (machine, name) in [(62, "x86_64"), (183, "arm64")] {
        elf[18] = machine;
        fs::write(world.path().join("elf"), &elf).unwrap();
        let text = ok(world.path(), &["--package", "x.zip", "--binary", "elf", "--format", "json"]);
        let template: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(template["Parameters"]["Architecture"]["Default"], name);
    }
}

#[test]
fn each_language_is_written_in_both_formats() {
    let world = world();
    let print = |arguments: &[&str]| ok(world.path(), arguments);
    assert!(print(&[]).starts_with("AWSTemplateFormatVersion:"));
    let sam: Value = serde_json::from_str(&print(&["--template", "sam", "--format", "json"])).unwrap();
    let function = &sam["Resources"]["Handler"];
    assert_eq!(function["Type"], "AWS::Serverless::Function");
    assert_eq!(function["Properties"]["CodeUri"], "rectify.zip");
    assert_eq!(function["Properties"]["Tracing"], "Active");
    assert!(sam["Parameters"].get("CodeBucket").is_none());
    assert!(print(&["--template", "terraform"]).starts_with("terraform {"));
    let terraform: Value = serde_json::from_str(&print(&["--template", "terraform", "--format", "json"])).unwrap();
    assert_eq!(terraform["resource"]["awscc_sqs_queue"]["events"]["visibility_timeout"], 1800);
    assert_eq!(terraform["resource"]["awscc_lambda_function"]["handler"]["role"], "${awscc_iam_role.handler_role.arn}");
}

#[test]
fn what_cannot_be_is_refused() {
    let world = world();
    let refused = |arguments: &[&str]| {
        let output = rectify(world.path(), arguments);
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    insta::assert_snapshot!(refused(&["--resource", "checkout"]), @r"
    error: a template is not for single resources
    help: leave out --resource: events tell of every resource of a type
    ");
    insta::assert_snapshot!(refused(&["--policies", "kms-rotation", "--forward-to", "eu-west-1"]), @r"
    error: there is nothing to hand over
    help: the selected policies read nothing whose changes CloudTrail tells in another Region
    ");
    insta::assert_snapshot!(refused(&["--policies", "kms-rotatoin"]), @r"
    error: there is no policy `kms-rotatoin`
    help: did you mean `kms-rotation`?
    ");
}
