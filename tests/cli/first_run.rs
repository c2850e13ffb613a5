//! The first minutes of somebody new.

use insta::assert_snapshot;

use super::runner::World;

#[test]
fn without_a_command_it_tells_which_there_are() {
    let told = World::empty().run(&[]).ends(2);
    assert!(told.err.contains("Usage: rectify [OPTIONS] <COMMAND>"), "{told}");
    let told = World::empty().run(&["--help"]).ends(0);
    for word in
        ["scan", "plan", "apply", "undo", "demo", "completions", "Exit codes: 0 nothing to do, or done; 1 findings"]
    {
        assert!(told.out.contains(word), "no {word} in\n{told}");
    }
}

#[test]
fn a_mistyped_command_has_a_suggestion() {
    assert_snapshot!(World::empty().run(&["paln"]), @"
    --- standard error
    error: unrecognized subcommand 'paln'

      tip: some similar subcommands exist: 'plans', 'plan'

    Usage: rectify [OPTIONS] <COMMAND>

    For more information, try '--help'.
    --- exit code 2
    ");
}

#[test]
fn the_demo_needs_nothing_and_leaves_nothing() {
    let world = World::empty();
    let told = world.run(&["demo"]).ends(0);
    for part in ["1. Scan", "2. Plan", "3. Apply and verify", "4. Undo", "as the proof said", "Proof: findings"] {
        assert!(told.out.contains(part), "no {part} in\n{told}");
    }
    assert!(!told.out.contains("unverified") && !told.out.contains("stuck"), "{told}");
    assert_eq!(told.err, "");
    assert_eq!(world.files().len(), 0);
}

#[test]
fn a_scan_finds_what_is_wrong_and_changes_nothing() {
    let world = World::new();
    assert_snapshot!(world.shop(&["scan", "--policies", "lambda-tracing,kms-rotation"]), @"
    medium   kms-rotation
             5ade0664-d93d-41b2-ac5a-87410d94abb0 KMS::Key eu-west-1
               The key is not rotated automatically.
    low      lambda-tracing
             shop-notify Lambda::Function eu-west-1
               Active X-Ray tracing is off.
             shop-payments Lambda::Function eu-west-1
               Active X-Ray tracing is off.
             shop-thumbnails Lambda::Function eu-west-1
               Active X-Ray tracing is off.

    4 findings (1 medium, 3 low) in 28 resources of account 111122223333
    --- exit code 1
    ");
    assert_eq!(world.read("shop.jsonl"), super::runner::DEMO);
}

#[test]
fn a_scan_that_finds_nothing_says_so() {
    let told = World::new().shop(&[
        "scan",
        "--policies",
        "kms-rotation",
        "--resource",
        "4ae24e27-29b0-49e8-a8a1-335612a95631",
    ]);
    assert_snapshot!(told, @"
    no findings in 4 resources of account 111122223333
    --- exit code 0
    ");
}

#[test]
fn every_severity_type_and_resource_can_be_asked_for_alone() {
    let world = World::new();
    let all = world.shop(&["scan", "--format", "json"]).ends(1).json();
    let of = |name: &str, value: &str| -> Vec<String> {
        let chosen = all["findings"].as_array().unwrap().iter().filter(|finding| match name {
            "--severity" => finding["severity"] == value || finding["severity"] == "critical",
            "--types" => finding["resource"]["type"] == value,
            "--resource" => finding["resource"]["id"] == value || finding["resource"]["arn"] == value,
            _ => finding["policy"] == value,
        });
        chosen.map(|finding| finding["id"].to_string()).collect()
    };
    for (name, value) in [
        ("--severity", "high"),
        ("--types", "AWS::IAM::Role"),
        ("--resource", "shop-payments"),
        ("--resource", "arn:aws:lambda:eu-west-1:111122223333:function:shop-payments"),
        ("--policies", "lambda-tracing"),
    ] {
        let told = world.shop(&["scan", "--format", "json", name, value]).ends(1).json();
        let found: Vec<String> =
            told["findings"].as_array().unwrap().iter().map(|finding| finding["id"].to_string()).collect();
        assert_eq!(found, of(name, value), "{name} {value}");
        assert!(!found.is_empty(), "{name} {value}");
    }
}
