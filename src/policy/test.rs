//! Unit tests of policies: every `test_` rule on the interpreter, and every input that they name on both evaluators.

use std::collections::BTreeMap;

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
        let tested: Vec<&(Source, Value)> = modules.trees.iter().skip(sources.len()).collect();
        for (source, tree) in &tested {
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
        }
        let inputs: Vec<NamedInput> = tested.iter().flat_map(|(source, tree)| NamedInput::all(source, tree)).collect();
        let values = NamedInput::values(&inputs, &modules);
        results.extend(self.both_evaluators(inputs.iter().zip(values)));
        let coverage = modules.coverage(&ran).into_iter();
        let coverage = coverage.filter(|(file, ..)| !file.ends_with("_test.rego"));
        let coverage =
            coverage.map(|(file, covered, missed)| Coverage { file, covered: covered.len(), missed }).collect();
        Ok((results, coverage))
    }

    /// Runs each policy on every input of its tests with both evaluators, which must agree.
    fn both_evaluators<'a>(
        &self,
        inputs: impl Iterator<Item = (&'a NamedInput, Result<Value, String>)>,
    ) -> Vec<TestResult> {
        let mut evaluators = BTreeMap::new();
        let mut results = Vec::new();
        for (input, value) in inputs {
            let pair = evaluators.entry(input.package.clone()).or_insert_with(|| {
                let tested = input.package.strip_suffix("_test")?;
                let policy = self.all().find(|policy| policy.package == tested)?;
                // One that the virtual machine cannot run has the interpreter only, and nothing to compare.
                Some((policy, policy.on(Evaluator::Interpreter)))
            });
            let Some((machine, interpreter)) = pair else { continue };
            let outcome = value.map(|value| {
                let document = Document::new(&value);
                (machine.evaluate(&document), interpreter.evaluate(&document))
            });
            let outcome = match outcome {
                Ok((machine, interpreter)) if machine == interpreter => TestOutcome::Passed,
                Ok((machine, interpreter)) => {
                    TestOutcome::Failed(format!("machine: {machine:?}; interpreter: {interpreter:?}"))
                }
                Err(why) => TestOutcome::Failed(why),
            };
            let name = format!("both evaluators agree on input {}", input.index + 1);
            results.push(TestResult { file: input.source.name.to_string(), name, outcome });
        }
        results
    }

    /// Whether both evaluators say the same of an input; the error tells what each says.
    pub fn agree(&self, id: &str, input: &Document) -> Result<(), String> {
        let policy = self.find(id).ok_or_else(|| format!("no policy {id}"))?;
        let interpreter = policy.on(Evaluator::Interpreter).evaluate(input);
        let chosen = policy.evaluate(input);
        if chosen == interpreter { Ok(()) } else { Err(format!("{chosen:?} is not {interpreter:?}")) }
    }
}

/// An expression that a test names as its input.
struct NamedInput {
    source: Source,
    package: String,
    index: usize,
    /// The expression's text; the error says why it has no value of its own.
    text: Result<String, String>,
}

impl NamedInput {
    /// Those of a test file.
    fn all(source: &Source, tree: &Value) -> Vec<Self> {
        let package = ast::package(tree);
        let made = ast::inputs(tree).into_iter().enumerate().map(|(index, text)| {
            let why =
                |(line, _)| format!("line {line}: the input is no literal or rule; make it a rule of the test file");
            Self { source: source.clone(), package: package.clone(), index, text: text.map_err(why) }
        });
        made.collect()
    }

    /// Their values, in their test modules' own words: imports and rules.
    fn values(inputs: &[Self], modules: &Modules) -> Vec<Result<Value, String>> {
        let all: Vec<Source> = inputs.iter().filter_map(Self::module).collect();
        // What is wrong with one of them is told of that one alone.
        let together = modules.with_modules(&all).ok();
        inputs.iter().map(|input| input.value(together.as_ref(), modules)).collect()
    }

    fn value(&self, together: Option<&Modules>, modules: &Modules) -> Result<Value, String> {
        let text = self.text.as_ref().map_err(String::clone)?;
        let value = together.and_then(|modules| modules.eval(&self.package, &self.rule()).ok());
        let alone = || {
            let module: Vec<Source> = self.module().into_iter().collect();
            let modules = modules.with_modules(&module).map_err(|told| EvalError::Failed(told.message))?;
            modules.eval(&self.package, &self.rule())
        };
        let value = value.map_or_else(alone, Ok);
        value.map_err(|why: EvalError| format!("`{text}` has no value alone ({why}); make it a rule"))
    }

    fn rule(&self) -> String {
        format!("rectify_input_{}", self.index)
    }

    /// A module that gives it a name.
    fn module(&self) -> Option<Source> {
        let text = self.text.as_ref().ok()?;
        let imports: Vec<&str> = self.source.text.lines().filter(|line| line.starts_with("import ")).collect();
        let (package, rule) = (&self.package, self.rule());
        let module = format!("package {package}\n\n{}\n\n{rule} := {text}\n", imports.join("\n"));
        Some(Source::new(format!("{}#{}", self.source.name, self.index), module))
    }
}

fn failed(source: &Source, name: &str, why: &str) -> TestResult {
    TestResult { file: source.name.to_string(), name: name.to_owned(), outcome: TestOutcome::Failed(why.to_owned()) }
}
