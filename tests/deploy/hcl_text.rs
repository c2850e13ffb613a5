//! The Terraform configuration, as far as it can be held against what is here: its syntax, the schemas that the provider's
//! resources are made from, and its references. Where `terraform` and its providers are at hand it is validated too.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use hcl::{Body, Expression, ObjectKey};
use rectify::event::deploy::{Deployment, OPEN, terraform};
use regex::Regex;
use serde_json::Value;

use crate::fixture;
use crate::support::schema::schema;

/// The whole bundle's configuration, and the one that hands events over.
fn configurations() -> Vec<(Deployment, Body)> {
    let all = fixture::policies();
    let forwarding = Deployment::forwarding(fixture::global_trails(&fixture::read_by(&all)), "eu-west-1");
    let of = |deployment: Deployment| {
        let body = terraform(&deployment).unwrap();
        (deployment, body)
    };
    [Some(fixture::deployment(&all)), forwarding].into_iter().flatten().map(of).collect()
}

fn text(body: &Body) -> String {
    hcl::format::to_string(body).unwrap()
}

/// The blocks of a kind, with their labels joined by a point.
fn blocks<'a>(body: &'a Body, kind: &'a str) -> impl Iterator<Item = (String, &'a hcl::Block)> {
    let label = |block: &hcl::Block| block.labels().iter().map(hcl::BlockLabel::as_str).collect::<Vec<_>>().join(".");
    body.blocks().filter(move |block| block.identifier() == kind).map(move |block| (label(block), block))
}

#[test]
fn it_parses_as_it_was_written() {
    for (_, body) in configurations() {
        let parsed = hcl::parse(&text(&body)).unwrap();
        assert_eq!(text(&parsed), text(&body));
    }
}

/// Of `KmsKeyId` and `kms_key_id` both are `kmskeyid`: what the provider makes of a name is compared without its rules.
fn plain(name: &str) -> String {
    name.replace('_', "").to_lowercase()
}

/// A part of a schema, where it refers to a definition that definition.
fn resolved<'a>(root: &'a Value, part: &'a Value) -> &'a Value {
    match part["$ref"].as_str() {
        Some(name) => root.pointer(name.trim_start_matches('#')).unwrap(),
        None => part,
    }
}

/// Whether the schema has no fixed shape for it, so that the provider takes JSON.
fn open(part: &Value) -> bool {
    let both = |part: &Value| {
        let types = part["type"].as_array();
        types.is_some_and(|types| ["object", "string"].iter().all(|name| types.contains(&Value::from(*name))))
    };
    both(part) || part["format"] == "json" || part["oneOf"].as_array().is_some_and(|parts| parts.iter().any(both))
}

/// Holds a value against the schema of its property; what is open is told with its path.
fn check(root: &Value, part: &Value, path: &str, value: &Expression, found: &mut BTreeSet<String>) {
    let part = resolved(root, part);
    if open(part) {
        assert!(matches!(value, Expression::FuncCall(call) if call.name.to_string() == "jsonencode"), "{path}");
        found.insert(path.to_owned());
        return;
    }
    match value {
        Expression::FuncCall(call) => {
            // `one` takes the attribute of what may not be there.
            match call.name.to_string().as_str() {
                "compact" => call.args.iter().for_each(|argument| check(root, part, path, argument, found)),
                name => assert_eq!(name, "one", "{path}"),
            }
        }
        Expression::Conditional(sides) => {
            [&sides.true_expr, &sides.false_expr].into_iter().for_each(|side| check(root, part, path, side, found));
        }
        Expression::Array(elements) => {
            assert_eq!(part["type"], "array", "{path}");
            elements.iter().for_each(|element| check(root, &part["items"], path, element, found));
        }
        Expression::Object(members) if part.get("patternProperties").is_none() => {
            for (name, value) in members {
                let ObjectKey::Identifier(name) = name else { panic!("{path}: {name:?}") };
                let (name, part) = property(part, name, path);
                check(root, part, &format!("{path}/{name}"), value, found);
            }
        }
        _ => {}
    }
}

/// A property of a schema by the provider's name.
fn property<'a>(part: &'a Value, name: &str, path: &str) -> (&'a str, &'a Value) {
    let properties = part["properties"].as_object().unwrap_or_else(|| panic!("{path} has no members"));
    let found = properties.iter().find(|(known, _)| plain(known) == plain(name));
    found.map(|(name, part)| (name.as_str(), part)).unwrap_or_else(|| panic!("{path} has no {name}"))
}

/// The type of a resource as the provider knows it.
fn provided(type_name: &str) -> &str {
    if type_name == "AWS::SQS::QueuePolicy" { "AWS::SQS::QueueInlinePolicy" } else { type_name }
}

