//! What a module is called, what it calls its rules, and which packages it names.

use serde_json::Value;

use super::tree::{nodes, segments};

/// The packages that a module imports or names: `rectify.lib.iam` of `import data.rectify.lib.iam`.
pub fn imports(module: &Value) -> Vec<String> {
    let mut found = Vec::new();
    nodes(module, &mut |kind, node| match segments(kind, node) {
        Some(path) if path.first() == Some(&Some("data".to_owned())) => {
            let names: Vec<String> = path.into_iter().skip(1).map_while(|segment| segment).collect();
            found.push(names.join("."));
            false
        }
        _ => true,
    });
    found
}

/// The module's package, `rectify.lambda.env_kms`.
pub fn package(module: &Value) -> String {
    let path = module.pointer("/package/refr").and_then(Value::as_object).and_then(|refr| refr.iter().next());
    let path = path.and_then(|(kind, node)| segments(kind, node)).unwrap_or_default();
    path.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>().join(".")
}

/// The names of the module's rules, each once.
pub fn rules(module: &Value) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for rule in module.get("rules").and_then(Value::as_array).into_iter().flatten() {
        if let Some(name) = rule_name(rule)
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

/// The name of a rule.
pub fn rule_name(rule: &Value) -> Option<String> {
    let (kind, node) = ["/Spec/head/Compr/refr", "/Spec/head/Set/refr", "/Spec/head/Func/refr", "/Default/refr"]
        .iter()
        .find_map(|pointer| rule.pointer(pointer)?.as_object()?.iter().next())?;
    segments(kind, node)?.into_iter().next()?
}
