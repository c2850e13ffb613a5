//! The inputs that a test names.

use serde_json::Value;

use super::tree::{Place, nodes, place};

/// The texts of what stands in `with input as …`, as Rego; the error is the place of one that cannot be told alone.
pub fn inputs(module: &Value) -> Vec<Result<String, Place>> {
    let mut found = Vec::new();
    nodes(module.get("rules").unwrap_or(&Value::Null), &mut |kind, node| {
        if kind == "with_mods" {
            for modifier in node.as_array().into_iter().flatten() {
                if modifier.pointer("/refr/Var/value").and_then(Value::as_str) == Some("input")
                    && let Some(value) = modifier.get("as")
                {
                    let text = expression(value).ok_or_else(|| place(modifier));
                    if !found.contains(&text) {
                        found.push(text);
                    }
                }
            }
        }
        true
    });
    found
}

/// An expression of literals, names, references and calls as Rego text.
fn expression(node: &Value) -> Option<String> {
    let (kind, node) = node.as_object()?.iter().next()?;
    let list = |name: &str| -> Option<String> {
        let items: Option<Vec<String>> = node.get(name)?.as_array()?.iter().map(expression).collect();
        Some(items?.join(", "))
    };
    match kind.as_str() {
        "String" | "RawString" | "Number" | "Bool" | "Null" => Some(node.get("value")?.to_string()),
        "Var" => node.get("value")?.as_str().map(str::to_owned),
        "Array" => Some(format!("[{}]", list("items")?)),
        "Set" => Some(format!("{{{}}}", list("items")?)),
        "Object" => {
            let fields: Option<Vec<String>> = node
                .get("fields")?
                .as_array()?
                .iter()
                .map(|field| Some(format!("{}: {}", expression(field.get(1)?)?, expression(field.get(2)?)?)))
                .collect();
            Some(format!("{{{}}}", fields?.join(", ")))
        }
        "RefDot" => Some(format!("{}.{}", expression(node.get("refr")?)?, node.get("field")?.get(1)?.as_str()?)),
        "RefBrack" => Some(format!("{}[{}]", expression(node.get("refr")?)?, expression(node.get("index")?)?)),
        "Call" => Some(format!("{}({})", expression(node.get("fcn")?)?, list("params")?)),
        _ => None,
    }
}