/// CloudFormation's type of a resource block.
fn type_of<'a>(deployment: &'a Deployment, label: &str) -> &'a str {
    let (kind, name) = label.split_once('.').unwrap();
    let document = deployment.documents.iter().find(|document| plain(&document.id) == plain(name)).unwrap();
    let type_name = provided(document.type_name);
    assert_eq!(plain(kind), plain(&type_name.replace("AWS::", "awscc").replace("::", "")));
    type_name
}

#[test]
fn every_attribute_is_a_property_and_what_is_open_is_json() {
    let mut found = BTreeSet::new();
    for (deployment, body) in configurations() {
        for (label, block) in blocks(&body, "resource") {
            let type_name = type_of(&deployment, &label);
            let root = schema(type_name);
            for attribute in block.body().attributes().filter(|attribute| attribute.key() != "count") {
                let (name, part) = property(&root, attribute.key(), type_name);
                check(&root, part, &format!("{type_name}/{name}"), attribute.expr(), &mut found);
            }
        }
    }
    let known: BTreeSet<String> = OPEN.iter().map(|(kind, path)| format!("{kind}/{path}")).collect();
    assert_eq!(found, known);
}

#[test]
fn every_reference_leads_somewhere() {
    let reference = Regex::new(r#"\b(var|local|data\.\w+|awscc_\w+)\.(\w+)(?:(?:\[\*\])?\.(\w+))?"#).unwrap();
    for (deployment, body) in configurations() {
        let text = text(&body);
        let named = |kind: &str| blocks(&body, kind).map(|(label, _)| label).collect::<BTreeSet<String>>();
        let (variables, resources, data) = (named("variable"), named("resource"), named("data"));
        let locals: Vec<&str> =
            blocks(&body, "locals").flat_map(|(_, block)| block.body().attributes()).map(|one| one.key()).collect();
        let mut used = BTreeSet::new();
        for found in reference.captures_iter(&text) {
            let (kind, name) = (&found[1], &found[2]);
            used.insert(format!("{kind}.{name}"));
            match kind {
                "var" => assert!(variables.contains(name), "var.{name}"),
                "local" => assert!(locals.contains(&name), "local.{name}"),
                _ => match kind.strip_prefix("data.") {
                    Some(kind) => assert!(data.contains(&format!("{kind}.{name}")), "data.{kind}.{name}"),
                    None => {
                        let label = format!("{kind}.{name}");
                        assert!(resources.contains(&label), "{label}");
                        let type_name = type_of(&deployment, &label);
                        let attribute = found.get(3).unwrap().as_str();
                        property(&schema(type_name), attribute, type_name);
                    }
                },
            }
        }
        // And no variable is asked for in vain, but for the name that stands for the stack's.
        let unused: Vec<&String> =
            variables.iter().filter(|name| *name != "name" && !used.contains(&format!("var.{name}"))).collect();
        assert!(unused.is_empty(), "{unused:?}");
    }
}

/// `Ref` is the primary identifier of a type.
#[test]
fn identifiers_are_the_schemas() {
    let (deployment, body) = configurations().remove(0);
    let text = text(&body);
    for (label, attribute) in [("journal", "table_name"), ("handler", "function_name"), ("events", "queue_url")] {
        let document = deployment.documents.iter().find(|one| plain(&one.id) == plain(label)).unwrap();
        let identifier = schema(document.type_name)["primaryIdentifier"][0].as_str().unwrap().to_owned();
        assert_eq!(plain(identifier.trim_start_matches("/properties/")), plain(attribute));
        assert!(text.contains(&format!(".{label}.{attribute}")));
    }
}

#[test]
fn terraform_takes_it() {
    for (_, body) in configurations() {
        let mut command = Command::new("terraform");
        command.args(["fmt", "-no-color", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let Ok(mut process) = command.spawn() else {
            println!("skipped: terraform is not on the path, so neither its syntax nor its validation is asked");
            return;
        };
        process.stdin.take().unwrap().write_all(text(&body).as_bytes()).unwrap();
        let output = process.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        // Its providers have to be downloaded: not without being asked to.
        if std::env::var_os("RECTIFY_TERRAFORM_INIT").is_none() {
            println!(
                "skipped: `terraform validate` needs its providers; RECTIFY_TERRAFORM_INIT=1 lets the test fetch them"
            );
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("main.tf"), &output.stdout).unwrap();
        for arguments in [&["init", "-backend=false", "-input=false", "-no-color"][..], &["validate", "-no-color"]] {
            let told = Command::new("terraform").args(arguments).current_dir(folder.path()).output().unwrap();
            assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
        }
    }
}
