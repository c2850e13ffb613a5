//! What a module's syntax tree tells: the references to `input`, and constructs that need care.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::model::Needs;
use crate::text::Source;

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
        if let Some(name) = rule_name(rule)
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

fn rule_name(rule: &Value) -> Option<String> {
    let (kind, node) = ["/Spec/head/Compr/refr", "/Spec/head/Set/refr", "/Spec/head/Func/refr", "/Default/refr"]
        .iter()
        .find_map(|pointer| rule.pointer(pointer)?.as_object()?.iter().next())?;
    segments(kind, node)?.into_iter().next()?
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

/// A call of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Where it stands.
    pub place: Place,
    /// The function's name, as it is written.
    pub name: String,
    /// The arguments that are literal texts.
    pub arguments: Vec<Option<String>>,
}

/// Calls of functions by name.
pub fn calls(module: &Value) -> Vec<Call> {
    let mut found = Vec::new();
    nodes(module, &mut |kind, node| {
        if kind == "Call"
            && let Some(name) = called(node)
        {
            let literal = |argument: &Value| {
                let text = argument.pointer("/String/value").or_else(|| argument.pointer("/RawString/value"))?;
                text.as_str().map(str::to_owned)
            };
            let arguments = node.get("params").and_then(Value::as_array).into_iter().flatten().map(literal).collect();
            found.push(Call { place: place(node), name, arguments });
        }
        true
    });
    found
}

/// A rule that depends on itself, directly or through others: the module, the place, and the rules of the circle.
pub fn recursion(modules: &[(Source, Value)]) -> Option<(&Source, Place, String)> {
    let mut rules: BTreeMap<String, (&Source, Place, Vec<String>)> = BTreeMap::new();
    let names: BTreeMap<String, Vec<String>> =
        modules.iter().map(|(_, tree)| (package(tree), self::rules(tree))).collect();
    for (source, tree) in modules {
        let (package, aliases) = (package(tree), aliases(source, tree));
        let own = names.get(&package).map(Vec::as_slice).unwrap_or_default();
        for rule in tree.get("rules").and_then(Value::as_array).into_iter().flatten() {
            let Some(name) = rule_name(rule) else { continue };
            let bound = bound(source, rule);
            let mut uses = Vec::new();
            nodes(rule.pointer("/Spec/bodies").unwrap_or(&Value::Null), &mut |kind, node| {
                note_use(kind, node, &mut uses)
            });
            for part in ["key", "value", "assign"] {
                for head in ["Compr", "Set", "Func"] {
                    let part = rule.pointer(&format!("/Spec/head/{head}/{part}")).unwrap_or(&Value::Null);
                    nodes(part, &mut |kind, node| note_use(kind, node, &mut uses));
                }
            }
            let absolute = |path: Vec<String>| -> Option<String> {
                let (first, rest) = path.split_first()?;
                match aliases.get(first) {
                    _ if first == "data" => rule_of(&names, rest),
                    Some(alias) if !bound.contains(first) => {
                        let path: Vec<String> =
                            alias.split('.').map(str::to_owned).chain(rest.iter().cloned()).collect();
                        rule_of(&names, &path)
                    }
                    _ => (own.contains(first) && !bound.contains(first)).then(|| format!("{package}.{first}")),
                }
            };
            let at = rule.pointer("/Spec").map_or((1, 1), place);
            let entry = rules.entry(format!("{package}.{name}")).or_insert((source, at, Vec::new()));
            entry.2.extend(uses.into_iter().filter_map(absolute));
        }
    }
    rules.iter().find_map(|(name, (source, place, _))| {
        let circle = way(&rules, name, name, &mut BTreeSet::new())?;
        Some((*source, *place, circle.join(" → ")))
    })
}

/// Notes a reference as its segments up to the first that is not known.
fn note_use(kind: &str, node: &Value, uses: &mut Vec<Vec<String>>) -> bool {
    if let Some(path) = segments(kind, node) {
        uses.push(path.into_iter().map_while(|segment| segment).collect());
    }
    // The inner references of a chain name no more than it does, but an index may hold others.
    true
}

/// The rule that a path below `data` names.
fn rule_of(names: &BTreeMap<String, Vec<String>>, path: &[String]) -> Option<String> {
    (1..path.len()).rev().find_map(|length| {
        let (package, rule) = (path.get(..length)?.join("."), path.get(length)?);
        names.get(&package)?.contains(rule).then(|| format!("{package}.{rule}"))
    })
}

