//! What may still be done with what is left of a run that was stopped.

use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::runner::{DEMO, Told, World, documents};

const APPLY: [&str; 6] = ["apply", "--yes", "--canary", "1", "--canary-wait", "600"];

/// Stops a run in the wait after its first changes; its name.
fn stopped(world: &World, user: &str, more: &[&str]) -> String {
    let arguments = [&["--cloud", "sandbox:shop.jsonl"], &APPLY[..], more].concat();
    let mut command = world.command(&arguments);
    let child = command.env("USER", user).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let started = Instant::now();
    while world.read("shop.jsonl") == DEMO {
        assert!(started.elapsed() < Duration::from_secs(60), "nothing is done");
        sleep(Duration::from_millis(20));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let ended = child.wait_with_output().unwrap();
    let out = String::from_utf8(ended.stdout).unwrap();
    assert_eq!(ended.status.code(), Some(3), "{out}{}", String::from_utf8_lossy(&ended.stderr));
    assert!(out.contains("stopped, "), "{out}");
    world.last_run()
}

#[test]
fn a_run_that_was_taken_back_does_not_go_on() {
    let world = World::new();
    let run = stopped(&world, "bob", &["--policies", "lambda-tracing", "--approve", "all"]);
    world.shop(&["undo", &run, "--yes"]).ends(0);
    assert_eq!(world.documents("shop.jsonl"), documents(DEMO));
    let told = world.shop(&["runs", "resume", &run]).ends(2);
    assert!(told.err.contains(&format!("has taken run {run} back, and it does not go on")), "{told}");
    assert_eq!(world.documents("shop.jsonl"), documents(DEMO));
}

#[test]
fn what_has_allowed_a_run_has_to_be_so_still() {
    let world = World::new();
    let run = stopped(&world, "bob", &["--policies", "lambda-tracing", "--approve", "all"]);
    let before = world.documents("shop.jsonl");
    let later = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(25)).to_string();
    let told = world.shop(&["runs", "resume", &run, "--now", &later]).ends(3);
    assert!(told.out.contains("What is left of the run is not begun: its plan expired at "), "{told}");
    assert_eq!(world.documents("shop.jsonl"), before);
    let told = world.shop(&["runs", "resume", &run]).ends(2);
    assert!(told.err.contains("has ended"), "{told}");
    world.shop(&["undo", &run, "--yes"]).ends(0);
    assert_eq!(world.documents("shop.jsonl"), documents(DEMO));
}

#[test]
fn whoever_goes_on_with_a_run_has_not_approved_it_either() {
    let world = World::new();
    world
        .shop(&["plan", "--policies", "lambda-permission-source,lambda-no-public-policy", "--out", "plan.json"])
        .ends(1);
    world.write("rectify.yaml", "approvals: {require: file, not_the_applier: true}\n");
    let approve = ["approve", "plan.json", "--by", "ann", "--reason", "agreed", "--out", "ann.json", "--yes"];
    world.shop(&approve).ends(0);
    let run = stopped(&world, "bob", &["plan.json", "--approval", "ann.json"]);
    let before = world.documents("shop.jsonl");
    let resume = |user: &str| {
        let arguments = ["--cloud", "sandbox:shop.jsonl", "runs", "resume", &run];
        Told::of(world.command(&arguments).env("USER", user))
    };
    let told = resume("ann").ends(2);
    assert!(told.err.contains("ann has approved the plan, and rectify.yaml wants somebody else to apply it"), "{told}");
    assert_eq!(world.documents("shop.jsonl"), before);
}
