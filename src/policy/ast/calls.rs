//! Which functions a module calls.

use serde_json::Value;

use super::tree::{Place, nodes, place, segments};

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

/// The name of the function that a call calls.
pub fn called(node: &Value) -> Option<String> {
    let (kind, function) = node.get("fcn")?.as_object()?.iter().next()?;
    let path: Option<Vec<String>> = segments(kind, function)?.into_iter().collect();
    path.map(|path| path.join("."))
}

#[cfg(test)]
mod tests {
    use super::super::tree::parsed;
    use super::*;

    #[test]
    fn it_tells_calls_with_their_literal_arguments() {
        let found = calls(&parsed("r := replace(input.id, \"a\", `b`)"));
        let arguments = vec![None, Some("a".to_owned()), Some("b".to_owned())];
        assert_eq!(found, [Call { place: (5, 13), name: "replace".into(), arguments }]);
    }
}