/// The names that a rule binds itself: they hide rules of the same name.
fn bound(source: &Source, rule: &Value) -> BTreeSet<String> {
    let mut bound = BTreeSet::new();
    let mut binds = |node: &Value| {
        // `every`'s names and those of `some x` are places in the text, others are patterns.
        bound.extend(text_of(source, node).map(str::to_owned));
        nodes(node, &mut |kind, node| {
            let name = node.get("value").and_then(Value::as_str).filter(|_| kind == "Var");
            bound.extend(name.map(str::to_owned));
            true
        });
    };
    binds(rule.pointer("/Spec/head/Func/args").unwrap_or(&Value::Null));
    nodes(rule, &mut |kind, node| {
        let members: &[&str] = match kind {
            "SomeIn" | "Every" => &["key", "value"],
            "SomeVars" => &["vars"],
            "AssignExpr" => &["lhs"],
            _ => &[],
        };
        for member in members.iter().filter_map(|name| node.get(*name)) {
            match member {
                Value::Array(items) => items.iter().for_each(&mut binds),
                member => binds(member),
            }
        }
        true
    });
    bound
}

/// The text at a place in the source.
fn text_of<'a>(source: &'a Source, span: &Value) -> Option<&'a str> {
    let offset = |name: &str| usize::try_from(span.get(name)?.as_u64()?).ok();
    source.text.get(offset("start")?..offset("end")?)
}

/// The way from one rule to another.
fn way(
    calls: &BTreeMap<String, (&Source, Place, Vec<String>)>,
    from: &str,
    to: &str,
    seen: &mut BTreeSet<String>,
) -> Option<Vec<String>> {
    for next in &calls.get(from)?.2 {
        if next == to {
            return Some(vec![from.to_owned(), to.to_owned()]);
        }
        if seen.insert(next.clone())
            && let Some(mut rest) = way(calls, next, to, seen)
        {
            rest.insert(0, from.to_owned());
            return Some(rest);
        }
    }
    None
}

