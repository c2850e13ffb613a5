//! Regular expressions and globs in a bundle: what takes some engines forever comes to an end here, and what would be large is
//! refused.

use super::bounded;
use super::runner::World;

const BEFORE: &str = "# METADATA\n# title: t\n# description: d\n# custom:\n#   id: hostile\n#   severity: low\n#   resource_types: [AWS::KMS::Key]\npackage rectify.x.hostile\n\n";

/// Scans four keys with a policy whose body is one condition. Only the interpreter evaluates `with`.
fn scan(condition: &str, evaluator: &str) -> super::runner::Told {
    let world = World::new();
    world.write("own/policies/x/hostile.rego", format!("{BEFORE}violation contains {{\"msg\": \"m\", \"path\": \"\", \"params\": {{}}}} if {{\n\t{condition}{evaluator}\n}}\n"));
    let arguments =
        ["--cloud", "sandbox:shop.jsonl", "--bundle", "own", "scan", "--policies", "hostile", "--format", "json"];
    bounded::run(&mut world.command(&arguments))
}

#[test]
fn what_backtracks_elsewhere_is_linear_here() {
    let subject = "a".repeat(20_000) + "!";
    for pattern in [
        "^(a+)+$",
        "^(a|a)*$",
        "^(a|aa)+$",
        "(.*a){20}",
        "^(([a-z])+.)+[A-Z]([a-z])+$",
        "(x+x+)+y",
        "^(?:a?){50}a{50}$",
    ] {
        for evaluator in ["", "\n\tinput.now == \"x\" with input.now as \"x\""] {
            let told = scan(&format!("regex.match(`{pattern}`, \"{subject}\")"), evaluator);
            assert!(matches!(told.code, Some(0 | 1)), "{pattern}: {told}");
            assert_eq!(told.json()["errors"].as_array().unwrap().len(), 0, "{pattern}: {told}");
        }
    }
}

#[test]
fn what_is_large_when_it_is_compiled_is_an_error_of_its_policy() {
    for pattern in ["(a{1000}){1000}", "((a{100}){100}){100}", "\\w{5000}", "(\\pL{100}){100}", "[\\s\\S]{1000}{1000}"]
    {
        for evaluator in ["", "\n\tinput.now == \"x\" with input.now as \"x\""] {
            let told = scan(&format!("not regex.match(`{pattern}`, input.id)"), evaluator);
            assert!(matches!(told.code, Some(0..=2)), "{pattern}: {told}");
        }
    }
    for pattern in ["(".repeat(10_000), "a?".repeat(50_000), "*".repeat(50_000), "{a,b}".repeat(2_000)] {
        for call in ["regex.match", "glob.match"] {
            let more = if call == "glob.match" { ", []" } else { "" };
            let told = scan(&format!("not {call}(`{pattern}`{more}, input.id)"), "");
            assert!(matches!(told.code, Some(0..=2)), "{call}: {told}");
        }
    }
}
