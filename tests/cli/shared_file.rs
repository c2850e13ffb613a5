//! Several processes that change one file of documents.

use std::os::unix::fs::symlink;
use std::process::Stdio;

use super::runner::{DEMO, World, documents};

const POLICIES: [&str; 2] = ["kms-rotation", "apigw-throttling"];

#[test]
fn processes_that_change_a_file_at_once_leave_the_changes_of_both() {
    // What each of them does, one after the other.
    let world = World::new();
    for policy in POLICIES {
        world.shop(&["apply", "--policies", policy, "--yes"]).ends(0);
    }
    let both = world.documents("shop.jsonl");
    assert_ne!(both, documents(DEMO));
    // One of them names the file by a link, which leads to it still afterwards.
    symlink("shop.jsonl", world.path("link.jsonl")).unwrap();
    for round in 0..5 {
        world.write("shop.jsonl", DEMO);
        let begin = |(policy, file): (&str, &str)| {
            let mut command = world.command(&["--cloud", file, "apply", "--policies", policy, "--yes"]);
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        };
        let begun: Vec<_> = POLICIES.into_iter().zip(["sandbox:shop.jsonl", "sandbox:link.jsonl"]).map(begin).collect();
        for mut process in begun {
            assert_eq!(process.wait().unwrap().code(), Some(0), "round {round}");
        }
        assert_eq!(world.documents("shop.jsonl"), both, "round {round}");
        assert!(world.path("link.jsonl").is_symlink());
    }
}

#[test]
fn what_another_process_has_written_since_the_plan_was_shown_is_seen() {
    let world = World::new();
    let apply = ["--cloud", "sandbox:shop.jsonl", "apply", "--policies", "kms-rotation"];
    let other = format!("'{}' {} --yes", env!("CARGO_BIN_EXE_rectify"), apply.join(" "));
    let told = world.terminal_meanwhile(&apply, "yes", &other).ends(3);
    let stale = "it has changed since the plan was made (/EnableKeyRotation); make a new plan";
    assert!(told.out.contains(stale), "{told}");
    // What is no account any more is not taken for one, and nothing is written.
    world.write("shop.jsonl", DEMO);
    let told = world.terminal_meanwhile(&apply, "yes", "sed -i s/111122223333/444455556666/g shop.jsonl").ends(3);
    let another = "shop.jsonl: it was of account 111122223333, and is of another by now";
    assert!(told.out.contains(another), "{told}");
    assert_eq!(world.read("shop.jsonl"), DEMO.replace("111122223333", "444455556666"));
}
