//! Rego by regorus; only this file and those below it name it.

mod guarded;
mod limits;
mod refused;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::vm::VmError;
use regorus::rvm::{Program as RvmProgram, RegoVM};
use regorus::{CompiledPolicy, Engine};
use serde_json::Value;

use super::ast;
use crate::text::{Diagnostic, Source};

/// A value as the evaluators take it; clones share what they hold.
#[derive(Clone, Debug)]
pub struct Document(regorus::Value);

impl Document {
    /// From JSON.
    pub fn new(value: &Value) -> Self {
        limits::together(|| Self(regorus::Value::from(value.clone())))
    }

    /// A list of documents.
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self(regorus::Value::from(items.into_iter().map(|item| item.0).collect::<Vec<_>>()))
    }

    /// An object of named documents.
    pub fn object<'a>(members: impl IntoIterator<Item = (&'a str, Self)>) -> Self {
        let members = members.into_iter().map(|(name, value)| (regorus::Value::from(name), value.0));
        Self(regorus::Value::from(members.collect::<std::collections::BTreeMap<_, _>>()))
    }

    /// The same object with one more member.
    pub fn with(mut self, name: &str, value: Self) -> Self {
        if let Ok(members) = self.0.as_object_mut() {
            members.insert(regorus::Value::from(name), value.0);
        }
        self
    }
}

/// Why a rule gave no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    /// The evaluator gave up, or a builtin failed.
    #[error("{0}")]
    Failed(String),
    /// The rule has no value, where it must have one.
    #[error("the rule is undefined")]
    Undefined,
    /// The value is not of the form that it must have.
    #[error("the result is not a set of {{msg, path, params}}: {0}")]
    Malformed(String),
}

/// What evaluates a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evaluator {
    /// regorus's virtual machine: two to three times faster.
    Rvm,
    /// regorus's interpreter.
    Interpreter,
}

/// Parsed modules with their tables.
#[derive(Clone)]
pub struct Modules {
    engine: Engine,
    /// Each module's source and syntax tree, in the order of the sources.
    pub trees: Arc<Vec<(Source, Value)>>,
}

/// A rule, compiled once.
#[derive(Clone)]
pub struct Program {
    rule: String,
    data: regorus::Value,
    kind: ProgramKind,
}

#[derive(Clone)]
enum ProgramKind {
    Rvm(Arc<RvmProgram>),
    Interpreter(CompiledPolicy),
}

/// A Rego expression over `input`, compiled once: a playbook's `when`.
#[derive(Clone)]
pub struct Expression {
    program: Program,
    /// Its syntax tree, for what it reads.
    tree: Value,
}

impl Modules {
    /// Parses modules; tables stand at `data.rectify.data.<name>`. Every module that cannot be read has its complaint.
    pub fn load(sources: &[Source], tables: &[(String, Value)]) -> Result<Self, Vec<Diagnostic>> {
        limits::together(|| Self::load_here(sources, tables))
    }

    fn load_here(sources: &[Source], tables: &[(String, Value)]) -> Result<Self, Vec<Diagnostic>> {
        let mut engine = engine();
        let mut told = Vec::new();
        for source in sources {
            if let Some((line, column)) = refused::nested_too_deeply(&source.text) {
                let deepest = refused::DEEPEST;
                let help = format!("at most {deepest} brackets may be open at once: give the inner parts names");
                told.push(source.complain(line, column, "nested too deeply").help(help));
                continue;
            }
            if let Err(error) = engine.add_policy(source.name.to_string(), source.text.to_string()) {
                told.push(diagnostic(source, &error.to_string()));
            }
        }
        if !told.is_empty() {
            return Err(told);
        }
        for (name, table) in tables {
            let data = serde_json::json!({"rectify": {"data": {name.as_str(): table}}});
            if let Err(error) = engine.add_data(regorus::Value::from(data)) {
                told.push(Diagnostic::about(format!("data/{name}.json"), error.to_string()));
            }
        }
        let trees = engine.get_ast_as_json().ok().and_then(|text| text.parse::<Value>().ok());
        let trees: Vec<Value> = match trees {
            Some(Value::Array(mut modules)) => {
                modules.iter_mut().filter_map(|module| Some(module.get_mut("ast")?.take())).collect()
            }
            _ => Vec::new(),
        };
        if trees.len() != sources.len() {
            let message = "an expression is nested too deeply for its syntax tree to be read";
            let all = sources.iter().map(|source| source.name.as_ref()).collect::<Vec<_>>().join(", ");
            return Err(vec![Diagnostic::about(all, message).help("split it: give its parts names")]);
        }
        let trees: Vec<(Source, Value)> = sources.iter().cloned().zip(trees).collect();
        for (source, tree) in &trees {
            for call in ast::calls(tree) {
                for (why, help) in refused::call(&call) {
                    told.push(source.complain(call.place.0, call.place.1, why).help(help));
                }
            }
        }
        if let Some((source, (line, column), circle)) = ast::recursion(&trees) {
            let told_circle = format!("rules may not depend on themselves: {circle}");
            told.push(
                source.complain(line, column, told_circle).help("a policy has to come to an end: use a comprehension"),
            );
        }
        if !told.is_empty() {
            return Err(told);
        }
        let mut modules = Self { engine, trees: Arc::new(trees) };
        // What cannot be analysed is told by whoever wants something of it.
        let _ = modules.analyse();
        Ok(modules)
    }

