//! A playbook as it is written, checked when it is loaded.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::pointer::Pointer;
use super::template::Template;
use crate::model::{PlaybookId, PolicyId, Safety, TypeName};
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
    /// What a person should know before.
    pub warnings: Vec<String>,
    /// Values that the user may or must set.
    pub parameters: BTreeMap<String, Parameter>,
    /// When it can be used, in Rego's words and compiled.
    pub when: Option<(String, Expression)>,
    /// What it does, in order.
    pub steps: Vec<Step>,
    /// What a person has to do, for `manual`.
    pub instructions: Option<String>,
    /// Its cases.
    pub cases: Vec<Case>,
    /// Its text.
    pub source: Source,
}

/// One step, with its condition.
#[derive(Clone)]
pub struct Step {
    /// When it is taken.
    pub when: Option<Expression>,
    /// What it does.
    pub kind: StepKind,
}

/// What a step does.
#[derive(Clone)]
pub enum StepKind {
    /// Has a resource exist.
    Ensure(Box<Ensure>),
    /// Patches a document.
    Patch(Target, Box<Patch>),
    /// Deletes a resource.
    Delete(Target),
}

impl StepKind {
    /// What it changes; none for what it ensures.
    pub fn target(&self) -> Option<&Target> {
        match self {
            Self::Ensure(_) => None,
            Self::Patch(target, _) | Self::Delete(target) => Some(target),
        }
    }
}

/// What a step is done to: the finding's resource, or one that it relates to.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// The relation's name.
    pub relation: Option<String>,
    /// Which one of many.
    pub id: Option<Template>,
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
    warnings: Vec<String>,
    #[serde(default)]
    parameters: BTreeMap<String, Parameter>,
    when: Option<String>,
    #[serde(default)]
    steps: Vec<WrittenStep>,
    instructions: Option<String>,
    #[serde(default)]
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStep {
    ensure: Option<Ensure>,
    patch: Option<Patch>,
    delete: Option<Delete>,
}

/// `ensure`: finds a resource or creates it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ensure {
    /// The name under which later steps speak of it.
    #[serde(rename = "as")]
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: TypeName,
    /// A subset of `properties` and `facts` that tells it.
    pub find: Template,
    /// A subset that the found one has to hold as well, to be of use.
    #[serde(default)]
    pub must: Option<Template>,
    /// What it is created with where none is found.
    pub properties: Template,
    /// A condition.
    pub when: Option<String>,
}

/// `patch`: verbs at places.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Patch {
    target: Option<String>,
    id: Option<Template>,
    when: Option<String>,
    pub(super) set: BTreeMap<Pointer, Template>,
    pub(super) default: BTreeMap<Pointer, Template>,
    pub(super) remove: Vec<Pointer>,
    pub(super) append: BTreeMap<Pointer, Template>,
    pub(super) subtract: BTreeMap<Pointer, Template>,
    pub(super) at_most: BTreeMap<Pointer, Template>,
    pub(super) at_least: BTreeMap<Pointer, Template>,
    pub(super) upsert: BTreeMap<Pointer, Upsert>,
    pub(super) remove_where: BTreeMap<Pointer, RemoveWhere>,
}

/// The value of `upsert`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upsert {
    /// The fields that tell the element.
    pub key: Vec<String>,
    /// The element.
    pub value: Template,
}

/// The value of `remove_where`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveWhere {
    /// Elements equal to this.
    pub equals: Option<Template>,
    /// Elements that hold this subset.
    pub matches: Option<Template>,
}

/// `delete`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delete {
    target: Option<String>,
    id: Option<Template>,
    when: Option<String>,
}

/// One case of a playbook: a document before and after.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it shows.
    pub name: String,
    /// The type, where the playbook has several.
    #[serde(rename = "type")]
    pub type_name: Option<TypeName>,
    /// Where the resource stands.
    #[serde(default)]
    pub resource: CaseResource,
    /// Values of parameters.
    #[serde(default)]
    pub parameters: BTreeMap<String, Value>,
    /// The properties.
    pub before: Value,
    /// The facts.
    #[serde(default)]
    pub facts: Value,
    /// Neighbours, by relation.
    #[serde(default)]
    pub related: BTreeMap<String, OneOrMany<CaseDocument>>,
    /// The properties afterwards.
    #[serde(default)]
    pub after: Option<Value>,
    /// Whether it is deleted.
    #[serde(default)]
    pub deleted: bool,
    /// Neighbours' properties afterwards.
    #[serde(default)]
    pub related_after: BTreeMap<String, OneOrMany<Value>>,
    /// What is created.
    #[serde(default)]
    pub creates: Vec<CaseCreate>,
    /// Whether the finding stays for a person.
    #[serde(default)]
    pub manual: bool,
}

/// Where a case's resource stands.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CaseResource {
    /// Its id.
    pub id: Option<String>,
    /// Its ARN.
    pub arn: Option<String>,
    /// Its account.
    pub account: Option<String>,
    /// Its Region.
    pub region: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

/// A neighbour in a case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseDocument {
    /// Its id.
    pub id: Option<String>,
    /// Its ARN.
    pub arn: Option<String>,
    /// Its properties.
    #[serde(default)]
    pub properties: Value,
    /// Its facts.
    #[serde(default)]
    pub facts: Value,
}

