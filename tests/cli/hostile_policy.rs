//! Policies that do not come to an end or take everything: each is stopped by a limit and is an error of its own, never
//! "clean", and the others go on.

use super::runner::{Told, World};

const BEFORE: &str = "# METADATA\n# title: t\n# description: d\n# custom:\n#   id: hostile\n#   severity: low\n#   resource_types: [AWS::KMS::Key]\npackage rectify.x.hostile\n\n";

fn scan(rules: &str) -> Told {
    let world = World::new();
    world.write("own/policies/x/hostile.rego", format!("{BEFORE}{rules}\n"));
    let told = world.shop(&["--bundle", "own", "scan", "--policies", "hostile,kms-rotation", "--format", "json"]);
    assert_eq!(world.read("shop.jsonl"), super::runner::DEMO);
    told
}

/// A body whose loops never end for a person who waits.
fn loops() -> String {
    (0..14).map(|n| format!("\tsome x{n} in [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\n")).collect::<String>() + "\tx0 < 0\n"
}

fn violation(body: &str) -> String {
    format!("violation contains {{\"msg\": \"m\", \"path\": \"\", \"params\": {{}}}} if {{\n{body}}}")
}

/// A body of assignments that let one value grow, `steps` times.
fn grows(first: &str, steps: usize, step: impl Fn(&str) -> String) -> String {
    let mut body = format!("\ta0 := {first}\n");
    for n in 1..=steps {
        body += &format!("\ta{n} := {}\n", step(&format!("a{}", n - 1)));
    }
    body + &format!("\tcount(a{steps}) < 0\n")
}

/// Each of the four keys has the error, and the other policy its finding.
#[track_caller]
fn is_stopped(rules: &str, why: &str) {
    let told = scan(rules).ends(1);
    let document = told.json();
    let errors = document["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 4, "{told}");
    for error in errors {
        assert_eq!(error["policy"], "hostile");
        assert!(error["message"].as_str().unwrap().contains(why), "{told}");
    }
    assert_eq!(document["summary"]["errors"], 4);
    let found: Vec<&str> =
        document["findings"].as_array().unwrap().iter().map(|finding| finding["policy"].as_str().unwrap()).collect();
    assert_eq!(found, ["kms-rotation"], "{told}");
}

#[track_caller]
fn is_refused(rules: &str, why: &[&str]) {
    let told = scan(rules).ends(2);
    for why in why {
        assert!(told.err.contains(why), "no {why} in\n{told}");
    }
    assert_eq!(told.out, "");
}

#[test]
fn a_loop_is_stopped() {
    is_stopped(&violation(&loops()), "exceeded maximum instruction limit of 500000");
}

#[test]
fn a_loop_on_the_interpreter_is_stopped() {
    let body = loops() + "\tinput.now == \"x\" with input.now as \"x\"\n";
    is_stopped(&violation(&body), "exceeded time limit");
}

#[test]
fn values_that_grow_are_stopped() {
    let memory = "exceeded memory budget";
    is_stopped(&violation(&grows("[0, 1, 2, 3]", 40, |a| format!("array.concat({a}, {a})"))), memory);
    is_stopped(&violation(&grows("\"xxxxxxxxxxxxxxxx\"", 40, |a| format!("concat(\"\", [{a}, {a}])"))), memory);
    let replace = |a: &str| format!("replace({a}, \"x\", \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\")");
    is_stopped(&violation(&grows("\"xxxxxxxxxxxxxxxx\"", 9, replace)), memory);
    let numbers = grows("99999999999", 60, |a| format!("{a} * {a}")).replace("count(a60)", "a60");
    is_stopped(&violation(&numbers), "exceeded time limit");
}

#[test]
fn what_no_limit_could_stop_is_refused() {
    let place = "hostile.rego:11:";
    for (call, name) in [
        ("numbers.range(1, 1000000000)", "numbers.range"),
        ("numbers.range_step(1, 10, 0)", "numbers.range_step"),
        ("net.cidr_expand(\"::/0\")", "net.cidr_expand"),
        ("format_int(bits.lsh(1, 100000000), 10)", "bits.lsh"),
        ("units.parse(\"1e1000000000\")", "units.parse"),
        ("http.send({\"url\": \"http://127.0.0.1\", \"method\": \"get\"})", "http.send"),
        ("opa.runtime()", "opa.runtime"),
        ("time.now_ns()", "time.now_ns"),
    ] {
        is_refused(
            &violation(&format!("\tx := {call}\n")),
            &[place, &format!("a policy may not call {name}"), call, "help: "],
        );
    }
    for (call, why) in [
        ("sprintf(\"%999999999d\", [1])", "sprintf: a width of at most three digits"),
        ("sprintf(input.id, [1])", "sprintf: this argument has to be a literal text"),
        ("replace(input.id, \"a\", input.id)", "replace: this argument has to be a literal text"),
        ("concat(input.id, [\"a\", \"b\"])", "concat: this argument has to be a literal text"),
        (
            "regex.replace(input.id, \"a\", `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx`)",
            "regex.replace: a literal of at most 32",
        ),
    ] {
        is_refused(&violation(&format!("\tx := {call}\n")), &[place, why]);
    }
}

#[test]
fn a_rule_that_depends_on_itself_is_refused() {
    let why = "rules may not depend on themselves: ";
    let f = "rectify.x.hostile.f";
    is_refused(
        &(violation("\tf(1) < 0\n") + "\n\nf(x) := f(x + 1)"),
        &["hostile.rego:14:1", why, &format!("{f} → {f}")],
    );
    is_refused(&(violation("\ta < 0\n") + "\n\na := b + 1\n\nb := a + 1"), &[why, "hostile.a → rectify.x.hostile.b"]);
}

#[test]
fn nesting_is_refused_before_it_takes_hours() {
    for (open, close) in [("[", "]"), ("{", "}"), ("(", ")")] {
        let deep = format!("\tx := {}1{}\n", open.repeat(200), close.repeat(200));
        is_refused(&violation(&deep), &["hostile.rego:11:22: nested too deeply", "help: at most 16 brackets"]);
    }
    let long = format!("\tx := 1{}\n", "\n\t+ 1".repeat(3000));
    is_refused(&violation(&long), &["nested too deeply"]);
}

#[test]
fn an_undefined_or_malformed_result_is_no_clean_one() {
    is_stopped("violation := 1", "the result is not a set of {msg, path, params}");
    is_stopped("violation := {1}", "the result is not a set of {msg, path, params}");
    is_stopped("violation := {\"a\"} if input.id == \"none\"", "the rule is undefined");
    is_stopped("violation contains {\"msg\": \"m\", \"pth\": \"\"}", "unknown field `pth`");
}
