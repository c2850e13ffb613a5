//! What only the interpreter evaluates rightly.

use serde_json::Value;

use super::calls::called;
use super::tree::{Place, nodes, place};

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

#[cfg(test)]
mod tests {
    use super::super::tree::parsed;
    use super::*;

    #[test]
    fn it_tells_what_needs_the_interpreter() {
        let why = |rules: &str| interpreted_only(&parsed(rules)).map(|(_, why)| why);
        assert_eq!(why("r if some x in [1]"), None);
        assert_eq!(why("r if q with input as 1\nq if true"), Some("`with`"));
        assert_eq!(why("r contains x if walk(input, [_, x])"), Some("`walk`"));
        assert_eq!(why("r[k] contains v if some k, v in input"), Some("a partial object of sets"));
        assert_eq!(why("default f(_) := 1\nf(x) := 2 if x == 1"), Some("a default function"));
        let looping = "if { some y in x; y == 1 }";
        assert_eq!(why(&format!("f(x) := 1 {looping} else := 2")), Some("`else` after a loop in a function"));
        assert_eq!(why("f(x) := 1 if { x == 1 } else := 2"), None);
        assert_eq!(why(&format!("f(x) := 1 if {{ x == 1 }} else := 2 {looping}")), None);
        assert_eq!(interpreted_only(&parsed("q if true\nr if q with input as 1")).map(|(place, _)| place.0), Some(6));
    }
}
