//! Regular expressions and globs in a bundle: what takes some engines forever comes to an end here, and what would be large is
//! refused.

use serde_json::Value;

use super::bounded;
use super::runner::{DEMO, Told, World};

const BEFORE: &str = "# METADATA\n# title: t\n# description: d\n# custom:\n#   id: hostile\n#   severity: low\n#   resource_types: [AWS::KMS::Key]\npackage rectify.x.hostile\n\n";

/// What only the interpreter evaluates.
const INTERPRETED: &str = "\n\tinput.now != \"x\" with input.now as \"y\"";

/// Scans four keys, whose description is a text, with a policy whose body is a condition.
fn scan(description: &str, condition: &str, evaluator: &str) -> Told {
    let world = World::new();
    let body = format!("{condition}{evaluator}");
    let rule = format!("violation contains {{\"msg\": \"m\", \"path\": \"\", \"params\": {{}}}} if {{\n\t{body}\n}}\n");
    world.write("own/policies/x/hostile.rego", format!("{BEFORE}{rule}"));
    let described = |line: &str| {
        let mut document: Value = serde_json::from_str(line).unwrap();
        if document["type"] == "AWS::KMS::Key" {
            document["properties"]["Description"] = description.into();
        }
        document.to_string() + "\n"
    };
    world.write("shop.jsonl", DEMO.lines().map(described).collect::<String>());
    let arguments =
        ["--cloud", "sandbox:shop.jsonl", "--bundle", "own", "scan", "--policies", "hostile", "--format", "json"];
    bounded::run(&mut world.command(&arguments))
}

fn count(told: &Told, of: &str) -> usize {
    told.json()[of].as_array().unwrap().len()
}

#[test]
fn what_backtracks_elsewhere_is_linear_here() {
    let long = "a".repeat(100_000) + "!";
    for pattern in ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(.*a){20}x", "^(([a-z])+.)+[A-Z]([a-z])+$", "(x+x+)+y"] {
        for evaluator in ["", INTERPRETED] {
            let condition = format!("not regex.match(`{pattern}`, input.properties.Description)");
            let told = scan(&long, &condition, evaluator).ends(1);
            assert_eq!((count(&told, "findings"), count(&told, "errors")), (4, 0), "{pattern}: {told}");
        }
    }
    for pattern in ["*".repeat(900) + "b", "{a,b}".repeat(150), "*a".repeat(400) + "b", "[".repeat(900)] {
        for evaluator in ["", INTERPRETED] {
            let condition = format!("not glob.match(`{pattern}`, [], input.properties.Description)");
            let told = scan(&long, &condition, evaluator).ends(1);
            assert_eq!(count(&told, "findings") + count(&told, "errors"), 4, "{pattern}: {told}");
        }
    }
}

#[test]
fn what_is_large_when_it_is_compiled_is_an_error_of_its_policy() {
    for pattern in ["(a{1000}){1000}", "((a{100}){100}){100}", "\\w{5000}", "(\\pL{100}){100}", "[\\s\\S]{1000}{1000}"]
    {
        let told = scan("a", &format!("not regex.match(`{pattern}`, input.id)"), "").ends(1);
        assert_eq!((count(&told, "findings"), count(&told, "errors")), (0, 4), "{pattern}: {told}");
        assert!(told.out.contains("Compiled regex exceeded size limit"), "{told}");
        scan("a", &format!("not regex.match(`{pattern}`, input.id)"), INTERPRETED).ends(1);
    }
}

#[test]
fn a_line_without_an_end_is_refused() {
    for pattern in ["(".repeat(10_000), "a?".repeat(50_000), "x".repeat(900_000)] {
        let told = scan("a", &format!("regex.match(`{pattern}`, input.id)"), "").ends(2);
        assert!(told.err.contains("own/policies/x/hostile.rego:11:") && told.err.len() < 1000, "{told}");
    }
}
