//! Builtins of which one call makes much out of little, or takes long over much: on the interpreter they look at their
//! arguments first.
//!
//! regorus asks its extensions before its own builtins. So each of these is an extension of the same name, which hands over to
//! the builtin what is small enough. The interpreter looks at its limits after the call, as after any other.

use std::sync::{Arc, LazyLock};

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::Program;
use regorus::{Engine, Value};

use super::EvalError;

/// Characters that the arguments of one call may have, written out: a text that is in a list a thousand times counts a
/// thousand times.
const LARGEST_ARGUMENTS: usize = 256 << 10;

/// The same for what a rule hands back.
pub const LARGEST_RESULT: usize = 4 << 20;

/// How deeply a value may be nested that is written out: as deeply as JSON is read.
const DEEPEST: usize = 120;

/// The builtins, and how many arguments they take.
const GUARDED: &[(&str, u8)] = &[
    ("concat", 2),
    ("glob.match", 3),
    ("indexof", 2),
    ("indexof_n", 2),
    ("json.filter", 2),
    ("json.marshal", 1),
    ("json.marshal_with_options", 2),
    ("json.patch", 2),
    ("json.remove", 2),
    ("object.subset", 2),
    ("regex.find_all_string_submatch_n", 3),
    ("regex.find_n", 3),
    ("regex.match", 2),
    ("regex.replace", 3),
    ("regex.split", 2),
    ("regex.template_match", 4),
    ("replace", 3),
    ("sprintf", 2),
    ("strings.any_prefix_match", 2),
    ("strings.any_suffix_match", 2),
    ("strings.count", 2),
    ("trim", 2),
    ("trim_left", 2),
    ("trim_right", 2),
];

/// Where a builtin is called for an extension.
const RULE: &str = "data.guarded.result";

/// Each builtin as a program: regorus has no other way to call one.
static PROGRAMS: LazyLock<Vec<(&str, u8, Arc<Program>)>> = LazyLock::new(|| {
    let programs = GUARDED.iter().map(|(name, arguments)| Some((*name, *arguments, program(name, *arguments)?)));
    programs.flatten().collect()
});

/// Puts the guards before the builtins of an engine.
pub fn add(engine: &mut Engine) {
    for (name, arguments, program) in PROGRAMS.iter() {
        let guard = move |arguments: Vec<Value>| Ok(call(name, program, arguments)?);
        // Only a name that is there twice is refused.
        let _ = engine.add_extension((*name).to_owned(), *arguments, Box::new(guard));
    }
}

fn call(name: &str, program: &Arc<Program>, arguments: Vec<Value>) -> Result<Value, EvalError> {
    if let Some(why) = too_large(&arguments, LARGEST_ARGUMENTS) {
        return Err(EvalError::Failed(format!("what {name} is given is {why}")));
    }
    super::run(program, RULE, None, Value::from(arguments)).map_err(|error| EvalError::Failed(error.to_string()))
}

/// Why values are too large to be written out. It takes no longer than writing out the most that may be.
pub fn too_large<'a>(values: impl IntoIterator<Item = &'a Value>, most: usize) -> Option<String> {
    let large = || Some(format!("larger than {} KiB, written out", most >> 10));
    let mut waiting: Vec<(&Value, usize)> = values.into_iter().map(|value| (value, 1)).collect();
    let mut left = most;
    while let Some((value, depth)) = waiting.pop() {
        let members = match value {
            Value::Array(items) => items.len(),
            Value::Set(items) => items.len(),
            Value::Object(members) => 2 * members.len(),
            _ => 0,
        };
        let Some(rest) = left.checked_sub(own(value).saturating_add(2 * members)) else { return large() };
        left = rest;
        if members > 0 && depth == DEEPEST {
            return Some(format!("nested deeper than {DEEPEST}"));
        }
        let inner = |value| (value, depth + 1);
        match value {
            Value::Array(items) => waiting.extend(items.iter().map(inner)),
            Value::Set(items) => waiting.extend(items.iter().map(inner)),
            Value::Object(members) => {
                waiting.extend(members.iter().flat_map(|(name, value)| [name, value]).map(inner));
            }
            _ => {}
        }
    }
    None
}

/// The characters of a value without its members.
fn own(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        // Writing a long number takes long: it counts as a longer text.
        Value::Number(number) => {
            number.as_big().map_or(8, |number| usize::try_from(number.bits()).unwrap_or(usize::MAX).saturating_mul(8))
        }
        _ => 2,
    }
}

fn program(name: &str, arguments: u8) -> Option<Arc<Program>> {
    let arguments: Vec<String> = (0..arguments).map(|index| format!("input[{index}]")).collect();
    let module = format!("package guarded\n\nresult := {name}({})\n", arguments.join(", "));
    let mut engine = Engine::new();
    engine.set_rego_v0(false);
    engine.set_strict_builtin_errors(false);
    engine.add_policy(format!("{name}.rego"), module).ok()?;
    let compiled = engine.compile_with_entrypoint(&RULE.into()).ok()?;
    Compiler::compile_from_policy(&compiled, &[RULE]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_builtin_is_there() {
        let there: Vec<&str> = PROGRAMS.iter().map(|(name, ..)| *name).collect();
        let asked: Vec<&str> = GUARDED.iter().map(|(name, _)| *name).collect();
        assert_eq!(there, asked);
    }

    #[test]
    fn what_is_shared_counts_each_time() {
        let text = Value::from("x".repeat(1000));
        let many = |count| Value::from(vec![text.clone(); count]);
        assert_eq!(too_large([&many(100)], LARGEST_ARGUMENTS), None);
        assert_eq!(too_large([&many(300)], LARGEST_ARGUMENTS).unwrap(), "larger than 256 KiB, written out");
        let doubled = |times| (0..times).fold(Value::from(1_u64), |value, _| Value::from(vec![value.clone(), value]));
        assert_eq!(too_large([&doubled(10)], LARGEST_ARGUMENTS), None);
        assert_eq!(too_large([&doubled(60)], LARGEST_ARGUMENTS).unwrap(), "larger than 256 KiB, written out");
        let deep = |times| (0..times).fold(Value::from(1_u64), |value, _| Value::from(vec![value]));
        assert_eq!(too_large([&deep(100)], LARGEST_ARGUMENTS), None);
        assert_eq!(too_large([&deep(200)], LARGEST_ARGUMENTS).unwrap(), "nested deeper than 120");
    }
}
