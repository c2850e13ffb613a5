//! The policies of a bundle, ready to be evaluated.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::ast::{self, Reads};
use super::metadata::Metadata;
use super::rego::{Document, EvalError, Evaluator, Modules, Program};
use crate::model::{PolicyId, Violation};
use crate::text::{Diagnostic, Source};

/// The rule of a policy that is evaluated.
const ENTRY: &str = "violation";

/// Where helpers stand: their METADATA is OPA's, not a policy's.
const HELPERS: &str = "rectify.lib.";

/// A policy with what its text tells.
#[derive(Clone)]
pub struct Policy {
    /// What it says of itself.
    pub metadata: Metadata,
    /// Its text.
    pub source: Source,
    /// Its package, `rectify.lambda.env_kms`.
    pub package: String,
    /// Its package and those of all that it imports.
    reachable: BTreeSet<String>,
    /// What it and its imports read.
    pub reads: Reads,
    /// What evaluates it, and where that is the interpreter, why.
    pub evaluator: Evaluator,
    modules: Arc<Modules>,
    /// Compiled when it is first asked: of many policies a command may ask few. The error is regorus's text.
    program: Arc<OnceLock<Result<Program, String>>>,
}

/// Every policy of a bundle, by id, and the modules that they come from.
#[derive(Clone)]
pub struct Policies {
    by_id: BTreeMap<PolicyId, Policy>,
    modules: Arc<Modules>,
}

impl Policy {
    /// The policy's name.
    pub fn id(&self) -> &PolicyId {
        &self.metadata.custom.id
    }

    /// Its violations on an input, sorted. An evaluation that fails, or gives no set, is an error and never "clean".
    pub fn evaluate(&self, input: &Document) -> Result<Vec<Violation>, EvalError> {
        let program = self.program().as_ref().map_err(|text| EvalError::Failed(text.clone()))?;
        violations(program.eval(input)?)
    }

    fn program(&self) -> &Result<Program, String> {
        self.program.get_or_init(|| self.modules.only(&self.reachable).compile(&self.package, ENTRY, self.evaluator))
    }

    /// The same policy for another evaluator.
    pub(super) fn on(&self, evaluator: Evaluator) -> Self {
        Self { evaluator, program: Arc::default(), ..self.clone() }
    }
}

fn violations(value: Value) -> Result<Vec<Violation>, EvalError> {
    let Value::Array(items) = value else { return Err(EvalError::Malformed(value.to_string())) };
    let parse = |item: Value| {
        let shown = item.to_string();
        serde_json::from_value(item).map_err(|error| EvalError::Malformed(format!("{error} in {shown}")))
    };
    let mut found: Vec<Violation> = items.into_iter().map(parse).collect::<Result<_, _>>()?;
    found.sort_by_cached_key(|violation| (violation.path.clone(), violation.msg.clone(), violation.params.to_string()));
    Ok(found)
}

impl Policies {
    /// Loads the policies among the sources; modules without METADATA are helpers, `_test.rego` are left to
    /// [`Policies::test`]. Every module that cannot be used has its complaint, but for those that [`Policies::compile`] has.
    pub fn load(sources: &[Source], tables: &[(String, Value)]) -> Result<Self, Vec<Diagnostic>> {
        let mut modules = Modules::load(sources, tables)?;
        modules.analyse().map_err(|told| vec![told])?;
        let mut by_package = ByPackage::new();
        for (_, tree) in modules.trees.iter() {
            by_package.entry(ast::package(tree)).or_default().push(Module::of(tree));
        }
        let modules = Arc::new(modules);
        let (mut by_id, mut told) = (BTreeMap::<PolicyId, Policy>::new(), Vec::new());
        for (source, tree) in modules.trees.iter() {
            let package = ast::package(tree);
            match load_one(source, tree, package, &by_package, &modules) {
                Ok(None) => {}
                Ok(Some(policy)) => {
                    if let Some(other) = by_id.get(policy.id()) {
                        let message = format!("policy `{}` is already defined in {}", policy.id(), other.source.name);
                        told.push(source.complain_at("id:", message).help("ids are unique and never reused"));
                    } else {
                        by_id.insert(policy.id().clone(), policy);
                    }
                }
                Err(complaint) => told.push(complaint),
            }
        }
        if told.is_empty() { Ok(Self { by_id, modules }) } else { Err(told) }
    }

