//! Unit tests of policies: every `test_` rule on the interpreter, and every input that they name on both evaluators.

use serde_json::Value;

use super::ast;
use super::bundle::Policies;
use super::rego::{Document, EvalError, Evaluator, Modules};
use crate::text::{Diagnostic, Source};

/// How a test ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestOutcome {
    /// It holds.
    Passed,
    /// It does not, and why.
    Failed(String),
}

/// One test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestResult {
    /// The file it stands in.
    pub file: String,
    /// The rule's name, or what was compared.
    pub name: String,
    /// How it ended.
    pub outcome: TestOutcome,
}

/// Which lines of a module the tests ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// The module's file.
    pub file: String,
    /// Lines that ran.
    pub covered: usize,
    /// Lines that did not.
    pub missed: Vec<u32>,
}

impl Policies {
    /// Runs the unit tests of `tests` (`_test.rego` files) over the policies of this bundle, which was loaded from
    /// `sources` and `tables`.
    pub fn test(
        &self,
        sources: &[Source],
        tests: &[Source],
        tables: &[(String, Value)],
    ) -> Result<(Vec<TestResult>, Vec<Coverage>), Vec<Diagnostic>> {
        let all: Vec<Source> = sources.iter().chain(tests).cloned().collect();
        let modules = Modules::load(&all, tables)?;
        let (mut results, mut ran) = (Vec::new(), Vec::new());
        for (source, tree) in modules.trees.iter().skip(sources.len()) {
            let package = ast::package(tree);
            let names: Vec<String> = ast::rules(tree).into_iter().filter(|name| name.starts_with("test_")).collect();
            if names.is_empty() {
                results.push(failed(source, "tests", "the file has no rule whose name starts with test_"));
            }
            for name in names {
                let outcome = match modules.eval(&package, &name) {
                    Ok(Value::Bool(true)) => TestOutcome::Passed,
                    Ok(value) => TestOutcome::Failed(format!("the rule is {value}, not true")),
                    Err(error) => TestOutcome::Failed(error.to_string()),
                };
                results.push(TestResult { file: source.name.to_string(), name: name.clone(), outcome });
                ran.push((package.clone(), name));
            }
            results.extend(self.both_evaluators(&modules, source, tree, &package));
        }
        let coverage = modules.coverage(&ran).into_iter();
        let coverage = coverage.filter(|(file, ..)| !file.ends_with("_test.rego"));
        let coverage =
            coverage.map(|(file, covered, missed)| Coverage { file, covered: covered.len(), missed }).collect();
        Ok((results, coverage))
    }

    /// Runs a policy on every input of its tests with both evaluators, which must agree.
    fn both_evaluators(&self, modules: &Modules, source: &Source, tree: &Value, package: &str) -> Vec<TestResult> {
        let Some(tested) = package.strip_suffix("_test") else { return Vec::new() };
        let Some(policy) = self.all().find(|policy| policy.package == tested) else { return Vec::new() };
        let Ok(interpreter) = self.on(policy, Evaluator::Interpreter) else { return Vec::new() };
        // One that the virtual machine cannot run has the interpreter only, and nothing to compare.
        let Ok(machine) = self.on(policy, policy.evaluator) else { return Vec::new() };
        let mut results = Vec::new();
        for (index, text) in ast::inputs(tree).into_iter().enumerate() {
            let name = format!("both evaluators agree on input {}", index + 1);
            let text = match text {
                Ok(text) => text,
                Err((line, _)) => {
                    let why = format!("line {line}: the input is no literal or rule; make it a rule of the test file");
                    results.push(failed(source, &name, &why));
                    continue;
                }
            };
            let outcome = named_value(modules, source, package, index, &text).map(|input| {
                let input = Document::new(&input);
                (machine.evaluate(&input), interpreter.evaluate(&input))
            });
            results.push(match outcome {
                Ok((machine, interpreter)) if machine == interpreter => {
                    TestResult { file: source.name.to_string(), name, outcome: TestOutcome::Passed }
                }
                Ok((machine, interpreter)) => {
                    failed(source, &name, &format!("machine: {machine:?}; interpreter: {interpreter:?}"))
                }
                Err(why) => failed(source, &name, &format!("`{text}` has no value alone ({why}); make it a rule")),
            });
        }
        results
    }

    /// Whether both evaluators say the same of an input; the error tells what each says.
    pub fn agree(&self, id: &str, input: &Document) -> Result<(), String> {
        let policy = self.find(id).ok_or_else(|| format!("no policy {id}"))?;
        let interpreter = self.on(policy, Evaluator::Interpreter)?.evaluate(input);
        let chosen = policy.evaluate(input);
        if chosen == interpreter { Ok(()) } else { Err(format!("{chosen:?} is not {interpreter:?}")) }
    }
}

/// The value of an expression in the test module's own words: its imports and rules.
fn named_value(
    modules: &Modules,
    source: &Source,
    package: &str,
    index: usize,
    text: &str,
) -> Result<Value, EvalError> {
    let imports: Vec<&str> = source.text.lines().filter(|line| line.starts_with("import ")).collect();
    let rule = format!("rectify_input_{index}");
    let module = format!("package {package}\n\n{}\n\n{rule} := {text}\n", imports.join("\n"));
    let modules = modules.with_module(&Source::new(format!("{}#{index}", source.name), module));
    modules.map_err(|told| EvalError::Failed(told.message))?.eval(package, &rule)
}

fn failed(source: &Source, name: &str, why: &str) -> TestResult {
    TestResult { file: source.name.to_string(), name: name.to_owned(), outcome: TestOutcome::Failed(why.to_owned()) }
}