    /// Analyses the modules, all together and once: each clone of the engine would do it again. The error is that of the first
    /// that makes no sense.
    pub fn analyse(&mut self) -> Result<(), Diagnostic> {
        let asked = self.trees.iter().find_map(|(source, tree)| {
            Some((source, format!("data.{}.{}", ast::package(tree), ast::rules(tree).first()?)))
        });
        let Some((source, rule)) = asked else { return Ok(()) };
        let compiled = self.engine.compile_with_entrypoint(&rule.as_str().into());
        compiled.map(drop).map_err(|error| self.diagnostic(source, &error.to_string()))
    }

    /// The same tables, and of the modules only those of some packages: what compiles one rule looks at every module there is.
    pub fn only(&self, packages: &BTreeSet<String>) -> Self {
        let mut engine = engine();
        limits::together(|| {
            for (source, _) in self.trees.iter().filter(|(_, tree)| packages.contains(&ast::package(tree))) {
                // It was parsed before.
                let _ = engine.add_policy(source.name.to_string(), source.text.to_string());
            }
            let _ = engine.add_data(self.engine.get_data());
        });
        Self { engine, trees: self.trees.clone() }
    }

    /// Compiles the rule `data.<package>.<name>` for an evaluator. The error is regorus's text.
    pub fn compile(&self, package: &str, name: &str, evaluator: Evaluator) -> Result<Program, String> {
        limits::together(|| self.compile_here(package, name, evaluator))
    }

    fn compile_here(&self, package: &str, name: &str, evaluator: Evaluator) -> Result<Program, String> {
        let rule = format!("data.{package}.{name}");
        let mut engine = self.engine.clone();
        let compiled = engine.compile_with_entrypoint(&rule.as_str().into()).map_err(|error| error.to_string())?;
        let data = engine.get_data();
        let kind = match evaluator {
            Evaluator::Interpreter => ProgramKind::Interpreter(compiled),
            Evaluator::Rvm => ProgramKind::Rvm(
                Compiler::compile_from_policy(&compiled, &[rule.as_str()]).map_err(|error| error.to_string())?,
            ),
        };
        Ok(Program { rule, data, kind })
    }

    /// regorus's text as a complaint about the module that it names; about `asked` where it names none.
    pub(super) fn diagnostic(&self, asked: &Source, text: &str) -> Diagnostic {
        let named = place_of(text).and_then(|(file, ..)| {
            self.trees.iter().map(|(source, _)| source).find(|source| source.name.as_ref() == file)
        });
        diagnostic(named.unwrap_or(asked), text)
    }

    /// Evaluates `data.<package>.<name>` once on the interpreter, without input: a unit test, or a named value.
    pub fn eval(&self, package: &str, name: &str) -> Result<Value, EvalError> {
        let mut engine = self.engine.clone();
        contained(|| {
            let value = limits::alone(|| engine.eval_rule(format!("data.{package}.{name}")));
            json(&value.map_err(|error| failed(&error))?)
        })
    }

    /// The same modules and more.
    pub fn with_modules(&self, more: &[Source]) -> Result<Self, Diagnostic> {
        let mut engine = self.engine.clone();
        for source in more {
            let added = limits::together(|| engine.add_policy(source.name.to_string(), source.text.to_string()));
            added.map_err(|error| diagnostic(source, &error.to_string()))?;
        }
        let mut modules = Self { engine, trees: self.trees.clone() };
        limits::together(|| modules.analyse()).map(|()| modules)
    }

    /// Runs rules on the interpreter and tells which lines they covered: by module, (covered, not covered) line numbers.
    pub fn coverage(&self, rules: &[(String, String)]) -> Vec<(String, Vec<u32>, Vec<u32>)> {
        let mut engine = self.engine.clone();
        engine.set_enable_coverage(true);
        for (package, name) in rules {
            // A rule that fails has been told of by its own test.
            let _ = contained(|| Ok(limits::alone(|| engine.eval_rule(format!("data.{package}.{name}")))));
        }
        let Ok(report) = engine.get_coverage_report() else { return Vec::new() };
        let lines = |lines: std::collections::BTreeSet<u32>| lines.into_iter().collect();
        report.files.into_iter().map(|file| (file.path, lines(file.covered), lines(file.not_covered))).collect()
    }
}

/// An engine without modules.
fn engine() -> Engine {
    let mut engine = Engine::new();
    engine.set_rego_v0(false);
    engine.set_strict_builtin_errors(false);
    engine.set_execution_timer_config(limits::LONGEST);
    guarded::add(&mut engine);
    engine
}