    /// Compiles every policy, and tells of those that cannot be: once of a helper that keeps several from it.
    pub fn compile(&self) -> Result<(), Vec<Diagnostic>> {
        let mut told = Vec::new();
        for policy in self.all() {
            let failed = policy.program().as_ref().err().map(|text| self.modules.diagnostic(&policy.source, text));
            told.extend(failed.filter(|complaint| !told.contains(complaint)));
        }
        if told.is_empty() { Ok(()) } else { Err(told) }
    }

    /// Every policy, by id.
    pub fn all(&self) -> impl Iterator<Item = &Policy> {
        self.by_id.values()
    }

    /// The policy of that name.
    pub fn find(&self, id: &str) -> Option<&Policy> {
        self.by_id.get(id)
    }

    /// Leaves only those that are wanted.
    pub fn retain(&mut self, mut wanted: impl FnMut(&Policy) -> bool) {
        self.by_id.retain(|_, policy| wanted(policy));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }
}

fn load_one(
    source: &Source,
    tree: &Value,
    package: String,
    by_package: &ByPackage,
    modules: &Arc<Modules>,
) -> Result<Option<Policy>, Diagnostic> {
    if package.starts_with(HELPERS) {
        return Ok(None);
    }
    let judges = ast::rules(tree).iter().any(|rule| rule == ENTRY);
    let Some(metadata) = Metadata::read(source)? else {
        if judges {
            let told = source.complain_at("package", "the policy has no METADATA, and would never be asked");
            return Err(told.help("write a `# METADATA` comment above the package, or move a helper below rectify.lib"));
        }
        return Ok(None);
    };
    if !judges {
        let told = source.complain_at("package", "the policy has no `violation` rule");
        return Err(told.help("add: violation contains {\"msg\": …, \"path\": …, \"params\": {}} if { … }"));
    }
    if metadata.custom.resource_types.is_empty() {
        return Err(source.complain_at("resource_types", "the policy names no resource type"));
    }
    let (mut reads, mut interpreted) = (Reads::default(), false);
    let reachable = reachable(&package, by_package);
    for module in reachable.iter().filter_map(|package| by_package.get(package)).flatten() {
        reads.extend(&module.reads);
        interpreted |= module.interpreted;
    }
    if let Some(needs) = reads.related.remove("*") {
        for relation in &metadata.custom.related {
            reads.related.entry(relation.clone()).or_default().extend(&needs);
        }
    }
    // A helper may read relations for other policies: only those that this one names are given to it.
    reads.related.retain(|name, _| metadata.custom.related.contains(name));
    let evaluator = if interpreted { Evaluator::Interpreter } else { Evaluator::Rvm };
    let (source, modules) = (source.clone(), modules.clone());
    Ok(Some(Policy { metadata, source, package, reachable, reads, evaluator, modules, program: Arc::default() }))
}

/// What a module's tree tells: asked once, though many policies reach the module.
struct Module {
    imports: Vec<String>,
    reads: Reads,
    /// Whether it needs the interpreter.
    interpreted: bool,
}

impl Module {
    fn of(tree: &Value) -> Self {
        let interpreted = ast::interpreted_only(tree).is_some();
        Self { imports: ast::imports(tree), reads: ast::reads(tree), interpreted }
    }
}

/// The modules of each package.
type ByPackage = BTreeMap<String, Vec<Module>>;

/// A package and all that it imports, directly or through others.
fn reachable(package: &str, by_package: &ByPackage) -> BTreeSet<String> {
    let (mut found, mut waiting) = (BTreeSet::new(), vec![package.to_owned()]);
    while let Some(package) = waiting.pop() {
        let modules = by_package.get(&package).into_iter().flatten();
        let names: Vec<&String> = modules.flat_map(|module| &module.imports).collect();
        if !found.insert(package) {
            continue;
        }
        // `data.rectify.lib.iam.statements` names a rule of the package, `data.rectify.lib[name]` a package below.
        let below = |outer: &str, inner: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.'));
        let meant = |package: &&String| {
            names
                .iter()
                .any(|name| name.is_empty() || *name == *package || below(package, name) || below(name, package))
        };
        waiting.extend(by_package.keys().filter(meant).cloned());
    }
    found
}
