//! A playbook as it is written, checked when it is loaded.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::case::Case;
use super::shared::Shared;
use super::step::{self, Ensure, Step, StepKind, Target, WrittenStep};
use super::template::Template;
use super::warning::{self, Warning};
use crate::model::{OnFailure, PlaybookId, PolicyId, ResourceTypes, Safety, TypeName};
use crate::policy::{Expression, Parameter};
use crate::text::{Diagnostic, Source, yaml};

/// How a violation is put right.
#[derive(Clone)]
pub struct Playbook {
    /// Its name.
    pub id: PlaybookId,
    /// What it does, one sentence.
    pub description: String,
    /// The policies whose findings it fixes.
    pub fixes: Vec<PolicyId>,
    /// The types that it can fix them on.
    pub resource_types: Vec<TypeName>,
    /// How far it may be trusted.
    pub safety: Safety,
    /// What becomes of its findings' changes when one of them does not succeed.
    pub on_failure: OnFailure,
    /// What a person should know before.
    pub warnings: Vec<Warning>,
    /// Values that the user may or must set.
    pub parameters: BTreeMap<String, Parameter>,
    /// When it can be used, in Rego's words and compiled.
    pub when: Option<(String, Expression)>,
    /// What it does, in order.
    pub steps: Vec<Step>,
    /// Why nothing is done where no step applies.
    pub otherwise: Option<Template>,
    /// What a person has to do, for `manual`.
    pub instructions: Option<String>,
    /// Its cases.
    pub cases: Vec<Case>,
    /// Its text.
    pub source: Source,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    playbook: PlaybookId,
    description: String,
    fixes: Vec<PolicyId>,
    resource_types: Vec<TypeName>,
    safety: Safety,
    #[serde(default)]
    on_failure: OnFailure,
    #[serde(default)]
    warnings: Vec<warning::Written>,
    #[serde(default)]
    parameters: BTreeMap<String, Parameter>,
    when: Option<String>,
    #[serde(default)]
    steps: Vec<WrittenStep>,
    otherwise: Option<Template>,
    instructions: Option<String>,
    #[serde(default)]
    cases: Vec<Case>,
}

impl Playbook {
    /// Reads a playbook and checks all that can be checked without the rest of the bundle. `shared` are the steps that it
    /// may include, by name.
    pub fn load(source: &Source, shared: &BTreeMap<String, Shared>) -> Result<Self, Diagnostic> {
        let written: Written = yaml::parse(source)?;
        let mut parameters = written.parameters;
        for included in step::included(&written.steps).filter_map(|name| shared.get(name)) {
            for (name, parameter) in &included.parameters {
                parameters.entry(name.clone()).or_insert_with(|| parameter.clone());
            }
        }
        let steps = step::read(source, written.steps, shared)?;
        let warnings = written.warnings.into_iter().map(|warning| warning.compile(source));
        let when = written.when.as_deref().map(|text| Ok((text.to_owned(), Expression::compile(source, text)?)));
        let playbook = Self {
            id: written.playbook,
            description: written.description,
            fixes: written.fixes,
            resource_types: written.resource_types,
            safety: written.safety,
            on_failure: written.on_failure,
            warnings: warnings.collect::<Result<_, _>>()?,
            parameters,
            when: when.transpose()?,
            steps,
            otherwise: written.otherwise,
            instructions: written.instructions,
            cases: written.cases,
            source: source.clone(),
        };
        playbook.check()?;
        Ok(playbook)
    }

    fn check(&self) -> Result<(), Diagnostic> {
        let source = &self.source;
        if self.fixes.is_empty() {
            return Err(source.complain_at("fixes", "the playbook fixes no policy"));
        }
        match (self.safety, self.steps.is_empty(), &self.instructions) {
            (Safety::Manual, true, Some(_)) | (Safety::Safe | Safety::Review, false, None) => {}
            (Safety::Manual, ..) => {
                let told = source.complain_at("safety", "a manual playbook has `instructions` and no `steps`");
                return Err(told.help("write what a person has to do under `instructions:`"));
            }
            _ => {
                let told = source.complain_at("safety", "a playbook that is applied has `steps` and no `instructions`");
                return Err(told.help("use `safety: manual` where only a person can do it"));
            }
        }
        if self.safety == Safety::Manual && self.on_failure != OnFailure::Continue {
            return Err(source.complain_at("on_failure", "a manual playbook changes nothing that could fail"));
        }
        for (name, parameter) in &self.parameters {
            if let Some(wanted) = parameter.default.as_ref().and_then(|value| parameter.refusal(value)) {
                return Err(source.complain_at(name, format!("the default of parameter `{name}` has to be {wanted}")));
            }
        }
        let mut ensured: Vec<&str> = Vec::new();
        for step in &self.steps {
            step.templates().into_iter().try_for_each(|template| self.check_references(template, &ensured))?;
            match &step.kind {
                StepKind::Ensure(ensure) => {
                    if let Some(why) = ensure.unclear() {
                        return Err(source.complain_at(&format!("as: {}", ensure.name), why));
                    }
                    ensured.push(&ensure.name);
                }
                StepKind::Patch(Target::Ensured(name), _) | StepKind::Delete(Target::Ensured(name)) => {
                    self.known("earlier `ensure` step", name, &format!("steps.{name}"), &ensured)?;
                }
                _ => {}
            }
        }
        // A sentence is told of what is certain to be there.
        let sentences = self.warnings.iter().map(|warning| &warning.text).chain(&self.otherwise);
        sentences.into_iter().try_for_each(|text| self.check_references(text, &[]))
    }

    /// What a template refers to has to be there.
    fn check_references(&self, template: &Template, ensured: &[&str]) -> Result<(), Diagnostic> {
        let parameters: Vec<&str> = self.parameters.keys().map(String::as_str).collect();
        for reference in template.references() {
            let (kind, known): (_, &[&str]) = match reference {
                [root, ..] if root == "parameters" => ("parameter", &parameters),
                [root, ..] if root == "steps" => ("earlier `ensure` step", ensured),
                _ => continue,
            };
            self.known(kind, reference.get(1).map_or("", String::as_str), &reference.join("."), known)?;
        }
        Ok(())
    }

    fn known(&self, kind: &str, name: &str, at: &str, known: &[&str]) -> Result<(), Diagnostic> {
        if known.contains(&name) {
            return Ok(());
        }
        let told = self.source.complain_at(at, format!("there is no {kind} `{name}`"));
        Err(told.help(format!("known here: {}", if known.is_empty() { "none".into() } else { known.join(", ") })))
    }

    /// What a step has ensured, by its name.
    pub fn ensured(&self, name: &str) -> Option<&Ensure> {
        self.steps.iter().find_map(|step| match &step.kind {
            StepKind::Ensure(ensure) if ensure.name == name => Some(&**ensure),
            _ => None,
        })
    }

    /// The type of what a step changes or makes, for a finding on a type.
    pub fn changed(&self, step: &StepKind, type_name: &TypeName, types: &ResourceTypes) -> Option<TypeName> {
        match step {
            StepKind::Ensure(ensure) => Some(ensure.type_name.clone()),
            StepKind::Patch(target, _) | StepKind::Delete(target) => match target {
                Target::Own => Some(type_name.clone()),
                Target::Ensured(name) => Some(self.ensured(name)?.type_name.clone()),
                Target::Neighbour(name, _) => types.find(type_name)?.relation(name).map(|relation| relation.of.into()),
            },
        }
    }
}