impl Program {
    /// The value of the rule on an input.
    pub fn eval(&self, input: &Document) -> Result<Value, EvalError> {
        contained(|| self.eval_here(input))
    }

    fn eval_here(&self, input: &Document) -> Result<Value, EvalError> {
        match &self.kind {
            ProgramKind::Interpreter(compiled) => {
                let value = limits::alone(|| compiled.eval_with_input(input.0.clone()));
                json(&value.map_err(|error| failed(&error))?)
            }
            ProgramKind::Rvm(program) => {
                let value = limits::together(|| run(program, &self.rule, Some(&self.data), input.0.clone()));
                json(&value.map_err(|error| failed(&error))?)
            }
        }
    }
}

/// Runs a program on the virtual machine, within its limits.
fn run(
    program: &Arc<RvmProgram>,
    rule: &str,
    data: Option<&regorus::Value>,
    input: regorus::Value,
) -> Result<regorus::Value, VmError> {
    let mut machine = RegoVM::new();
    machine.set_max_instructions(limits::MOST_INSTRUCTIONS);
    machine.set_execution_timer_config(Some(limits::LONGEST));
    machine.set_memory_budget_config(Some(limits::MOST_BYTES));
    machine.load_program(program.clone());
    if let Some(data) = data {
        machine.set_data(data.clone())?;
    }
    machine.set_input(input);
    machine.execute_entry_point_by_name(rule)
}

impl Expression {
    /// Compiles an expression over `input`; `source` is where it stands.
    pub fn compile(source: &Source, text: &str) -> Result<Self, Diagnostic> {
        let complain = |message: String| {
            source
                .complain_at(
                    text.lines().next().unwrap_or_default(),
                    format!("`when` is not a Rego expression: {message}"),
                )
                .help("write an expression over `input`, such as input.properties.PackageType != \"Image\"")
        };
        // The module's own name would stand in the message in place of the playbook's.
        let module = Source::new("when.rego", format!("package rectify.when\n\nholds if {{\n{text}\n}}\n"));
        let first = |told: Vec<Diagnostic>| told.into_iter().next().map(|told| told.message).unwrap_or_default();
        let modules = Modules::load(&[module], &[]).map_err(|told| complain(first(told)))?;
        let program = modules
            .compile("rectify.when", "holds", Evaluator::Interpreter)
            .map_err(|error| complain(message_of(&error)))?;
        let tree = modules.trees.first().map(|(_, tree)| tree.clone()).unwrap_or_default();
        Ok(Self { program, tree })
    }

    /// Whether it holds on an input. Undefined is no.
    pub fn holds(&self, input: &Document) -> Result<bool, EvalError> {
        match self.program.eval(input) {
            Ok(value) => Ok(value == Value::Bool(true)),
            Err(EvalError::Undefined) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What it reads of its input.
    pub fn reads(&self) -> ast::Reads {
        ast::reads(&self.tree)
    }
}

/// An evaluation whose panic is its own error.
fn contained<T>(evaluate: impl FnOnce() -> Result<T, EvalError>) -> Result<T, EvalError> {
    catch_unwind(AssertUnwindSafe(evaluate))
        .unwrap_or_else(|_| Err(EvalError::Failed("the evaluator gave up on it (a fault of the evaluator's)".into())))
}

fn json(value: &regorus::Value) -> Result<Value, EvalError> {
    if *value == regorus::Value::Undefined {
        return Err(EvalError::Undefined);
    }
    if let Some(why) = guarded::too_large([value], guarded::LARGEST_RESULT) {
        return Err(EvalError::Failed(format!("the result is {why}")));
    }
    let text = value.to_json_str().map_err(|error| EvalError::Failed(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| EvalError::Failed(error.to_string()))
}

/// An evaluator's error.
fn failed(error: &impl std::fmt::Display) -> EvalError {
    let text = error.to_string();
    EvalError::Failed(limits::told(&text).unwrap_or_else(|| plain(&text)))
}

/// One line of an evaluator's text: the message, with its place.
fn plain(text: &str) -> String {
    let message = message_of(text);
    match place_of(text) {
        Some((file, line, _)) => format!("{file}:{line}: {message}"),
        None => message,
    }
}

fn message_of(text: &str) -> String {
    let message = text.split("error: ").nth(1).unwrap_or(text);
    message.lines().next().unwrap_or_default().trim().to_owned()
}

/// From regorus's `--> file:line:column`.
fn place_of(text: &str) -> Option<(&str, usize, usize)> {
    let place = text.lines().find_map(|line| line.trim_start().strip_prefix("--> "))?;
    let mut parts = place.rsplitn(3, ':');
    let column = parts.next()?.trim().parse().ok()?;
    let line = parts.next()?.parse().ok()?;
    Some((parts.next()?, line, column))
}

/// regorus's text as a complaint about the module.
fn diagnostic(source: &Source, text: &str) -> Diagnostic {
    match place_of(text) {
        Some((_, line, column)) => source.complain(line, column, message_of(text)),
        None => Diagnostic::about(source.name.as_ref(), message_of(text)),
    }
}
