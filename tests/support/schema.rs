//! AWS's published schemas of the CloudFormation types, as cfn-lint ships them: every document that a reader makes is held
//! against its type's.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use rectify::model::Resource;
use serde_json::{Value, json};

use super::venv::Venv;

/// What is wrong with a document's `properties`, each with its JSON Pointer, sorted; empty where nothing is.
///
/// A reader is not asked for what can only be written (a function's `Code`), even where a template has to give it. And what
/// can only be read has no place among the properties, unless it identifies the resource: it is a fact.
pub fn errors(document: &Resource) -> Vec<String> {
    let schema = schema(document.type_name.as_str());
    let validator = jsonschema::options()
        .with_draft(jsonschema::Draft::Draft7)
        .build(&for_reading(&schema))
        .unwrap_or_else(|error| panic!("the schema of {} cannot be used: {error}", document.type_name));
    let broken = validator.iter_errors(&document.properties).map(|error| format!("{}: {error}", error.instance_path()));
    let facts = pointers(&schema, "readOnlyProperties").into_iter().filter(|pointer| {
        document.properties.pointer(pointer).is_some() && !pointers(&schema, "primaryIdentifier").contains(pointer)
    });
    let mut errors: Vec<String> =
        broken.chain(facts.map(|pointer| format!("{pointer}: can only be read, so it is a fact"))).collect();
    errors.sort();
    errors
}

/// The schemas of the types that are rectify's own, which AWS has none for.
const OWN: [(&str, &str); 2] = [
    ("AWS::Account", include_str!("schemas/account.json")),
    ("AWS::InspectorV2::Enabler", include_str!("schemas/enabler.json")),
];

/// The published schema of a type.
pub fn schema(type_name: &str) -> Value {
    if let Some((_, own)) = OWN.iter().find(|(name, _)| *name == type_name) {
        return serde_json::from_str(own).expect("a schema is JSON");
    }
    static INDEX: OnceLock<(PathBuf, BTreeMap<String, String>)> = OnceLock::new();
    let (folder, files) = INDEX.get_or_init(|| {
        let printed = Venv::shared().run("import cfnlint; print(cfnlint.__path__[0])", &[], None);
        let folder = PathBuf::from(printed.trim()).join("data/schemas");
        let index = fs::read(folder.join("providers/us-east-1.json")).expect("cfn-lint ships an index of its schemas");
        (folder, serde_json::from_slice(&index).expect("the index is an object of texts"))
    });
    let file = files.get(type_name).unwrap_or_else(|| panic!("CloudFormation has no type {type_name}"));
    let text =
        fs::read(folder.join(format!("resources/{file}.json"))).expect("cfn-lint ships every schema of its index");
    serde_json::from_slice(&text).expect("a schema is JSON")
}

/// The schema as JSON Schema, without demands for what can only be written.
fn for_reading(schema: &Value) -> Value {
    // Some patterns end with a `\Z`, which is a text's end elsewhere.
    let text = schema.to_string().replace(r"\\Z", "$");
    let mut reading: Value = serde_json::from_str(&text).expect("it is JSON as before");
    // It names CloudFormation's own metaschema, which is not needed here and stands on the network.
    reading["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    let write_only = pointers(schema, "writeOnlyProperties");
    if let Some(required) = reading.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| {
            let pointer = format!("/{}", name.as_str().unwrap_or_default());
            !write_only.iter().any(|only| *only == pointer || only.starts_with(&format!("{pointer}/")))
        });
    }
    reading
}

/// A list of properties, as pointers into a document's properties.
fn pointers(schema: &Value, list: &str) -> Vec<String> {
    let listed = schema[list].as_array().into_iter().flatten().filter_map(Value::as_str);
    listed.filter_map(|pointer| pointer.strip_prefix("/properties").map(str::to_owned)).collect()
}
