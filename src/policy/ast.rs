//! What a module's syntax tree tells: the references to `input`, and constructs that need care.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::Needs;

/// What a policy, with all that it imports, reads of its input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Of the resource itself.
    pub own: Needs,
    /// Of its neighbours, by relation.
    pub related: BTreeMap<String, Needs>,
}

impl Reads {
    /// Adds all of another.
    pub fn extend(&mut self, other: &Self) {
        self.own.extend(&other.own);
        for (name, needs) in &other.related {
            self.related.entry(name.clone()).or_default().extend(needs);
        }
    }
}

/// A place in a module, counted from 1.
pub type Place = (usize, usize);

/// Every node of a tree, outermost first, as (its kind, its members).
fn nodes<'a>(tree: &'a Value, visit: &mut impl FnMut(&'a str, &'a Value) -> bool) {
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
fn segments(kind: &str, node: &Value) -> Option<Vec<Option<String>>> {
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

/// What a module reads of `input`.
pub fn reads(module: &Value) -> Reads {
    let mut reads = Reads::default();
    nodes(module.get("rules").unwrap_or(&Value::Null), &mut |kind, node| {
        // In `with input as x` the reference is written, not read.
        if kind == "with_mods" {
            return false;
        }
        match segments(kind, node) {
            Some(path) if path.first() == Some(&Some("input".to_owned())) => {
                note(&mut reads, path.get(1..).unwrap_or_default());
                // The chain is one reference, but an index inside it may hold another.
                index_reads(node, &mut reads);
                false
            }
            _ => true,
        }
    });
    reads
}

fn index_reads(node: &Value, reads: &mut Reads) {
    if let Some(index) = node.get("index") {
        let wrapped = serde_json::json!({"rules": [index]});
        reads.extend(&self::reads(&wrapped));
    }
    if let Some(inner) = node.get("refr").and_then(Value::as_object).and_then(|inner| inner.values().next()) {
        index_reads(inner, reads);
    }
}

fn note(reads: &mut Reads, path: &[Option<String>]) {
    let member = |needs: &mut Needs, path: &[Option<String>]| match path {
        [Some(part), Some(name), ..] if part == "properties" => {
            needs.properties.insert(name.clone());
        }
        [Some(part), Some(name), ..] if part == "facts" => {
            needs.facts.insert(name.clone());
        }
        [Some(part), ..] if part == "tags" || part == "owner" => {
            needs.properties.insert("Tags".to_owned());
        }
        [Some(part), ..] if !matches!(part.as_str(), "properties" | "facts") => {}
        _ => needs.whole = true,
    };
    match path {
        [Some(related), Some(name), rest @ ..] if related == "related" => {
            let needs = reads.related.entry(name.clone()).or_default();
            // A list is indexed before its members are named.
            match rest {
                [None, rest @ ..] => member(needs, rest),
                rest => member(needs, rest),
            }
        }
        // Every relation of the policy, whole.
        [Some(related), ..] if related == "related" => reads.related.entry("*".to_owned()).or_default().whole = true,
        [] => {
            reads.own.whole = true;
            reads.related.entry("*".to_owned()).or_default().whole = true;
        }
        path => member(&mut reads.own, path),
    }
}

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
        let reference = ["/Spec/head/Compr/refr", "/Spec/head/Set/refr", "/Spec/head/Func/refr", "/Default/refr"]
            .iter()
            .find_map(|pointer| rule.pointer(pointer)?.as_object()?.iter().next());
        let name = reference.and_then(|(kind, node)| segments(kind, node)?.into_iter().next()?);
        if let Some(name) = name
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

/// Constructs that the virtual machine does not evaluate rightly, as measured with regorus 0.14.1: such a module runs on
/// the interpreter.
pub fn interpreted_only(module: &Value) -> Option<(Place, &'static str)> {
    let mut found = None;
    nodes(module.get("rules").unwrap_or(&Value::Null), &mut |kind, node| {
        let why = match kind {
            "with_mods" if node.as_array().is_some_and(|mods| !mods.is_empty()) => Some("`with`"),
            "Call" if called(node).as_deref() == Some("walk") => Some("`walk`"),
            "Set" if node.pointer("/refr/RefBrack").is_some() && node.get("key").is_some_and(|key| !key.is_null()) => {
                Some("a partial object of sets")
            }
            "Spec" if else_after_loop(node) => Some("`else` after a loop in a function"),
            "Default" if node.get("args").and_then(Value::as_array).is_some_and(|args| !args.is_empty()) => {
                Some("a default function")
            }
            _ => None,
        };
        if let Some(why) = why
            && found.is_none()
        {
            found = Some((place(node), why));
        }
        true
    });
    found
}

/// Whether a rule's `else` stands behind a body that loops.
fn else_after_loop(rule: &Value) -> bool {
    let bodies = rule.get("bodies").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let is_else = |body: &Value| body.get("is_else").and_then(Value::as_bool) == Some(true);
    let mut loops = false;
    nodes(&Value::Array(bodies.iter().filter(|body| !is_else(body)).cloned().collect()), &mut |kind, _| {
        loops |= matches!(kind, "SomeIn" | "Every" | "SomeVars");
        true
    });
    loops && bodies.iter().any(is_else)
}

/// Calls of functions by name, with their places.
pub fn calls(module: &Value) -> Vec<(Place, String)> {
    let mut found = Vec::new();
    nodes(module, &mut |kind, node| {
        if kind == "Call"
            && let Some(name) = called(node)
        {
            found.push((place(node), name));
        }
        true
    });
    found
}

fn called(node: &Value) -> Option<String> {
    let (kind, function) = node.get("fcn")?.as_object()?.iter().next()?;
    let path: Option<Vec<String>> = segments(kind, function)?.into_iter().collect();
    path.map(|path| path.join("."))
}

fn place(node: &Value) -> Place {
    let span = node.get("span").or_else(|| node.get(0)?.get("span"));
    let number = |name: &str| {
        let number = span.and_then(|span| span.get(name)).and_then(Value::as_u64).unwrap_or(1);
        usize::try_from(number).unwrap_or(1)
    };
    (number("line"), number("col"))
}

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
