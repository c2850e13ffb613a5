//! A syntax tree as regorus writes it: its nodes, references, and places in the text.

use serde_json::Value;

use crate::text::Source;

/// A place in a module, counted from 1.
pub type Place = (usize, usize);

/// Every node of a tree, outermost first, as (its kind, its members).
pub fn nodes<'a>(tree: &'a Value, visit: &mut impl FnMut(&'a str, &'a Value) -> bool) {
    match tree {
        Value::Object(members) => {
            for (kind, node) in members {
                if visit(kind, node) {
                    nodes(node, visit);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| nodes(item, visit)),
        _ => {}
    }
}

/// A reference as its segments from the root on; none where a segment is known only when it is evaluated.
pub fn segments(kind: &str, node: &Value) -> Option<Vec<Option<String>>> {
    let inner = |node: &Value| {
        let (kind, inner) = node.get("refr")?.as_object()?.iter().next()?;
        segments(kind, inner)
    };
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match kind {
        "Var" => Some(vec![text(node.get("value")?)]),
        "RefDot" => {
            let mut path = inner(node)?;
            path.push(node.get("field")?.get(1).and_then(text));
            Some(path)
        }
        "RefBrack" => {
            let mut path = inner(node)?;
            path.push(node.pointer("/index/String/value").and_then(text));
            Some(path)
        }
        _ => None,
    }
}

/// Where a node stands.
pub fn place(node: &Value) -> Place {
    let span = node.get("span").or_else(|| node.get(0)?.get("span"));
    let number = |name: &str| {
        let number = span.and_then(|span| span.get(name)).and_then(Value::as_u64).unwrap_or(1);
        usize::try_from(number).unwrap_or(1)
    };
    (number("line"), number("col"))
}

/// The text at a place in the source.
pub fn text_of<'a>(source: &'a Source, span: &Value) -> Option<&'a str> {
    let offset = |name: &str| usize::try_from(span.get(name)?.as_u64()?).ok();
    source.text.get(offset("start")?..offset("end")?)
}

/// The tree of a module of these rules, beside a helper.
#[cfg(test)]
pub fn parsed(rules: &str) -> Value {
    let source = Source::new("p.rego", format!("package p\n\nimport data.lib\n\n{rules}\n"));
    let lib = Source::new("lib.rego", "package lib\n\nf(x) := x\n");
    let modules = crate::policy::rego::Modules::load(&[source, lib], &[]).unwrap_or_else(|told| panic!("{told:?}"));
    modules.trees[0].1.clone()
}
