//! Ctrl-C in the middle of a run.

use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::runner::{Told, World};
use super::support::emulator::connect;
use super::support::venv::Venv;
use super::support::{Emulator, Fault, Kind, On, Proxy};

const KEYS: usize = 8;
const ENABLE: &str = "EnableKeyRotation";

/// rectify before the proxy, to its end.
fn aws(world: &World, proxy: &Proxy, arguments: &[&str]) -> Told {
    Told::of(connect(&mut world.command(arguments), &proxy.endpoint()))
}

fn enabled(proxy: &Proxy, emulator: &Emulator) -> usize {
    drop(proxy.writes());
    let script = "import boto3\nkms = boto3.client('kms')\nprint(sum(kms.get_key_rotation_status(KeyId=k['KeyId'])['KeyRotationEnabled'] for k in kms.list_keys()['Keys']))";
    Venv::shared().run(script, &[], Some(&emulator.endpoint())).trim().parse().unwrap()
}

#[test]
fn it_stops_between_two_changes_and_the_run_can_go_on_or_back() {
    let emulator = Emulator::start(Kind::Ministack);
    let make = format!("import boto3\nfor _ in range({KEYS}): boto3.client('kms').create_key()");
    Venv::shared().run(&make, &[], Some(&emulator.endpoint()));
    let proxy = Proxy::before(&emulator);
    proxy.fail(On::call("kms", ENABLE), Fault::Delay(Duration::from_millis(400)), KEYS);
    let world = World::empty();

    let mut command = world.command(&["apply", "--policies", "kms-rotation", "--yes", "--format", "json"]);
    connect(&mut command, &proxy.endpoint());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let started = Instant::now();
    while proxy.writes().iter().filter(|call| call.operation == ENABLE).count() < 3 {
        assert!(started.elapsed() < Duration::from_secs(60), "it does not begin");
        sleep(Duration::from_millis(20));
    }
    let signalled = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(signalled.success());
    let output = child.wait_with_output().unwrap();
    let told = Told {
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code(),
    }
    .ends(3);
    let run = told.json();
    assert_eq!(run["outcome"], "stopped");
    let name = run["run"].as_str().unwrap();
    let go_on = format!("It goes on with `rectify runs resume {name}`, or back with `rectify undo {name}`.");
    assert!(told.err.contains(&go_on), "{told}");
    let done = run["changes"].as_array().unwrap().iter().filter(|change| change["status"] == "verified").count();
    let waiting = run["changes"].as_array().unwrap().iter().filter(|change| change["status"].is_null()).count();
    // The change that was being sent is ended properly, and no other begun.
    assert_eq!((done, waiting), (3, KEYS - 3), "{told}");
    assert_eq!(enabled(&proxy, &emulator), 3);

    let shown = world.run(&["runs", "show", name]).ends(0);
    assert_eq!(shown.out.matches("not done   AWS::KMS::Key").count(), KEYS - 3, "{shown}");
    assert!(shown.out.contains("stopped, 3 of 8 changes verified"), "{shown}");

    let resumed = aws(&world, &proxy, &["runs", "resume", name, "--format", "json"]).ends(0).json();
    assert_eq!(resumed["outcome"], "verified");
    assert_eq!(resumed["run"], run["run"]);
    assert_eq!(enabled(&proxy, &emulator), KEYS);
    let sent = proxy.writes().iter().filter(|call| call.operation == ENABLE).count();
    assert_eq!(sent, KEYS, "nothing is done twice");

    aws(&world, &proxy, &["undo", name, "--yes"]).ends(0);
    assert_eq!(enabled(&proxy, &emulator), 0);
}