/// The names under which a module knows packages: `iam` of `import data.rectify.lib.iam`.
fn aliases(source: &Source, module: &Value) -> BTreeMap<String, String> {
    let imports = module.get("imports").and_then(Value::as_array).into_iter().flatten();
    let alias = |import: &Value| {
        let (kind, node) = import.get("refr")?.as_object()?.iter().next()?;
        let path: Vec<String> = segments(kind, node)?.into_iter().collect::<Option<_>>()?;
        let path = path.strip_prefix(&["data".to_owned()])?;
        let name = import.get("as").and_then(|span| text_of(source, span)).or(path.last().map(String::as_str))?;
        Some((name.to_owned(), path.join(".")))
    };
    imports.filter_map(alias).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::rego::Modules;

    fn tree(rules: &str) -> Value {
        let source = Source::new("p.rego", format!("package p\n\nimport data.lib\n\n{rules}\n"));
        let lib = Source::new("lib.rego", "package lib\n\nf(x) := x\n");
        let modules = Modules::load(&[source, lib], &[]).unwrap_or_else(|told| panic!("{told:?}"));
        modules.trees[0].1.clone()
    }

    fn needs(whole: bool, properties: &[&str], facts: &[&str]) -> Needs {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Needs { whole, properties: names(properties), facts: names(facts) }
    }

    #[test]
    fn it_tells_which_members_are_read() {
        let own = |rules: &str| reads(&tree(rules)).own;
        assert_eq!(own("r := input.properties.A.B"), needs(false, &["A"], &[]));
        assert_eq!(own("r := input[\"properties\"][\"A\"]"), needs(false, &["A"], &[]));
        assert_eq!(own("r := input.facts.A[0]"), needs(false, &[], &["A"]));
        assert_eq!(own("r := object.get(input.properties, \"A\", 1)"), needs(true, &[], &[]));
        assert_eq!(own("r := object.get(input.properties.A, \"B\", 1)"), needs(false, &["A"], &[]));
        assert_eq!(own("r := input.properties[input.facts.Name]"), needs(true, &[], &["Name"]));
        assert_eq!(own("r contains x if some x in input.properties.A"), needs(false, &["A"], &[]));
        assert_eq!(own("r contains k if some k, _ in input.properties"), needs(true, &[], &[]));
        assert_eq!(own("r if input.tags.team"), needs(false, &["Tags"], &[]));
        assert_eq!(own("r if input.owner.stack"), needs(false, &["Tags"], &[]));
        assert_eq!(own("r := input.id"), Needs::default());
        assert_eq!(own("r := input"), needs(true, &[], &[]));
        assert_eq!(own("r if q with input as {\"properties\": 1}\nq if input.facts.A"), needs(false, &[], &["A"]));
    }

    #[test]
    fn it_tells_what_is_read_of_neighbours() {
        let related = |rules: &str| reads(&tree(rules)).related;
        let one = |name: &str, needs: Needs| BTreeMap::from([(name.to_owned(), needs)]);
        assert_eq!(related("r := input.related.role.properties.A"), one("role", needs(false, &["A"], &[])));
        assert_eq!(related("r if input.related.urls[_].facts.A"), one("urls", needs(false, &[], &["A"])));
        assert_eq!(related("r contains x if some x in input.related.urls"), one("urls", needs(true, &[], &[])));
        assert_eq!(related("r := input.related"), one("*", needs(true, &[], &[])));
        assert_eq!(related("r := input.related[input.id].properties.A"), one("*", needs(true, &[], &[])));
    }

    #[test]
    fn it_tells_what_needs_the_interpreter() {
        let why = |rules: &str| interpreted_only(&tree(rules)).map(|(_, why)| why);
        assert_eq!(why("r if some x in [1]"), None);
        assert_eq!(why("r if q with input as 1\nq if true"), Some("`with`"));
        assert_eq!(why("r contains x if walk(input, [_, x])"), Some("`walk`"));
        assert_eq!(why("r[k] contains v if some k, v in input"), Some("a partial object of sets"));
        assert_eq!(why("default f(_) := 1\nf(x) := 2 if x == 1"), Some("a default function"));
        let looping = "if { some y in x; y == 1 }";
        assert_eq!(why(&format!("f(x) := 1 {looping} else := 2")), Some("`else` after a loop in a function"));
        assert_eq!(why("f(x) := 1 if { x == 1 } else := 2"), None);
        assert_eq!(why(&format!("f(x) := 1 if {{ x == 1 }} else := 2 {looping}")), None);
        assert_eq!(interpreted_only(&tree("q if true\nr if q with input as 1")).map(|(place, _)| place.0), Some(6));
    }

    #[test]
    fn it_tells_calls_with_their_literal_arguments() {
        let found = calls(&tree("r := replace(input.id, \"a\", `b`)"));
        let arguments = vec![None, Some("a".to_owned()), Some("b".to_owned())];
        assert_eq!(found, [Call { place: (5, 13), name: "replace".into(), arguments }]);
    }

    #[test]
    fn a_rule_that_depends_on_itself_is_found() {
        let circle = |rules: &str| {
            let lib = "package lib\n\nimport data.p as q\n\nf(x) := q.g(x)\nvalue := 1\nother := data.p.a\n";
            let source = Source::new("p.rego", format!("package p\n\nimport data.lib\n\n{rules}\n"));
            match Modules::load(&[source, Source::new("lib.rego", lib)], &[]) {
                Ok(_) => None,
                Err(told) => Some(told[0].message.split(": ").last().unwrap().to_owned()),
            }
        };
        let ends = "g(x) := x\na := 1\n";
        for fine in [
            "r := x if { x := lib.f(1) }",
            "r := 1 if { some r in [1]; r == 1 }",
            "r(s) := s if { s == 1 }\ns := r(2)",
            "r contains lib if { lib := 1 }",
            "r if every r in [1] { r == 1 }",
            "r if { some r; r = 1 }",
            "r := {r | r := 1}",
        ] {
            assert_eq!(circle(&format!("{ends}{fine}")), None, "{fine}");
        }
        for (rules, told) in [
            ("g(x) := g(x)\na := 1", "p.g → p.g"),
            ("g(x) := x\na := b\nb := a + 1", "p.a → p.b → p.a"),
            ("g(x) := lib.f(x)\na := 1", "lib.f → p.g → lib.f"),
            ("g(x) := x\na := lib.other", "lib.other → p.a → lib.other"),
            ("g(x) := a\na := 1 if { g(1) }", "p.a → p.g → p.a"),
            ("g(x) := x\na contains x if { some x in a }", "p.a → p.a"),
        ] {
            assert_eq!(circle(rules).as_deref(), Some(told), "{rules}");
        }
    }
}
