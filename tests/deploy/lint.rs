//! cfn-lint finds nothing in the templates.

use std::collections::BTreeSet;
use std::fs;
use std::process::Stdio;

use rectify::event::deploy::{Deployment, Template, sam};
use rectify::text::yaml;

use crate::fixture;
use crate::support::venv::Venv;

/// Where CloudTrail tells of IAM, in each partition, and a Region where it does not.
const REGIONS: [&str; 4] = ["us-east-1", "cn-north-1", "us-gov-west-1", "eu-west-1"];

/// What cfn-lint complains of in templates for some Regions.
fn findings(templates: Vec<(String, String)>, regions: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Venv::shared().python();
    // SAM's transform needs the package.
    fs::write(folder.path().join("rectify.zip"), "").unwrap();
    command.current_dir(folder.path()).args(["-c", "import sys, cfnlint.runner; sys.exit(cfnlint.runner.main())"]);
    command.args(["--include-checks", "I", "--format", "parseable"]);
    command.arg("--regions").args(regions).arg("--");
    for (name, text) in &templates {
        fs::write(folder.path().join(name), text).unwrap();
        command.arg(name);
    }
    let output = command.stdin(Stdio::null()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() || !told.is_empty());
    told
}

/// A deployment in both languages of CloudFormation.
fn templates(name: &str, deployment: &Deployment) -> Vec<(String, String)> {
    let template = Template::of(deployment);
    vec![
        (format!("{name}.yaml"), yaml::write(&template).unwrap()),
        (format!("{name}.json"), serde_json::to_string_pretty(&template).unwrap()),
        (format!("{name}-sam.yaml"), yaml::write(&sam(deployment, "rectify.zip")).unwrap()),
    ]
}

#[test]
fn nothing_is_wrong_with_the_templates() {
    let all = fixture::policies();
    let mut whole = templates("all", &fixture::deployment(&all));
    if let Some(forwarding) = Deployment::forwarding(fixture::global_trails(&fixture::read_by(&all)), "eu-west-1") {
        whole.extend(templates("forwarding", &forwarding).into_iter().take(2));
    }
    assert_eq!(whole.len(), 5, "the whole bundle reads what has to be handed over");
    assert_eq!(findings(whole, &REGIONS), "");

    let mut texts = templates("none", &fixture::deployment(&[]));
    for (index, id) in all.iter().enumerate() {
        let (name, text) = templates(id, &fixture::deployment(&all[index..=index])).remove(0);
        texts.push((name, text));
    }
    for (index, some) in all.chunks(5).enumerate() {
        texts.push(templates(&format!("some-{index}"), &fixture::deployment(some)).remove(0));
    }
    assert!(texts.len() > all.len());
    // Policies that read the same need the same.
    let mut seen = BTreeSet::new();
    texts.retain(|(_, text)| seen.insert(text.clone()));
    assert_eq!(findings(texts, &REGIONS[..1]), "");
}

#[test]
fn the_lint_would_tell() {
    let (name, text) = templates("wrong", &fixture::deployment(&[])).remove(0);
    let told = findings(vec![(name, text.replace("VisibilityTimeout", "VisibilityTimeOut"))], &REGIONS[..1]);
    assert!(told.contains("VisibilityTimeOut"), "{told}");
}

/// YAML's readers do not agree on words such as `OFF`, which is a truth value in YAML 1.1.
#[test]
fn no_word_of_a_template_has_two_meanings() {
    fn walk(value: &serde_json::Value) {
        match value {
            serde_json::Value::String(text) => {
                let word = text.to_lowercase();
                assert!(!["y", "yes", "n", "no", "on", "off"].contains(&word.as_str()), "{text}");
            }
            serde_json::Value::Array(elements) => elements.iter().for_each(walk),
            serde_json::Value::Object(members) => members.values().for_each(walk),
            _ => {}
        }
    }
    let deployment = fixture::deployment(&fixture::policies());
    walk(&serde_json::to_value(Template::of(&deployment)).unwrap());
    // What YAML 1.2 reads as a truth value is quoted.
    assert!(yaml::write(&Template::of(&deployment)).unwrap().contains("aws:SecureTransport: 'false'"));
}
