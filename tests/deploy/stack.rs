//! The CloudFormation template comes up on an emulator of AWS, and goes away again.

use std::fs;

use rectify::event::deploy::Template;
use rectify::text::yaml;
use serde_json::{Value, json};

use crate::fixture;
use crate::support::venv::Venv;
use crate::support::{Emulator, Kind};

fn bring_up(emulator: &Emulator, mode: &str) -> Value {
    let deployment = fixture::deployment(&fixture::policies());
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), yaml::write(&Template::of(&deployment)).unwrap()).unwrap();
    emulator.reset();
    let arguments = [file.path().to_str().unwrap(), mode];
    let told: Value =
        serde_json::from_str(&Venv::shared().run(include_str!("stack.py"), &arguments, Some(&emulator.endpoint())))
            .unwrap();

    let mut expected: Vec<&str> = deployment.documents.iter().map(|document| document.id.as_str()).collect();
    if mode == "observe" {
        expected.retain(|id| !id.starts_with("WritePolicy"));
    }
    expected.sort_unstable();
    assert_eq!(told["resources"], json!(expected));
    let patterns = told["patterns"].as_array().unwrap();
    let rules = deployment.documents.iter().filter(|document| document.type_name == "AWS::Events::Rule");
    assert_eq!(patterns.len(), rules.count());
    told
}

#[test]
fn the_stack_comes_up_and_goes_away() {
    let emulator = Emulator::start(Kind::Ministack);
    let told = bring_up(&emulator, "observe");
    let variables = ["RECTIFY_CONFIG", "RECTIFY_FINGERPRINT_KEY", "RECTIFY_JOURNAL", "RECTIFY_MODE", "RECTIFY_QUEUE"];
    assert_eq!(told["environment"], json!(variables));
    assert_eq!(told["mode"], "observe");
    assert_eq!(told["journal"], true);
    assert_eq!(told["runtime"], "provided.al2023");
    assert_eq!((&told["visibility"], &told["redrive"]), (&json!("1800"), &json!(10)));
    assert_eq!(told["keys"], json!([["pk", "HASH"], ["sk", "RANGE"]]));
    assert_eq!(told["batch"], json!([[10, ["ReportBatchItemFailures"]]]));
    assert_eq!(told["fingerprints"], json!(["HMAC_256", "GENERATE_VERIFY_MAC", true]));
    assert_eq!(told["queue_policy"][0]["Sid"], "OnlyTls");
    let observing = told["attached"].as_array().unwrap().len();

    // Only the journal, and the key that it is encrypted with, outlive the stack.
    assert_eq!(told["left"], json!({"functions": 0, "queues": 0, "rules": 0, "roles": 0, "tables": 1}));

    let told = bring_up(&emulator, "enforce");
    assert_eq!(told["mode"], "enforce");
    assert!(told["attached"].as_array().unwrap().len() > observing, "writing takes more");
}