/// What a case expects to be created.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseCreate {
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: TypeName,
    /// Its properties.
    pub properties: Value,
}

/// A value or a list of them, as a relation gives one or many.
#[derive(Clone, Debug)]
pub enum OneOrMany<T> {
    /// One.
    One(T),
    /// A list.
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    /// Them, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        match self {
            Self::One(item) => std::slice::from_ref(item).iter(),
            Self::Many(items) => items.iter(),
        }
    }
}

impl<'de, T: serde::de::DeserializeOwned> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parse = |value| serde_json::from_value(value).map_err(serde::de::Error::custom);
        Ok(match Value::deserialize(deserializer)? {
            Value::Array(items) => Self::Many(items.into_iter().map(parse).collect::<Result<_, _>>()?),
            value => Self::One(parse(value)?),
        })
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Pointer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl Serialize for Pointer {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl Eq for Pointer {}

impl PartialOrd for Pointer {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pointer {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.text.cmp(&other.text)
    }
}

impl Patch {
    /// Every pointer of the patch.
    pub fn pointers(&self) -> impl Iterator<Item = &Pointer> {
        let mapped = [&self.set, &self.default, &self.append, &self.subtract, &self.at_most, &self.at_least];
        let mapped = mapped.into_iter().flat_map(BTreeMap::keys);
        mapped.chain(&self.remove).chain(self.upsert.keys()).chain(self.remove_where.keys())
    }

    /// Every value of the patch.
    fn templates(&self) -> impl Iterator<Item = &Template> {
        let mapped = [&self.set, &self.default, &self.append, &self.subtract, &self.at_most, &self.at_least];
        let mapped = mapped.into_iter().flat_map(BTreeMap::values);
        let upserts = self.upsert.values().map(|upsert| &upsert.value);
        let removals = self.remove_where.values().flat_map(|wanted| wanted.equals.iter().chain(&wanted.matches));
        let inside = self.pointers().flat_map(Pointer::templates);
        mapped.chain(upserts).chain(removals).chain(inside)
    }
}

impl Step {
    /// Every template of the step.
    pub fn templates(&self) -> Vec<&Template> {
        match &self.kind {
            StepKind::Ensure(ensure) => [&ensure.find, &ensure.properties].into_iter().chain(&ensure.must).collect(),
            StepKind::Patch(target, patch) => target.id.iter().chain(patch.templates()).collect(),
            StepKind::Delete(target) => target.id.iter().collect(),
        }
    }
}

impl Playbook {
    /// Reads a playbook and checks all that can be checked without the rest of the bundle.
    pub fn load(source: &Source) -> Result<Self, Diagnostic> {
        let written: Written = yaml::parse(source)?;
        let when = |text: &Option<String>| text.as_deref().map(|text| Expression::compile(source, text)).transpose();
        let mut steps = Vec::new();
        for step in written.steps {
            let nth = steps.len() + 1;
            steps.push(match (step.ensure, step.patch, step.delete) {
                (Some(ensure), None, None) => {
                    Step { when: when(&ensure.when)?, kind: StepKind::Ensure(Box::new(ensure)) }
                }
                (None, Some(patch), None) => {
                    let target = Target { relation: patch.target.clone(), id: patch.id.clone() };
                    Step { when: when(&patch.when)?, kind: StepKind::Patch(target, Box::new(patch)) }
                }
                (None, None, Some(delete)) => Step {
                    when: when(&delete.when)?,
                    kind: StepKind::Delete(Target { relation: delete.target, id: delete.id }),
                },
                _ => {
                    let message = format!("step {nth} is not exactly one of ensure, patch, delete");
                    return Err(source.complain_at("steps:", message));
                }
            });
        }
        let when = written.when.as_deref().map(|text| Ok((text.to_owned(), Expression::compile(source, text)?)));
        let playbook = Self {
            id: written.playbook,
            description: written.description,
            fixes: written.fixes,
            resource_types: written.resource_types,
            safety: written.safety,
            warnings: written.warnings,
            parameters: written.parameters,
            when: when.transpose()?,
            steps,
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
        for (name, parameter) in &self.parameters {
            if parameter.default.as_ref().is_some_and(|value| !parameter.kind.admits(value)) {
                let kind = parameter.kind.as_str();
                return Err(source.complain_at(name, format!("the default of parameter `{name}` is not a {kind}")));
            }
        }
        let mut ensured: Vec<&str> = Vec::new();
        for step in &self.steps {
            for reference in step.templates().into_iter().flat_map(Template::references) {
                let (kind, known): (_, Vec<&str>) = match reference {
                    [root, ..] if root == "parameters" => {
                        ("parameter", self.parameters.keys().map(String::as_str).collect())
                    }
                    [root, ..] if root == "steps" => ("earlier `ensure` step", ensured.clone()),
                    _ => continue,
                };
                let name = reference.get(1).map_or("", String::as_str);
                if !known.contains(&name) {
                    let told = source.complain_at(&reference.join("."), format!("there is no {kind} `{name}`"));
                    return Err(told.help(format!(
                        "known here: {}",
                        if known.is_empty() { "none".into() } else { known.join(", ") }
                    )));
                }
            }
            if let StepKind::Ensure(ensure) = &step.kind {
                ensured.push(&ensure.name);
            }
        }
        Ok(())
    }
}
