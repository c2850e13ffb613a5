//! Rules that depend on themselves.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::names::{package, rule_name, rules};
use super::tree::{Place, nodes, place, segments, text_of};
use crate::text::Source;

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

#[cfg(test)]
mod tests {
    use crate::policy::rego::Modules;
    use crate::text::Source;

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
