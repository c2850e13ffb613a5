//! A bundle: policies and playbooks that fit each other and the resource types.

use std::collections::{BTreeMap, BTreeSet};

use rust_embed::RustEmbed;
use serde_json::Value;

use crate::model::{Hash, OnFailure, PlaybookId, Relation, ResourceTypes, TypeName};
use crate::playbook::{Playbook, Shared, StepKind, Target, Which};
use crate::policy::{Policies, Policy};
use crate::text::{Diagnostic, Source, json, nearest};

#[derive(RustEmbed)]
#[folder = "policies/"]
struct EmbeddedPolicies;

#[derive(RustEmbed)]
#[folder = "playbooks/"]
struct EmbeddedPlaybooks;

/// The texts of a bundle.
#[derive(Clone, Debug, Default)]
pub struct BundleFiles {
    /// Policies and helpers: `*.rego`.
    pub policies: Vec<Source>,
    /// Their unit tests: `*_test.rego`.
    pub tests: Vec<Source>,
    /// Tables: `data/*.json`.
    pub tables: Vec<Source>,
    /// Playbooks: `*.yaml`.
    pub playbooks: Vec<Source>,
}

/// Policies and playbooks, checked against each other and the resource types.
#[derive(Clone)]
pub struct Bundle {
    /// The policies.
    pub policies: Policies,
    /// The playbooks, by id.
    pub playbooks: BTreeMap<PlaybookId, Playbook>,
    /// Over all texts.
    pub digest: Hash,
    /// The texts.
    pub files: BundleFiles,
}

impl BundleFiles {
    /// The bundle that is built in.
    pub fn embedded() -> Self {
        let mut files = Self::default();
        for path in EmbeddedPolicies::iter() {
            if let Some(file) = EmbeddedPolicies::get(&path) {
                files.add(&format!("policies/{path}"), &String::from_utf8_lossy(&file.data));
            }
        }
        for path in EmbeddedPlaybooks::iter() {
            if let Some(file) = EmbeddedPlaybooks::get(&path) {
                files.add(&format!("playbooks/{path}"), &String::from_utf8_lossy(&file.data));
            }
        }
        files
    }

    /// Adds a text to the list that its name says; a name that says nothing is left out.
    pub fn add(&mut self, name: &str, text: &str) {
        let source = Source::new(name, text);
        if name.ends_with("_test.rego") {
            self.tests.push(source);
        } else if name.ends_with(".rego") {
            self.policies.push(source);
        } else if name.ends_with(".json") {
            self.tables.push(source);
        } else if name.ends_with(".yaml") || name.ends_with(".yml") {
            self.playbooks.push(source);
        }
    }

    /// The tables, by the name under which policies find them.
    pub fn parsed_tables(&self) -> Result<Vec<(String, Value)>, Vec<Diagnostic>> {
        let table = |source: &Source| {
            let name = source.name.rsplit(['/', '\\']).next().unwrap_or_default().trim_end_matches(".json");
            Ok((name.to_owned(), json::parse(source)?))
        };
        self.tables.iter().map(table).collect::<Result<_, Diagnostic>>().map_err(|told| vec![told])
    }

    fn digest(&self) -> Hash {
        let all = [&self.policies, &self.tables, &self.playbooks];
        let mut texts: Vec<(&str, &str)> =
            all.into_iter().flatten().map(|source| (below(&source.name), source.text.as_ref())).collect();
        texts.sort_unstable();
        super::digest_of(&texts)
    }
}

/// A file's name from its bundle's folder on: where the folder stands, on a workstation or in a package, is no part of it.
fn below(name: &str) -> &str {
    let roots = ["policies/", "playbooks/"].into_iter().filter_map(|root| name.rfind(root));
    roots.max().and_then(|start| name.get(start..)).unwrap_or(name)
}

impl Bundle {
    /// Loads a bundle; everything that is wrong with it is told, not only the first.
    pub fn load(files: BundleFiles, types: &ResourceTypes) -> Result<Self, Vec<Diagnostic>> {
        let bundle = Self::read(files, types)?;
        bundle.policies.compile()?;
        Ok(bundle)
    }

    /// The bundle that is built in. Its tests compile its policies: here each is compiled when it is first asked.
    pub fn embedded(types: &ResourceTypes) -> Result<Self, Vec<Diagnostic>> {
        Self::read(BundleFiles::embedded(), types)
    }

    fn read(files: BundleFiles, types: &ResourceTypes) -> Result<Self, Vec<Diagnostic>> {
        let tables = files.parsed_tables()?;
        let mut told = Vec::new();
        let policies = Policies::load(&files.policies, &tables).map_err(|more| told.extend(more)).ok();
        let mut shared = BTreeMap::<String, Shared>::new();
        for source in files.playbooks.iter().filter(|source| Shared::is_in(source)) {
            match Shared::load(source) {
                Err(complaint) => told.push(complaint),
                Ok(steps) => drop(shared.insert(steps.name.clone(), steps)),
            }
        }
        let mut playbooks = BTreeMap::<PlaybookId, Playbook>::new();
        for source in files.playbooks.iter().filter(|source| !Shared::is_in(source)) {
            match Playbook::load(source, &shared) {
                Err(complaint) => told.push(complaint),
                Ok(playbook) => {
                    if let Some(other) = playbooks.get(&playbook.id) {
                        let message = format!("playbook `{}` is already defined in {}", playbook.id, other.source.name);
                        told.push(source.complain_at("playbook:", message));
                    } else {
                        playbooks.insert(playbook.id.clone(), playbook);
                    }
                }
            }
        }
        let Some(policies) = policies else { return Err(told) };
        told.extend(policies.all().filter_map(|policy| check_policy(policy, types).err()));
        told.extend(playbooks.values().filter_map(|playbook| check_playbook(playbook, &policies, types).err()));
        if !told.is_empty() {
            return Err(told);
        }
        let digest = files.digest();
        Ok(Self { policies, playbooks, digest, files })
    }

    /// The policies that are picked, and all that judge what their playbooks may change or see it as a neighbour: a proof
    /// by the picked ones alone would miss what a fix breaks.
    pub fn with_witnesses(&self, types: &ResourceTypes, picks: impl Fn(&Policy) -> bool) -> Self {
        let mut touched: BTreeSet<TypeName> = BTreeSet::new();
        for policy in self.policies.all().filter(|policy| picks(policy)) {
            for type_name in &policy.metadata.custom.resource_types {
                for playbook in
                    self.fixes(policy.id().as_str(), type_name).filter(|playbook| !playbook.steps.is_empty())
                {
                    let steps = playbook.steps.iter();
                    touched.extend(steps.filter_map(|step| playbook.changed(&step.kind, type_name, types)));
                    // What is verified is judged again by everything that judges it.
                    touched.insert(type_name.clone());
                }
            }
        }
        let sees = |type_name: &TypeName, policy: &Policy| {
            let related = |name: &String| {
                let relation = types.find(type_name).and_then(|kind| kind.relation(name));
                relation.is_some_and(|relation| touched.contains(relation.of))
            };
            touched.contains(type_name) || policy.metadata.custom.related.iter().any(related)
        };
        let mut bundle = self.clone();
        bundle.policies.retain(|policy| {
            picks(policy) || policy.metadata.custom.resource_types.iter().any(|type_name| sees(type_name, policy))
        });
        bundle
    }

    /// What some playbooks want of a change of theirs that does not succeed, besides that other resources go on.
    pub fn on_failure(&self, playbooks: &[PlaybookId]) -> BTreeSet<OnFailure> {
        let wants = playbooks.iter().filter_map(|id| self.playbooks.get(id)).map(|playbook| playbook.on_failure);
        wants.filter(|wanted| *wanted != OnFailure::Continue).collect()
    }

    /// The playbooks that fix a policy's findings on a type, by id.
    pub fn fixes<'a>(&'a self, policy: &'a str, type_name: &'a TypeName) -> impl Iterator<Item = &'a Playbook> {
        self.playbooks.values().filter(move |playbook| {
            playbook.fixes.iter().any(|fixed| fixed.as_str() == policy) && playbook.resource_types.contains(type_name)
        })
    }
}

fn check_policy(policy: &Policy, types: &ResourceTypes) -> Result<(), Diagnostic> {
    for type_name in &policy.metadata.custom.resource_types {
        let kind = known_type(&policy.source, type_name, types)?;
        for relation in &policy.metadata.custom.related {
            let names = kind.relations().iter().map(|relation| relation.name);
            if kind.relation(relation).is_none() {
                return Err(unknown(&policy.source, "relation", relation, names));
            }
        }
    }
    Ok(())
}

fn check_playbook(playbook: &Playbook, policies: &Policies, types: &ResourceTypes) -> Result<(), Diagnostic> {
    let source = &playbook.source;
    for id in &playbook.fixes {
        let Some(policy) = policies.find(id.as_str()) else {
            return Err(unknown(source, "policy", id.as_str(), policies.all().map(|policy| policy.id().as_str())));
        };
        let judged = &policy.metadata.custom.resource_types;
        if let Some(other) = playbook.resource_types.iter().find(|name| !judged.contains(name)) {
            return Err(source.complain_at(other.as_str(), format!("policy `{id}` does not judge {other}")));
        }
    }
    for type_name in &playbook.resource_types {
        let kind = known_type(source, type_name, types)?;
        for step in &playbook.steps {
            match &step.kind {
                StepKind::Ensure(ensure) => {
                    known_type(source, &ensure.type_name, types)?;
                }
                StepKind::Patch(Target::Neighbour(name, which), _)
                | StepKind::Delete(Target::Neighbour(name, which)) => {
                    let names = kind.relations().iter().map(|relation| relation.name);
                    let relation: &Relation =
                        kind.relation(name).ok_or_else(|| unknown(source, "relation", name, names))?;
                    if relation.many && *which == Which::Only {
                        let message = format!("relation `{name}` is a list: `id` says which one is meant, or `each`");
                        return Err(source.complain_at(name, message));
                    }
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn known_type<'a>(
    source: &Source,
    name: &TypeName,
    types: &'a ResourceTypes,
) -> Result<&'a dyn crate::model::ResourceType, Diagnostic> {
    types.find(name).ok_or_else(|| unknown(source, "resource type", name.as_str(), types.all().map(|kind| kind.name())))
}

fn unknown<'a>(source: &Source, what: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
    let known: Vec<&str> = known.into_iter().collect();
    let told = source.complain_at(name, format!("there is no {what} `{name}`"));
    match nearest(name, known.iter().copied()) {
        Some(near) => told.help(format!("did you mean `{near}`?")),
        None if known.is_empty() => told.help("there is none here"),
        None => told.help(format!("known: {}", known.join(", "))),
    }
}
